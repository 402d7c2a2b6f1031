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
  /// - Throws: `PatchCoreError` with code `.invalidArtifact` if the file is damaged, of another version or needs
  ///   weights, `.notInThisBuild` if it needs a plugin or engine that this build lacks, `.invalidWeights` if the weights
  ///   given are others than those of the fit.
  public init(
    contentsOf path: String, catalogue: StageCatalogue, weights: String? = nil, engine: ComputeSettings.Engine? = nil,
    logger: Logger = Logger(label: "patchcore")
  ) throws {
    let file: SafetensorsFile
    do {
      file = try SafetensorsFile(contentsOf: path)
    } catch {
      throw PatchCoreError(.invalidArtifact, error)
    }
    guard let json = file.metadata[ArtifactManifest.key] else {
      throw PatchCoreError(
        .invalidArtifact, "\(path): is a safetensors file, but no detector; give a file made by `patchcore fit`")
    }
    let manifest = try ArtifactManifest(json: json, file: path)
    guard ArtifactManifest.digest(of: file.tensors) == manifest.dataDigest else {
      throw PatchCoreError(
        .invalidArtifact, "\(path): its data do not have the digest noted in it; the file is damaged, copy or fit again"
      )
    }
    var description = try Self.readDescription(manifest, file: path, catalogue: catalogue, weights: weights)
    if let engine { description.compute.engine = engine }
    let pipeline = Pipeline(description, logger: logger)
    let bank = try Self.readBank(in: file, manifest, path: path)

    func archive(_ role: String) -> StageArchive {
      var archive = StageArchive(notes: manifest.notes[role] ?? [:])
      for (name, tensor) in file.tensors where name.hasPrefix(role + ".") {
        archive.tensors[String(name.dropFirst(role.count + 1))] = tensor
      }
      return archive
    }
    let extractorContext = pipeline.context(ExtractorRole.name)
    let extractor =
      manifest.weightsIncluded
      ? try description.extractor.configuration.restoreExtractor(
        from: archive(ExtractorRole.name), extractorContext)
      : try description.extractor.configuration.makeExtractor(extractorContext)
    if !manifest.weightsIncluded, extractor.weights.digest != manifest.weights.digest {
      let source = weights == nil ? "those of this build" : "the weights given"
      let remedy = weights == nil ? "fit again, or use the build of the fit" : "give the file of the fit"
      throw PatchCoreError(
        .invalidWeights,
        "\(path): was fitted with \(manifest.weights.name) (SHA-256 "
          + "\(manifest.weights.digest ?? "unknown")), \(source) have \(extractor.weights.digest ?? "none"); \(remedy)")
    }
    self.init(
      description: description, trainingImages: manifest.trainingImages, bank: bank,
      embedder: Embedder(
        preprocess: description.preprocess, extractor: extractor,
        aggregator: try description.aggregator.configuration.makeAggregator(pipeline.context(AggregatorRole.name))),
      neighbourIndex: try description.neighbourIndex.configuration.restoreIndex(
        from: archive(NeighbourIndexRole.name), over: bank.vectors, pipeline.context(NeighbourIndexRole.name)),
      scorer: try description.scorer.configuration.makeScorer(pipeline.context(ScorerRole.name)),
      weights: manifest.weights, fitEngine: try Self.readEngine(manifest, path: path))
  }

  private static func readDescription(
    _ manifest: ArtifactManifest, file: String, catalogue: StageCatalogue, weights: String?
  ) throws -> PipelineDescription {
    let origin = ConfigurationNode.Origin.file(name: file, line: 1)
    var tree = ConfigurationNode(manifest.description, origin: origin)
    switch (manifest.weightsIncluded, weights) {
    case (true, .some):
      throw PatchCoreError(
        .invalidArtifact, "\(file): holds the network's weights (\(manifest.weights.name)); leave out --weights")
    case (false, nil) where tree.weightsFile != nil || manifest.weights.digest == nil:
      throw PatchCoreError(
        .invalidArtifact,
        "\(file): was written without the network's weights; give the file \(manifest.weights.name) "
          + "(SHA-256 \(manifest.weights.digest ?? "unknown")) with --weights")
    case (false, .some(let weights)):
      let path = ConfigurationNode(.scalar(weights, quoted: true), origin: .option("--weights"))
      let extractor = ConfigurationNode.mapping([("weights", .mapping([("file", path)]))])
      tree = try ConfigurationNode.mapping([(ExtractorRole.name, extractor)]).merged(over: tree)
    case (_, nil): break
    }
    do {
      return try ConfigurationDecoder.decode(
        PipelineDescription.self, from: tree, userInfo: [.stageCatalogue: catalogue])
    } catch let error as PatchCoreError where error.code != .notInThisBuild {
      throw PatchCoreError(.invalidArtifact, "\(file): its description cannot be used: \(error.message)", cause: error)
    }
  }

  private static func readBank(
    in file: SafetensorsFile, _ manifest: ArtifactManifest, path: String
  ) throws -> MemoryBank {
    func tensor(_ name: String) throws -> Tensor {
      guard let tensor = file.tensors[name] else {
        throw PatchCoreError(.invalidArtifact, "\(path): lacks the tensor \(name); fit again")
      }
      return tensor
    }
    let values = try tensor(bankName)
    guard values.elementType == .float32, values.shape.count == 2, values.count > 0 else {
      throw PatchCoreError(
        .invalidArtifact,
        "\(path): \(bankName) is \(values.elementType.rawValue) \(values.shape); a bank is F32 with "
          + "two dimensions; fit again")
    }
    let vectors = try Matrix(values)
    if let row = vectors.firstRowNotFinite() {
      throw PatchCoreError(.invalidArtifact, "\(path): row \(row) of the bank is not finite; fit again")
    }
    /// 32-bit numbers, none of them negative.
    func numbers(_ name: String, shape: [Int]) throws -> [Int] {
      let tensor = try tensor(name)
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
    for patch in patches where patch.image >= manifest.trainingImages.count {
      throw PatchCoreError(
        .invalidArtifact, "\(path): names training image \(patch.image) of \(manifest.trainingImages.count); fit again")
    }
    switch manifest.bankOrigin {
    case "rows":
      let rows = try numbers(rowsName, shape: [vectors.rows])
      return MemoryBank(vectors: vectors, origin: .rows(rows), locations: patches)
    case "synthesised": return MemoryBank(vectors: vectors, origin: .synthesised, locations: patches)
    default:
      throw PatchCoreError(
        .invalidArtifact, "\(path): its bank has the unknown origin \(manifest.bankOrigin); fit again")
    }
  }

  private static func readEngine(_ manifest: ArtifactManifest, path: String) throws -> ComputeSettings.Engine {
    guard let engine = ComputeSettings.Engine(rawValue: manifest.engine) else {
      throw PatchCoreError(.invalidArtifact, "\(path): was fitted with the unknown engine \(manifest.engine)")
    }
    return engine
  }
}
