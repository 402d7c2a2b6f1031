import Logging
import TensorFiles

extension StageCatalogue {
  /// Reads a detector of any method from a file that `write(to:)` made.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - weights: the weights file of an artifact that was written without them; it must have the digest noted there.
  ///     Not needed if the extractor brings its own weights and those of this build have that digest.
  ///   - engine: the engine to compute with; `nil` for the one of the description.
  ///   - logger: where stages report.
  /// - Returns: the detector.
  /// - Throws: `PatchCoreError` with code `.invalidArtifact` if the file is damaged, of another version or needs
  ///   weights, `.notInThisBuild` if it needs a plugin or engine that this build lacks, `.invalidWeights` if the weights
  ///   given are others than those of the fit.
  public func detector(
    contentsOf path: String, weights: String? = nil, engine: ComputeSettings.Engine? = nil,
    logger: Logger = Logger(label: "patchcore")
  ) throws -> any AnomalyDetector {
    let (file, manifest) = try ArtifactManifest.read(path)
    var description = try description(in: manifest, file: path, weights: weights)
    if let engine { description.compute.engine = engine }
    // Only oneDNN has another way; within its tolerance direct convolutions give the same.
    if engine == .openblas { description.compute.convolution = .direct }
    guard let fitEngine = ComputeSettings.Engine(rawValue: manifest.engine) else {
      throw PatchCoreError(.invalidArtifact, "\(path): was fitted with the unknown engine \(manifest.engine)")
    }
    var archive = DetectorArchive(
      tensors: file.tensors, notes: manifest.notes, trainingImages: manifest.trainingImages, weights: manifest.weights,
      weightsIncluded: manifest.weightsIncluded, fitEngine: fitEngine, thresholds: manifest.thresholds)
    archive.file = path
    archive.areWeightsGiven = weights != nil
    return try description.restore(from: archive, logger: logger)
  }

  private func description(
    in manifest: ArtifactManifest, file: String, weights: String?
  ) throws -> any MethodDescription {
    guard let method = methods.first(where: { $0.name == manifest.method }) else {
      throw PatchCoreError(
        .notInThisBuild,
        "\(file): holds a detector of the method \(manifest.method), which is not in this build; known: "
          + methods.map { $0.name }.joined(separator: ", "))
    }
    var tree = ConfigurationNode(manifest.description, origin: .file(name: file, line: 1))
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
      return try decode(method, from: tree)
    } catch let error as PatchCoreError where error.code != .notInThisBuild {
      throw PatchCoreError(.invalidArtifact, "\(file): its description cannot be used: \(error.message)", cause: error)
    }
  }

  /// Decodes a method's description with this catalogue.
  func decode(_ method: any MethodDescription.Type, from tree: ConfigurationNode) throws -> any MethodDescription {
    try ConfigurationDecoder.decode(method, from: tree, userInfo: decodingInfo)
  }
}

extension DetectorArchive {
  /// The extractor of the fit, to predict with: its weights and calibration.
  ///
  /// - Parameters:
  ///   - configuration: its settings.
  ///   - context: how to compute; here the extractor may measure what is fastest.
  /// - Returns: an extractor that computes what that of the fit did.
  /// - Throws: `PatchCoreError` with code `.invalidWeights` for other weights than those of the fit, or whatever the
  ///   configuration throws.
  public func extractor(
    _ configuration: any FeatureExtractorConfiguration, _ context: StageContext
  ) throws -> any FeatureExtractor {
    var context = context
    context.mayMeasure = true
    let kept = stage(ExtractorRole.name)
    let extractor =
      weightsIncluded
      ? try configuration.restoreExtractor(from: kept, context)
      : try configuration.makeExtractor(context).calibrated(from: kept)
    try checkWeights(of: extractor)
    return extractor
  }

  /// Refuses an extractor whose weights are not those of the fit, where the archive does not hold them.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidWeights` and both digests.
  public func checkWeights(of extractor: any FeatureExtractor) throws {
    guard !weightsIncluded, extractor.weights.digest != weights.digest else { return }
    let source = areWeightsGiven ? "the weights given" : "those of this build"
    let remedy = areWeightsGiven ? "give the file of the fit" : "fit again, or use the build of the fit"
    throw PatchCoreError(
      .invalidWeights,
      "\(file): was fitted with \(weights.name) (SHA-256 \(weights.digest ?? "unknown")), \(source) have "
        + "\(extractor.weights.digest ?? "none"); \(remedy)")
  }
}
