import Logging

extension EnsembleDescription: MethodDescription {
  /// `ensemble`.
  public static let name = "ensemble"
  /// `members`.
  public static let key: String? = "members"

  /// What a fit on images of one size will compute and hold: all banks, and the largest member's embeddings or, while
  /// finished members score images, the images in work.
  ///
  /// - Parameters:
  ///   - images: number of training images, held-out ones included.
  ///   - width: columns of an upright image.
  ///   - height: rows of an upright image.
  /// - Returns: the plan.
  /// - Throws: `PatchCoreError` naming the member whose stages do not fit together.
  public func memoryPlan(images: Int, width: Int, height: Int) throws -> MemoryPlan {
    let fitted = try fittedImages(among: images).count
    let plans = try eachMember { _, pipeline in
      try Pipeline(pipeline).plan(images: fitted, width: width, height: height)
    }
    let held = images - fitted
    let head = held > 0 ? "\(held) of \(images) images are held out of the fit; " : ""
    let parts = plans.enumerated().map {
      "member \($0): \($1.summary); \($1.memorySummary(spools: false))"
    }
    let scores = try thresholdBytes(fitted: images, width: width, height: height)
    return MemoryPlan(
      summary: head + parts.joined(separator: "; ") + "; members are fitted one after another"
        + (scores > 0 ? ", beside \(MemoryBudget.listing([("thresholds", scores)]))" : ""),
      bytes: scores + greatest(plans, of: { $0.bytesInMemory }),
      leastBytes: scores + greatest(plans, of: { $0.bytesBesideCandidates }),
      layers: plans.flatMap(\.layers))
  }

  /// The memory at the busiest moment of fits one after another, each beside the detectors of those before, and of what
  /// all detectors then score.
  private func greatest(_ plans: [FitPlan], of member: (FitPlan) -> Int) -> Int {
    var (detectors, greatest) = (0, 0)
    for plan in plans {
      greatest = max(greatest, detectors + member(plan))
      detectors += plan.detectorBytes
    }
    let scoring = plans.map { $0.working.program + $0.working.images }.max() ?? 0
    return scoresImages ? max(greatest, detectors + scoring) : greatest
  }

  /// Whether a fit scores images, for scales or thresholds, with all members at once in memory.
  private var scoresImages: Bool {
    switch combination {
    case .heldOut, .crossValidation: true
    case .testSetMinMax, .none: thresholds.from != .none
    }
  }

  /// Fits all members, one after another, and measures the scale of their scores on images they did not see.
  ///
  /// The same description, images, names, engine and processor type give the same detector at any thread count.
  ///
  /// - Parameters:
  ///   - images: the nominal images; at least two where some are held out.
  ///   - memory: how much memory the fit may take; `nil` leaves it to the machine.
  ///   - progress: told how far the work is; throws when it should stop.
  ///   - clock: told how long each stage takes.
  ///   - logger: where stages report.
  /// - Returns: an `EnsembleDetector`.
  /// - Throws: `PatchCoreError` naming the member, image or stage at fault, `CancellationError` when stopped.
  public func fitAll(
    _ images: ImageSource, memory: MemoryBudget?, progress: ProgressReporter, clock: StageClock, logger: Logger
  ) throws -> any AnomalyDetector {
    if combination == .testSetMinMax, thresholds.from != .none {
      throw PatchCoreError(
        .invalidConfiguration, stage: "thresholds",
        "thresholds.from is \(thresholds.from.rawValue), but with combination.normalisation test_set_min_max there are "
          + "no scores before the test set is known; set thresholds.from to none, or normalisation to held_out")
    }
    var memory = memory
    if let budget = memory, images.count > 0 {
      let first = try preprocess.geometry(for: try images.load(0).image)
      let plan = try memoryPlan(images: images.count, width: first.width, height: first.height)
      try budget.check(plan.leastBytes, remedy: FitPlan.remedy + ", or use fewer members")
      memory?.bytes -= try thresholdBytes(fitted: images.count, width: first.width, height: first.height)
    }
    func fitMembers(_ numbers: [Int]) throws -> [FittedDetector] {
      let source = images.selecting(numbers)
      var rest = memory
      return try eachMember { number, pipeline in
        logger.info("member \(number)")
        let pipeline = Pipeline(pipeline, memory: rest, logger: logger)
        if rest != nil {
          let first = try preprocess.geometry(for: try source.load(0).image)
          rest?.bytes -= try pipeline.plan(images: source.count, width: first.width, height: first.height).detectorBytes
        }
        return try pipeline.fit(source, progress: progress, clock: clock)
      }
    }
    var held: [TrainingImage] = []
    func measure(_ members: [FittedDetector], on numbers: [Int], into spreads: inout [EnsembleSpread]) throws {
      let source = images.selecting(numbers)
      for (number, member) in members.enumerated() {
        try member.predict(source, progress: progress, clock: clock) { position, entry, prediction in
          spreads[number].add(prediction)
          if number == 0 { held.append(TrainingImage(name: source.names[position], digest: entry.digest)) }
        }
      }
    }
    var spreads = [EnsembleSpread](repeating: EnsembleSpread(), count: members.count)
    let all = Array(0..<images.count)
    switch combination {
    case .heldOut(let fraction):
      let rounds = try HoldOut(.heldOut, fraction: fraction).rounds(count: images.count, seed: seed)
      guard rounds[0].held.count >= 2 else {
        throw PatchCoreError(
          .invalidDataset, stage: "combination",
          "a fraction of \(fraction) holds out 1 of \(images.count) images, and one score has no deviation; raise "
            + "combination.fraction, or set combination.normalisation to cross_validation or none")
      }
      let detectors = try fitMembers(rounds[0].fitted)
      try measure(detectors, on: rounds[0].held, into: &spreads)
      var training = detectors[0].trainingImages
      for (position, image) in zip(rounds[0].held, held) { training.insert(image, at: position) }
      return EnsembleDetector(
        description: self, members: detectors, scales: try EnsembleScale.standardising(spreads),
        trainingImages: training, held: rounds[0].held)
    case .crossValidation(let folds):
      for round in try HoldOut(.crossValidation, folds: folds).rounds(count: images.count, seed: seed) {
        try measure(try fitMembers(round.fitted), on: round.held, into: &spreads)
      }
      let detectors = try fitMembers(all)
      return EnsembleDetector(
        description: self, members: detectors, scales: try EnsembleScale.standardising(spreads),
        trainingImages: detectors[0].trainingImages, held: [])
    case .testSetMinMax, .none:
      let detectors = try fitMembers(all)
      return EnsembleDetector(
        description: self, members: detectors,
        scales: combination == .none ? detectors.map { _ in .unchanged } : nil,
        trainingImages: detectors[0].trainingImages, held: [])
    }
  }

  /// The images that the members of the final ensemble are fitted with, as positions.
  private func fittedImages(among count: Int) throws -> [Int] {
    guard case .heldOut(let fraction) = combination else { return Array(0..<count) }
    return try HoldOut(.heldOut, fraction: fraction).rounds(count: count, seed: seed)[0].fitted
  }

  /// Does something for every member, whose number stands before the message of an error.
  func eachMember<R>(_ work: (_ number: Int, _ pipeline: PipelineDescription) throws -> R) throws -> [R] {
    try pipelines.enumerated().map { number, pipeline in
      do {
        return try work(number, pipeline)
      } catch var error as PatchCoreError {
        error.message = "members.\(number): \(error.message)"
        throw error
      }
    }
  }

  /// Restores a detector from what `archive` kept.
  ///
  /// - Parameters:
  ///   - archive: tensors and notes.
  ///   - logger: where stages report.
  /// - Returns: the detector.
  /// - Throws: `PatchCoreError` with code `.invalidArtifact` if something is missing or damaged.
  public func restore(from archive: DetectorArchive, logger: Logger) throws -> any AnomalyDetector {
    try EnsembleDetector(self, from: archive, logger: logger)
  }
}
