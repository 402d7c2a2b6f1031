import Logging

extension ThresholdSettings {
  /// Fits, and makes thresholds of nominal images that the bank which scores them did not see.
  ///
  /// - Parameters:
  ///   - images: the training images.
  ///   - seed: the description's.
  ///   - progress: told how far the work is; throws when it should stop.
  ///   - clock: told how long the stages of predictions take.
  ///   - logger: told what each round does, before it starts.
  ///   - fitting: fits to all the images it is given.
  ///   - detector: what was fitted, as a detector.
  /// - Returns: what was fitted last, and the thresholds; `nil` without a source.
  /// - Throws: what `fitting` throws, `PatchCoreError` if there are too few images, `CancellationError`.
  func fit<Fitted>(
    _ images: ImageSource, seed: UInt64, progress: ProgressReporter, clock: StageClock, logger: Logger,
    fitting: (ImageSource, ProgressReporter) throws -> Fitted, as detector: (Fitted) -> any AnomalyDetector
  ) throws -> (Fitted, Thresholds?) {
    guard let holdOut else { return (try fitting(images, progress), nil) }
    try validate()
    let rounds = try holdOut.rounds(count: images.count, seed: seed)
    let heldCount = rounds.reduce(0) { $0 + $1.held.count }
    try checkCounts(images: heldCount, logger: logger)
    var unseen = UnseenScores()
    let fitted: Fitted
    let source: ThresholdMeasurement.Source
    switch holdOut.source {
    case .heldOut:
      source = .heldOut
      logger.info(
        """
        thresholds: of \(images.count) images \(rounds[0].fitted.count) are fitted with and \(heldCount) held out; one fit
        """)
      fitted = try fitting(images.selecting(rounds[0].fitted), progress)
      try unseen.add(
        images.selecting(rounds[0].held), scoredBy: detector(fitted), progress.naming("held out"), clock, logger)
    case .crossValidation:
      source = .crossValidation
      logger.info(
        """
        thresholds: cross-validation in \(rounds.count) folds; \(rounds.count + 1) fits, the last one with all \
        \(images.count) images
        """)
      for (number, round) in rounds.enumerated() {
        let name = "fold \(number + 1) of \(rounds.count)"
        logger.info("\(name): fitting \(round.fitted.count) images, scoring the other \(round.held.count)")
        let part = try fitting(images.selecting(round.fitted), progress.naming(name))
        try unseen.add(images.selecting(round.held), scoredBy: detector(part), progress.naming(name), clock, logger)
      }
      logger.info("fitting all \(images.count) images")
      fitted = try fitting(images, progress)
    }
    let thresholds = try unseen.thresholds(
      self, source: source, folds: source == .crossValidation ? rounds.count : nil, logger)
    logger.info("thresholds: \(thresholds.summary)")
    return (fitted, thresholds)
  }

  /// Refuses or warns of too few images, before the work.
  fileprivate func checkCounts(images: Int, logger: Logger) throws {
    try rule.checkCount(images, of: "images")
    if let shortfall = rule.shortfall(images, of: "images") { logger.warning("\(shortfall)") }
  }
}

extension AnomalyDetector {
  /// Makes thresholds of nominal images that the detector was not fitted with.
  ///
  /// The detector stays as it is; give it the result: `detector.thresholds = ...`.
  ///
  /// - Parameters:
  ///   - images: nominal images, at least one.
  ///   - settings: the rules and the minimum area; by default those of the description.
  ///   - progress: told how far the work is; throws when it should stop.
  ///   - clock: told how long each stage takes.
  ///   - logger: told of too few images.
  /// - Returns: the thresholds, with the images that made them.
  /// - Throws: `PatchCoreError` with code `.invalidDataset` if there are too few images, or one of them is among the
  ///   training images; `CancellationError` when stopped.
  public func measuredThresholds(
    on images: ImageSource, settings: ThresholdSettings? = nil, progress: ProgressReporter = .silent,
    clock: StageClock = .ignored, logger: Logger = Logger(label: "patchcore")
  ) throws -> Thresholds {
    let settings = settings ?? method.thresholds
    try settings.validate()
    try settings.checkCounts(images: images.count, logger: logger)
    var unseen = UnseenScores(refusesFitted: true)
    try unseen.add(images, scoredBy: self, progress, clock, logger)
    return try unseen.thresholds(settings, source: .images, folds: nil, logger)
  }

  /// The images that made the detector: those of the fit and those of the thresholds.
  ///
  /// No test may use them.
  public var imagesSeen: [TrainingImage] { trainingImages + (thresholds?.measurement?.images ?? []) }
}

/// The scores of nominal images, each by a detector that was not fitted with it.
private struct UnseenScores {
  /// Whether an image that was fitted with is an error; otherwise it is a copy within a training set and left out.
  var refusesFitted = false
  private var images = NominalScores()
  private var pixels = NominalScores()
  private var entries: [TrainingImage] = []

  init(refusesFitted: Bool = false) { self.refusesFitted = refusesFitted }

  /// Scores images.
  mutating func add(
    _ source: ImageSource, scoredBy detector: any AnomalyDetector, _ progress: ProgressReporter, _ clock: StageClock,
    _ logger: Logger
  ) throws {
    let fitted = Dictionary(
      detector.trainingImages.map { ($0.digest, $0.name) }, uniquingKeysWith: { first, _ in first })
    var copies: [String] = []
    var unmarked = detector
    unmarked.thresholds = nil
    let method = detector.method
    try unmarked.predict(source, progress: progress, clock: clock) { number, entry, prediction in
      let name = source.names[number]
      if let twin = fitted[entry.digest] {
        let same = twin == name ? name : "\(name) (fitted as \(twin))"
        guard refusesFitted else {
          copies.append(same)
          return
        }
        throw PatchCoreError(
          .invalidDataset,
          "\(same) is among the \(detector.trainingImages.count) images that the detector was fitted with; thresholds "
            + "need nominal images that it did not see")
      }
      let placement = MapPlacement(try method.preprocess.geometry(for: entry.image), size: method.map.size)
      if number == 0 {
        pixels.reserveCapacity(pixels.count + source.count * placement.columns.count * placement.rows.count)
      }
      try images.add(prediction.score, image: name)
      try pixels.add(prediction.map, placement: placement, image: name)
      entries.append(TrainingImage(name: name, digest: entry.digest))
    }
    if let first = copies.first {
      logger.warning(
        """
        thresholds: \(copies.count) of \(source.count) images are copies of images that were fitted with, and are left \
        out (\(first)\(copies.count > 1 ? " and others" : ""))
        """)
    }
  }

  /// Takes the thresholds from the scores.
  func thresholds(
    _ settings: ThresholdSettings, source: ThresholdMeasurement.Source, folds: Int?, _ logger: Logger
  ) throws -> Thresholds {
    let pixelRule = settings.ruleOfPixels
    if let shortfall = pixelRule.shortfall(pixels.count, of: "pixels") { logger.warning("\(shortfall)") }
    return Thresholds(
      image: try images.threshold(settings.rule, of: "images"),
      pixel: try pixels.threshold(pixelRule, of: "pixels"), minimumArea: settings.minimumArea,
      measurement: ThresholdMeasurement(
        source: source, folds: folds, imageRule: settings.rule, pixelRule: pixelRule, imageScores: images.summary,
        pixelScores: pixels.summary, images: source == .crossValidation ? [] : entries))
  }
}

extension ProgressReporter {
  /// A reporter that puts a name before each activity.
  fileprivate func naming(_ name: String) -> ProgressReporter {
    ProgressReporter { event in try report("\(name): \(event.activity)", event.completed, of: event.total) }
  }
}
