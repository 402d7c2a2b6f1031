import Foundation

extension Pipeline {
  /// Fits the pipeline: embeds the nominal images, chooses the memory bank, builds the neighbour index; then makes
  /// thresholds, as the description says.
  ///
  /// The same description, images, names, engine and processor type give the same detector at any thread count.
  ///
  /// With `thresholds: {from: held_out}` the bank is made of the images that are not held out; with `cross_validation`
  /// there are as many fits as folds before the one of all images.
  ///
  /// - Parameters:
  ///   - images: the nominal images, at least one, which must come out of the preprocessing at one size.
  ///   - progress: told how far the work is; throws when it should stop.
  ///   - clock: told how long each stage takes.
  /// - Returns: a detector, which alone can predict.
  /// - Throws: `PatchCoreError` naming the image or stage at fault, `CancellationError` when stopped.
  /// - Complexity: the embeddings of all images are held at once, `FitPlan.candidateBytes`; in a file of `spoolFolder` if
  ///   `memory` does not hold them. Thresholds add 4 bytes for each pixel of the maps that make them.
  ///
  /// Roth et al., *Towards Total Recall in Industrial Anomaly Detection* (2022), sections 3.1 and 3.2.
  public func fit(
    _ images: ImageSource, progress: ProgressReporter = .silent, clock: StageClock = .ignored
  ) throws -> FittedDetector {
    var (detector, thresholds) = try description.thresholds.fit(
      images, seed: description.seed, progress: progress, clock: clock, logger: logger,
      fitting: { try fitBank($0, progress: $1, clock: clock) }, as: { $0 })
    detector.thresholds = thresholds
    return detector
  }

  /// Fits to all the images, without thresholds.
  func fitBank(
    _ images: ImageSource, progress: ProgressReporter, clock: StageClock
  ) throws -> FittedDetector {
    guard images.count > 0 else {
      throw PatchCoreError(.invalidDataset, "there are no training images; give at least one nominal image")
    }
    let first = try clock.measure("decode") { try images.load(0) }
    let images = images.beginning(with: first)
    let geometry = try naming(images.names[0]) { try description.preprocess.geometry(for: first.image) }
    let plan = try plan(images: images.count, width: geometry.width, height: geometry.height)
    let spools = plan.spools(memory)
    logger.info("\(plan.summary)")
    logger.info("\(plan.memorySummary(spools: spools))")
    if spools { try memory?.check(plan.bytesBesideCandidates, remedy: FitPlan.remedy) }

    let extractor = try description.extractor.configuration.makeExtractor(context(ExtractorRole.name))
      .calibrated(on: images, preprocess: description.preprocess, progress: progress)
    let aggregator = try description.aggregator.configuration.makeAggregator(context(AggregatorRole.name))
    let subsampler = try description.subsampler.configuration.makeSubsampler(context(SubsamplerRole.name))
    let scorer = try description.scorer.configuration.makeScorer(context(ScorerRole.name))
    let embedder = Embedder(preprocess: description.preprocess, extractor: extractor, aggregator: aggregator)

    var training: [TrainingImage] = []
    let candidates = try embed(
      images, with: embedder, plan: plan, spools: spools, training: &training, progress, clock)
    var bank = try clock.measure("subsampler") { try subsampler.subsample(candidates, progress: progress) }
    guard bank.dimension == candidates.dimension, bank.count == plan.bankRows else {
      throw PatchCoreError(
        .shapeMismatch, stage: "subsampler",
        "returned a bank of \(bank.count) x \(bank.dimension) where its bankSize(forCandidates:) promised "
          + "\(plan.bankRows) x \(candidates.dimension)")
    }
    // Before the index is built: whoever reads the artifact computes on the same numbers.
    bank = try clock.measure("subsampler") { try bank.keeping(description.storage.bank) }
    let neighbourIndex = try clock.measure("neighbour_index") {
      try description.neighbourIndex.configuration.makeIndex(over: bank.vectors, context(NeighbourIndexRole.name))
    }
    return FittedDetector(
      description: description, trainingImages: training, bank: bank, embedder: embedder,
      neighbourIndex: neighbourIndex, scorer: scorer, weights: extractor.weights, fitEngine: description.compute.engine)
  }

  /// Fits the pipeline off Swift's cooperative threads.
  ///
  /// Ends at the next report of progress once the task is cancelled.
  ///
  /// - Parameters:
  ///   - images: as for the synchronous `fit`.
  ///   - progress: as for the synchronous `fit`.
  ///   - clock: as for the synchronous `fit`.
  /// - Returns: as the synchronous `fit`.
  /// - Throws: as the synchronous `fit`.
  public func fit(
    _ images: ImageSource, progress: ProgressReporter = .silent, clock: StageClock = .ignored
  ) async throws -> FittedDetector {
    try await Cancellation.carried { cancellation in
      let reporter = ProgressReporter { event in
        try cancellation.check()
        try progress.report(event.activity, event.completed, of: event.total)
      }
      return try fit(images, progress: reporter, clock: clock)
    }
  }

  private func embed(
    _ images: ImageSource, with embedder: Embedder, plan: FitPlan, spools: Bool, training: inout [TrainingImage],
    _ progress: ProgressReporter, _ clock: StageClock
  ) throws -> PatchEmbeddings {
    let grid = PatchGrid(images: images.count, height: plan.patches.height, width: plan.patches.width)
    let format = description.storage.embeddings.format
    var vectors =
      spools
      ? try Matrix.spooled(
        rows: grid.count, columns: plan.patches.dimension, format: format, inDirectory: spoolFolder)
      : Matrix(rows: grid.count, columns: plan.patches.dimension, format: format)
    try progress.report("embedding", 0, of: images.count)
    try inOrder(images.count) { number in
      try embedder.embed(number, of: images, plan: plan, clock)
    } deliver: { number, embedded in
      training.append(TrainingImage(name: images.names[number], digest: embedded.digest))
      vectors.replaceRows(from: number * grid.patchesPerImage, with: embedded.vectors)
      try progress.report("embedding", number + 1, of: images.count)
    }
    return PatchEmbeddings(vectors: vectors, grid: grid)
  }
}

/// Puts an image's name before the message of an error about it.
package func naming<R>(_ name: String, _ work: () throws -> R) throws -> R {
  do {
    return try work()
  } catch var error as PatchCoreError where !error.message.contains(name) {
    error.message = "\(name): \(error.message)"
    throw error
  }
}
