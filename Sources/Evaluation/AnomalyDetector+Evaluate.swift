import ImageFiles
import PatchCore

extension AnomalyDetector {
  /// Scores the test images of a data set and compares the results with the truth.
  ///
  /// The nominal images that the description's `split` holds out are the test images of a data set without a split of
  /// its own, the same ones that the fit left out.
  ///
  /// - Parameters:
  ///   - dataset: the data set; the description's split is applied to it.
  ///   - progress: told how far the work is; throws when it should stop.
  ///   - clock: told how long each stage takes.
  ///   - each: takes each test image with its pixels and prediction, in order.
  /// - Returns: an evaluator that holds all results.
  /// - Throws: `PatchCoreError` with code `.invalidDataset` if a test image is among the training images or there is
  ///   nothing to test, `.invalidConfiguration` if `evaluation` is out of range, and whatever a stage throws.
  public func evaluate(
    _ dataset: Dataset, progress: ProgressReporter = .silent, clock: StageClock = .ignored,
    each: (_ sample: DatasetSample, _ image: Image, _ prediction: Prediction) throws -> Void = { _, _, _ in }
  ) throws -> Evaluator {
    try method.evaluation.validate()
    let dataset = try dataset.splitting(method.split, seed: method.seed)
    let samples = dataset.test
    guard !samples.isEmpty else {
      throw PatchCoreError(
        .invalidDataset,
        "\(dataset.root): has no test images; set split: {nominal_test_fraction: 0.2} and fit again, or "
          + "give a data set with defects")
    }
    try refuseTrainingImages(dataset, samples, progress)
    var evaluator = Evaluator(
      dataset, proLimit: method.evaluation.proLimit, bankRows: (self as? FittedDetector)?.bank.count)
    let source = ImageSource(files: samples.map(\.path), relativeTo: dataset.root)
    // The one method that may look at the whole test set, because its description says so by name.
    let detector: any AnomalyDetector =
      try (self as? EnsembleDetector)?.normalised(overTestSet: source, progress: progress, clock: clock) ?? self
    try detector.predict(source, progress: progress, clock: clock) { number, entry, prediction in
      let sample = samples[number]
      if number == 0 { evaluator.reserveCapacity(pixelsPerImage: prediction.map.values.count) }
      let geometry = try method.preprocess.geometry(for: entry.image)
      let truth = try defects(sample, dataset, geometry)
      try evaluator.add(
        sample, score: prediction.score, map: prediction.map, defects: truth?.defects,
        coverage: truth?.coverage ?? DefectCoverage(), nearestRows: prediction.patchScores?.nearestRows ?? [])
      try each(sample, entry.image, prediction)
    }
    return evaluator
  }

  /// Compares files by digest before any is scored, so that a leak costs seconds and not the whole run.
  func refuseTrainingImages(
    _ dataset: Dataset, _ samples: [DatasetSample], _ progress: ProgressReporter
  ) throws {
    var digests: [LeakGuard.DigestedImage] = []
    for (number, sample) in samples.enumerated() {
      try progress.report("comparing with the training images", number, of: samples.count)
      digests.append(.init(path: sample.path, digest: try Digest.sha256(ofFile: dataset.file(sample.path))))
    }
    try progress.report("comparing with the training images", samples.count, of: samples.count)
    try LeakGuard.refuse(
      test: digests, among: imagesSeen.map { LeakGuard.DigestedImage($0) })
  }

  func defects(
    _ sample: DatasetSample, _ dataset: Dataset, _ geometry: PreprocessingGeometry
  ) throws -> (defects: DefectMask, coverage: DefectCoverage)? {
    guard sample.label.isAnomalous, let mask = try dataset.mask(of: sample) else { return nil }
    guard mask.width == geometry.width, mask.height == geometry.height else {
      throw PatchCoreError(
        .invalidDataset,
        "\(sample.maskPath ?? sample.path): the mask has \(mask.width) x \(mask.height) pixels, its image "
          + "\(geometry.width) x \(geometry.height); a mask must lie on its image pixel by pixel")
    }
    let rule = method.evaluation.masks
    let isOriginal = method.map.size == .original
    return (
      isOriginal ? mask.defects(rule) : try mask.defects(rule, geometry: geometry),
      try mask.coverage(rule, geometry: geometry)
    )
  }

  /// What a report says of this detector, its resolved description included.
  public var reportSummary: EvaluationReport.DetectorSummary {
    get throws {
      EvaluationReport.DetectorSummary(
        compute: method.compute, weights: weights, masks: method.evaluation.masks,
        mapSize: method.map.size.rawValue, description: try method.yaml())
    }
  }
}
