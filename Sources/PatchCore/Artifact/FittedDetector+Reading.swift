import Logging
import TensorFiles

extension FittedDetector {
  /// Reads a detector from a file that `write(to:)` made.
  ///
  /// The memory bank is mapped, not copied.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - catalogue: the kinds of stages of this build.
  ///   - weights: the weights file of an artifact that was written without them; it must have the digest noted there.
  ///     Not needed if the extractor brings its own weights and those of this build have that digest.
  ///   - engine: the engine to compute with; `nil` for the one of the description.
  ///   - logger: where stages report.
  /// - Throws: as `StageCatalogue.detector(contentsOf:)`, and `PatchCoreError` with code `.invalidArtifact` if the file
  ///   holds another method than PatchCore.
  public init(
    contentsOf path: String, catalogue: StageCatalogue, weights: String? = nil, engine: ComputeSettings.Engine? = nil,
    logger: Logger = Logger(label: "patchcore")
  ) throws {
    let detector = try catalogue.detector(contentsOf: path, weights: weights, engine: engine, logger: logger)
    guard let fitted = detector as? FittedDetector else {
      throw PatchCoreError(
        .invalidArtifact,
        "\(path): holds the method \(type(of: detector.method).name), and only one PatchCore pipeline will do here")
    }
    self = fitted
  }

  /// Restores a detector from what `archive` kept.
  init(_ description: PipelineDescription, from archive: DetectorArchive, logger: Logger) throws {
    let pipeline = Pipeline(description, logger: logger)
    let bank = try Self.readBank(in: archive, format: description.storage.bank)
    let extractor = try archive.extractor(description.extractor.configuration, pipeline.context(ExtractorRole.name))
    self.init(
      description: description, trainingImages: archive.trainingImages, bank: bank,
      embedder: Embedder(
        preprocess: description.preprocess, extractor: extractor,
        aggregator: try description.aggregator.configuration.makeAggregator(pipeline.context(AggregatorRole.name))),
      neighbourIndex: try description.neighbourIndex.configuration.restoreIndex(
        from: archive.stage(NeighbourIndexRole.name), over: bank.vectors, pipeline.context(NeighbourIndexRole.name)),
      scorer: try description.scorer.configuration.makeScorer(pipeline.context(ScorerRole.name)),
      weights: archive.weights, fitEngine: archive.fitEngine, thresholds: archive.thresholds)
  }

  private static func readVectors(in archive: DetectorArchive, format: NumberFormat) throws -> Matrix {
    let path = archive.file
    let values = try archive.tensor(bankName)
    guard values.elementType == format.elementType, values.shape.count == 2, values.count > 0 else {
      throw PatchCoreError(
        .invalidArtifact,
        "\(path): \(bankName) is \(values.elementType.rawValue) \(values.shape); the bank of storage.bank "
          + "\(format.rawValue) is \(format.elementType.rawValue) with two dimensions; fit again")
    }
    let scales = try format == .int8 ? archive.tensor(scalesName) : nil
    do {
      return try Matrix(values, scales: scales)
    } catch let error as PatchCoreError {
      throw PatchCoreError(.invalidArtifact, "\(path): \(bankName): \(error.message); fit again", cause: error)
    }
  }

  private static func readBank(in archive: DetectorArchive, format: NumberFormat) throws -> MemoryBank {
    let path = archive.file
    let vectors = try readVectors(in: archive, format: format)
    if let row = vectors.firstRowNotFinite() {
      throw PatchCoreError(.invalidArtifact, "\(path): row \(row) of the bank is not finite; fit again")
    }
    /// 32-bit numbers, none of them negative.
    func numbers(_ name: String, shape: [Int]) throws -> [Int] {
      let tensor = try archive.tensor(name)
      guard tensor.elementType == .int32, tensor.shape == shape, let numbers = tensor.integers() else {
        throw PatchCoreError(
          .invalidArtifact,
          "\(path): \(name) is \(tensor.elementType.rawValue) \(tensor.shape) where a bank of "
            + "\(vectors.rows) rows needs I32 \(shape); fit again")
      }
      if let negative = numbers.first(where: { $0 < 0 }) {
        throw PatchCoreError(.invalidArtifact, "\(path): \(name) holds the negative number \(negative); fit again")
      }
      return numbers
    }
    let locations = try numbers(locationsName, shape: [vectors.rows, 3])
    let patches = (0..<vectors.rows).map {
      PatchLocation(image: locations[3 * $0], row: locations[3 * $0 + 1], column: locations[3 * $0 + 2])
    }
    for patch in patches where patch.image >= archive.trainingImages.count {
      throw PatchCoreError(
        .invalidArtifact, "\(path): names training image \(patch.image) of \(archive.trainingImages.count); fit again")
    }
    let origin = archive.notes["bank"]?["origin"]
    switch origin {
    case "rows":
      let rows = try numbers(rowsName, shape: [vectors.rows])
      return MemoryBank(vectors: vectors, origin: .rows(rows), locations: patches)
    case "synthesised": return MemoryBank(vectors: vectors, origin: .synthesised, locations: patches)
    default:
      throw PatchCoreError(
        .invalidArtifact, "\(path): its bank has the unknown origin \(origin ?? "(none)"); fit again")
    }
  }
}
