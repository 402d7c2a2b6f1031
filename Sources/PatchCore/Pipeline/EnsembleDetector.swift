/// A fitted ensemble: the mean of its members' scores and maps, each on a scale of its own.
public struct EnsembleDetector: AnomalyDetector {
  /// The description it was fitted with, every value filled in.
  public let description: EnsembleDescription
  /// The fitted pipelines.
  public let members: [FittedDetector]
  /// One for each member; `nil` until the test set is known that gives them.
  let scales: [EnsembleScale]?
  /// The images it was fitted with, those included that only gave the scales.
  public let trainingImages: [TrainingImage]
  /// Positions of the training images that only gave the scales, ascending.
  let held: [Int]
  /// Scores above which an image or a pixel counts as anomalous; `nil` if none were set.
  public var thresholds: Thresholds?

  init(
    description: EnsembleDescription, members: [FittedDetector], scales: [EnsembleScale]?,
    trainingImages: [TrainingImage], held: [Int], thresholds: Thresholds? = nil
  ) {
    self.description = description
    self.members = members
    self.scales = scales
    self.trainingImages = trainingImages
    self.held = held
    self.thresholds = thresholds
  }

  /// The description it was fitted with, every value filled in.
  public var method: any MethodDescription { description }

  /// Where the networks' weights come from: the members' origin if it is one, otherwise their names without a digest.
  public var weights: WeightsOrigin {
    var origins: [WeightsOrigin] = []
    for member in members where !origins.contains(member.weights) { origins.append(member.weights) }
    return origins.count == 1 ? origins[0] : WeightsOrigin(name: origins.map(\.name).joined(separator: ", "))
  }

  /// The engine that computed the banks.
  public var fitEngine: ComputeSettings.Engine { members[0].fitEngine }

  /// One sentence: what was fitted, from how many images.
  public var summary: String {
    let scale =
      switch description.combination {
      case .heldOut: "on scales of \(held.count) held-out images"
      case .crossValidation(let folds): "on scales of cross-validation with \(folds) folds"
      case .testSetMinMax: "on scales of the test set that it is evaluated with"
      case .none: "on their own scales"
      }
    return "ensemble of \(members.count) members \(scale), from \(trainingImages.count) images: "
      + members.map(\.summary).joined(separator: "; ")
  }

  /// Scores images that come out of the preprocessing at one size: the means over the members.
  ///
  /// There are no patch scores and no nearest patch: members have grids and banks of their own.
  ///
  /// - Parameters:
  ///   - images: at least one image.
  ///   - clock: told how long each stage takes.
  /// - Returns: one prediction per image, in order.
  /// - Throws: `PatchCoreError` if a stage fails, or if the scales are those of a test set that is not known here.
  public func rawPredictions(of images: [Image], clock: StageClock) throws -> [Prediction] {
    guard let scales else {
      throw PatchCoreError(
        .invalidConfiguration, stage: "combination",
        "normalisation test_set_min_max needs all images of a test set at once, which only an evaluation has; to score "
          + "single images, fit with combination.normalisation held_out")
    }
    let all = try members.map { try $0.rawPredictions(of: images, clock: clock) }
    return images.indices.map { image in
      let first = all[0][image].map
      var score = 0.0
      var sums = [Double](repeating: 0, count: first.values.count)
      for (predictions, scale) in zip(all, scales) {
        score += scale.score(predictions[image].score)
        predictions[image].map.values.withUnsafeBufferPointer { values in
          for pixel in values.indices { sums[pixel] += scale.map(values[pixel]) }
        }
      }
      let count = Double(members.count)
      return Prediction(
        score: Float(score / count),
        map: AnomalyMap(height: first.height, width: first.width, values: sums.map { Float($0 / count) }))
    }
  }

  /// The ensemble with the scales of a test set, if that is what its description asks for; otherwise itself.
  ///
  /// Least and greatest image score and pixel of each member over all the images given, as the authors' code has them.
  /// The images are scored once here, and again by whoever evaluates: maps of a whole test set need not be held.
  ///
  /// - Parameters:
  ///   - images: all images of the test set.
  ///   - progress: told how far the work is; throws when it should stop.
  ///   - clock: told how long each stage takes.
  /// - Returns: a detector that scores images of this test set.
  /// - Throws: `PatchCoreError` if a member's scores are all the same or a stage fails, `CancellationError` when stopped.
  public func normalised(
    overTestSet images: ImageSource, progress: ProgressReporter = .silent, clock: StageClock = .ignored
  ) throws -> EnsembleDetector {
    guard description.combination == .testSetMinMax else { return self }
    let spreads = try members.map { member in
      var spread = EnsembleSpread()
      try member.predict(images, progress: progress, clock: clock) { spread.add($2) }
      return spread
    }
    return EnsembleDetector(
      description: description, members: members, scales: try EnsembleScale.filling(spreads),
      trainingImages: trainingImages, held: held, thresholds: thresholds)
  }
}
