import Logging

extension FittedDetector {
  /// The same detector with another index over its bank, without a fit.
  ///
  /// The result is what a fit with that index would give: training images, weights, bank and the engine of the fit stay,
  /// and the index is built with the seed that a fit would give it. Thresholds stay only if `keepsScores(with:)`.
  ///
  /// - Parameters:
  ///   - configuration: the index to build.
  ///   - logger: where the index reports.
  /// - Returns: a detector whose description names the new index.
  /// - Throws: `PatchCoreError` if the settings do not suit the bank.
  public func replacingIndex(
    _ configuration: any NeighbourIndexConfiguration, logger: Logger = Logger(label: "patchcore")
  ) throws -> FittedDetector {
    try configuration.check(rows: bank.count, dimension: bank.dimension)
    var description = description
    description.neighbourIndex = StageDescription(configuration)
    let context = Pipeline(description, logger: logger).context(NeighbourIndexRole.name)
    return FittedDetector(
      description: description, trainingImages: trainingImages, bank: bank, embedder: embedder,
      neighbourIndex: try configuration.makeIndex(over: bank.vectors, context), scorer: scorer, weights: weights,
      fitEngine: fitEngine, thresholds: keepsScores(with: configuration) ? thresholds : nil)
  }

  /// Whether another index is certain to leave every score as it is: both find the true neighbours.
  ///
  /// - Parameter configuration: the other index.
  /// - Returns: `false` if either of the two is approximate.
  public func keepsScores(with configuration: any NeighbourIndexConfiguration) -> Bool {
    description.neighbourIndex.configuration.isExact && configuration.isExact
  }

  /// Whether an artifact holds the network's weights or refers to a file.
  ///
  /// - Parameter path: the file.
  /// - Returns: `false` if whoever reads it has to give the weights again.
  /// - Throws: `PatchCoreError` with code `.invalidArtifact` if the file is no detector.
  public static func holdsWeights(inFile path: String) throws -> Bool {
    try ArtifactManifest.open(path).manifest.weightsIncluded
  }

  /// The context in which a fit builds its index.
  package func indexContext(_ logger: Logger) -> StageContext {
    Pipeline(description, logger: logger).context(NeighbourIndexRole.name)
  }

  /// Turns the embeddings of one image into scores, as this detector does but with another index.
  package func score(_ embeddings: PatchEmbeddings, with index: any NeighbourIndex) throws -> PatchScores {
    guard let scores = try scorer.score(embeddings, bank: bank, neighbourIndex: index).first else {
      throw PatchCoreError(.shapeMismatch, stage: ScorerRole.name, "made no scores of an image")
    }
    return scores
  }

  /// The patch embeddings of images, several at a time, each handed on in order.
  ///
  /// - Parameters:
  ///   - images: the images, loaded as they are needed, on any thread.
  ///   - progress: told how far the work is; throws when it should stop.
  ///   - body: takes the number of an image, the image and its patches; called on this thread.
  /// - Throws: `PatchCoreError` naming the image at fault, `CancellationError` when stopped, or what `body` throws.
  package func embed(
    _ images: ImageSource, progress: ProgressReporter,
    _ body: (_ number: Int, _ image: Image, _ embeddings: PatchEmbeddings) throws -> Void
  ) throws {
    try progress.report("embedding", 0, of: images.count)
    try inOrder(images.count) { number in
      let (image, name) = (try images.load(number).image, images.names[number])
      let embeddings = try naming(name) { try embedder.embed([image], .ignored) }
      guard embeddings.dimension == bank.dimension, embeddings.vectors.firstRowNotFinite() == nil else {
        throw PatchCoreError(
          .shapeMismatch, stage: AggregatorRole.name,
          "makes patches of \(name) that are not \(bank.dimension) finite numbers each; fit again")
      }
      return (image, embeddings)
    } deliver: { number, result in
      try body(number, result.0, result.1)
      try progress.report("embedding", number + 1, of: images.count)
    }
  }
}
