import PatchCore

/// Collects the results of test images, one at a time, and turns them into a report.
///
/// Maps are not kept: each pixel leaves a score of 4 bytes. The report does not depend on the order of the images.
public struct Evaluator: Sendable {
  private let dataset: Dataset
  private var results: [EvaluationReport.ImageResult] = []
  private var pixels = RankingScores()
  private var coverage = DefectCoverage()
  private var emptyMasks = 0
  private var withoutMap = 0
  private var withoutMask = 0

  /// An evaluator for the test images of a data set.
  public init(_ dataset: Dataset) {
    self.dataset = dataset
  }

  /// Makes room for the pixels of all test images, which otherwise is found while they come.
  ///
  /// - Parameter pixels: number of pixels of all maps.
  public mutating func reserveCapacity(pixels: Int) { self.pixels.reserveCapacity(pixels) }

  /// Adds the result of one test image.
  ///
  /// - Parameters:
  ///   - sample: the image.
  ///   - score: its anomaly score.
  ///   - map: its anomaly map; `nil` if there is none, which leaves the pixel numbers undefined.
  ///   - defects: where its defects are, of the map's size; `nil` for nominal images and images without a mask.
  ///   - coverage: how many of its original defect pixels the detector does not see.
  /// - Throws: `PatchCoreError` with code `.notFinite` or `.shapeMismatch`, naming the image.
  public mutating func add(
    _ sample: DatasetSample, score: Float, map: AnomalyMap?, defects: DefectMask?,
    coverage: DefectCoverage = DefectCoverage()
  ) throws {
    var scores = RankingScores()
    try scores.add(score, isAnomalous: sample.label.isAnomalous, image: sample.path)
    if sample.label.isAnomalous && defects == nil {
      withoutMask += 1
    } else if let map {
      try pixels.add(map, defects: sample.label.isAnomalous ? defects : nil, image: sample.path)
    }
    if map == nil { withoutMap += 1 }
    if sample.label.isAnomalous, let defects, defects.count == 0 { emptyMasks += 1 }
    self.coverage += coverage
    results.append(
      EvaluationReport.ImageResult(
        path: sample.path, className: sample.label.className, isAnomalous: sample.label.isAnomalous, score: score))
  }

  /// The numbers of all images added.
  ///
  /// - Parameters:
  ///   - detector: what computed the scores.
  ///   - timings: seconds by stage, if they were measured.
  /// - Returns: a report whose undefined numbers are absent, with the reason.
  /// - Throws: nothing of its own.
  public mutating func report(
    detector: EvaluationReport.DetectorSummary, timings: [String: Double]? = nil
  ) throws -> EvaluationReport {
    results.sort { DatasetFolder.precedes($0.path, $1.path) }
    var undefined: [String: String] = [:]
    let nominal = results.filter { !$0.isAnomalous }, anomalous = results.filter(\.isAnomalous)
    let imageAUROC = try Self.areaUnderROC(anomalous, against: nominal)
    if imageAUROC == nil {
      undefined["image_auroc"] = imageReason(nominal: nominal.count, anomalous: anomalous.count)
    }
    var pixelAUROC: Double?
    if let reason = pixelReason() { undefined["pixel_auroc"] = reason } else { pixelAUROC = try pixels.areaUnderROC() }
    if coverage.unseenShare == nil { undefined["unseen_defect_share"] = "no mask holds a defect pixel" }
    return EvaluationReport(
      imageAUROC: imageAUROC, pixelAUROC: pixelAUROC, definitions: Self.definitions(detector), undefined: undefined,
      dataset: EvaluationReport.DatasetSummary(
        name: dataset.name, kind: dataset.kind.rawValue, trainingImages: dataset.train.count,
        nominalTestImages: nominal.count, anomalousTestImages: anomalous.count),
      detector: detector,
      pixels: EvaluationReport.PixelSummary(
        nominal: pixels.nominalCount, anomalous: pixels.anomalousCount, emptyMasks: emptyMasks,
        originalDefects: coverage.defectPixels, unseenDefectShare: coverage.unseenShare),
      classes: try classes(nominal: nominal), images: results, timings: timings)
  }

  private func classes(nominal: [EvaluationReport.ImageResult]) throws -> [EvaluationReport.ClassSummary] {
    let groups = Dictionary(grouping: results.filter(\.isAnomalous), by: \.className)
      .sorted { DatasetFolder.precedes($0.key, $1.key) }
    let all = (nominal.isEmpty ? [] : [(Dataset.nominalName, nominal)]) + groups.map { ($0.key, $0.value) }
    return try all.map { name, images in
      let scores = images.map(\.score)
      return EvaluationReport.ClassSummary(
        name: name, images: images.count, meanScore: scores.reduce(0) { $0 + Double($1) } / Double(scores.count),
        leastScore: scores.min() ?? 0, greatestScore: scores.max() ?? 0,
        imageAUROC: images.first?.isAnomalous == true ? try Self.areaUnderROC(images, against: nominal) : nil)
    }
  }

  private static func areaUnderROC(
    _ anomalous: [EvaluationReport.ImageResult], against nominal: [EvaluationReport.ImageResult]
  ) throws -> Double? {
    var scores = RankingScores()
    for image in nominal + anomalous { try scores.add(image.score, isAnomalous: image.isAnomalous, image: image.path) }
    return try scores.areaUnderROC()
  }

  private func imageReason(nominal: Int, anomalous: Int) -> String {
    let counts = "\(nominal) nominal and \(anomalous) anomalous test images; both are needed"
    if nominal == 0, anomalous > 0, !dataset.hasFixedSplit {
      return counts + ". Set split: {nominal_test_fraction: 0.2} in the description and fit again"
    }
    return counts
  }

  private func pixelReason() -> String? {
    if withoutMap > 0 { return "\(withoutMap) of \(results.count) images have no anomaly map" }
    if withoutMask > 0 { return "\(withoutMask) images with a defect have no mask" }
    if pixels.nominalCount == 0 || pixels.anomalousCount == 0 {
      return "\(pixels.nominalCount) nominal and \(pixels.anomalousCount) defect pixels; both are needed"
    }
    return nil
  }

  private static func definitions(_ detector: EvaluationReport.DetectorSummary) -> [String: String] {
    let rule =
      switch detector.masks {
      case .official: "a pixel is a defect if its mask is exactly 255"
      case .anomalib: "a pixel is a defect if its mask is above 0"
      }
    let resizing =
      switch (detector.mapSize, detector.masks) {
      case ("original", _): " at the mask's own size"
      case (_, .official): " after resizing like the image (8-bit masks bilinear, 1-bit masks nearest)"
      case (_, .anomalib): " after resizing to the nearest sample"
      }
    return [
      "image_auroc": "area under the ROC curve over the scores of all test images, ties counted half",
      "pixel_auroc": "area under the ROC curve over all pixels of all test images, nominal ones included, ties counted "
        + "half; \(rule)\(resizing)",
      "unseen_defect_share": "share of the defect pixels of the original masks that lie outside the crop",
      "classes": "image_auroc of a class compares its images with the nominal test images alone",
    ]
  }
}
