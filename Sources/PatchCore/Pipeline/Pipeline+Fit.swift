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
  /// - Complexity: the embeddings of all images are held at once, `FitPlan.candidateBytes`; on disk, in the temporary
  ///   folder, if they exceed half the machine's memory. Thresholds add 4 bytes for each pixel of the maps that make them.
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
    let first = try images.load(0).image
    let geometry = try naming(images.names[0]) { try description.preprocess.geometry(for: first) }
    let plan = try plan(images: images.count, width: geometry.width, height: geometry.height)
    logger.info("\(plan.summary)")

    let extractor = try description.extractor.configuration.makeExtractor(context(ExtractorRole.name))
      .calibrated(on: images, preprocess: description.preprocess, progress: progress)
    let aggregator = try description.aggregator.configuration.makeAggregator(context(AggregatorRole.name))
    let subsampler = try description.subsampler.configuration.makeSubsampler(context(SubsamplerRole.name))
    let scorer = try description.scorer.configuration.makeScorer(context(ScorerRole.name))
    let embedder = Embedder(preprocess: description.preprocess, extractor: extractor, aggregator: aggregator)

    var training: [TrainingImage] = []
    let candidates = try embed(images, with: embedder, plan: plan, training: &training, progress, clock)
    let bank = try clock.measure("subsampler") { try subsampler.subsample(candidates, progress: progress) }
    guard bank.dimension == candidates.dimension, bank.count == plan.bankRows else {
      throw PatchCoreError(
        .shapeMismatch, stage: "subsampler",
        "returned a bank of \(bank.count) x \(bank.dimension) where its bankSize(forCandidates:) promised "
          + "\(plan.bankRows) x \(candidates.dimension)")
    }
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
    _ images: ImageSource, with embedder: Embedder, plan: FitPlan, training: inout [TrainingImage],
    _ progress: ProgressReporter, _ clock: StageClock
  ) throws -> PatchEmbeddings {
    let grid = PatchGrid(images: images.count, height: plan.patches.height, width: plan.patches.width)
    var vectors =
      plan.candidateBytes > largestHeapBytes
      ? try Matrix.spooled(rows: grid.count, columns: plan.patches.dimension, inDirectory: spoolFolder)
      : Matrix(rows: grid.count, columns: plan.patches.dimension)
    for start in stride(from: 0, to: images.count, by: Self.batchSize) {
      try progress.report("embedding", start, of: images.count)
      let numbers = start..<min(start + Self.batchSize, images.count)
      let entries = try clock.measure("decode") { try images.load(numbers) }
      training += zip(numbers, entries).map { TrainingImage(name: images.names[$0], digest: $1.digest) }
      for (number, entry) in zip(numbers, entries) {
        let shape = try embedder.preprocess.inputShape(for: entry.image, named: images.names[number])
        guard shape == plan.input else {
          throw PatchCoreError(
            .shapeMismatch, stage: "preprocess",
            "\(images.names[number]) comes out at \(shape.width) x \(shape.height) pixels and "
              + "\(images.names[0]) at \(plan.input.width) x \(plan.input.height); set preprocess.crop, or "
              + "preprocess.resize to both sides")
        }
      }
      let batch = try embedder.embed(entries.map(\.image), clock)
      guard batch.grid.height == grid.height, batch.grid.width == grid.width,
        batch.dimension == plan.patches.dimension
      else {
        throw PatchCoreError(
          .shapeMismatch, stage: "aggregator",
          "made \(batch.grid.height) x \(batch.grid.width) patches of \(batch.dimension) dimensions where its shape(for:) "
            + "promised \(grid.height) x \(grid.width) of \(plan.patches.dimension)")
      }
      if let row = batch.vectors.firstRowNotFinite() {
        let name = images.names[start + batch.grid.location(ofRow: row).image]
        throw PatchCoreError(
          .notFinite, stage: "extractor", "the patch embeddings of \(name) are not finite; check the weights")
      }
      let offset = start * grid.patchesPerImage * plan.patches.dimension
      batch.vectors.withUnsafeBufferPointer { source in
        vectors.withUnsafeMutableBufferPointer { target in
          _ = UnsafeMutableBufferPointer(rebasing: target[offset...]).update(fromContentsOf: source)
        }
      }
    }
    try progress.report("embedding", images.count, of: images.count)
    return PatchEmbeddings(vectors: vectors, grid: grid)
  }
}

extension ImageSource {
  /// Loads several images at once, on several threads.
  package func load(_ numbers: Range<Int>) throws -> [Entry] {
    var entries = [Entry?](repeating: nil, count: numbers.count)
    try entries.withUnsafeMutableBufferPointer { buffer in
      nonisolated(unsafe) let buffer = buffer
      try parallelLoop(numbers.count) { buffer[$0] = try load(numbers.lowerBound + $0) }
    }
    return entries.compactMap { $0 }
  }
}

/// Puts an image's name before the message of an error about it.
func naming<R>(_ name: String, _ work: () throws -> R) throws -> R {
  do {
    return try work()
  } catch var error as PatchCoreError where !error.message.contains(name) {
    error.message = "\(name): \(error.message)"
    throw error
  }
}

extension FitPlan {
  /// The plan in a sentence, with sizes in MB.
  public var summary: String {
    func megabytes(_ bytes: Int) -> String { String(format: "%.1f MB", Double(bytes) / 1e6) }
    return "\(images) images of \(input.width) x \(input.height), \(patches.height) x \(patches.width) patches of "
      + "\(patches.dimension) dimensions each: \(candidateRows) embeddings (\(megabytes(candidateBytes))), "
      + "a memory bank of \(bankRows) (\(megabytes(bankBytes)))"
  }
}
