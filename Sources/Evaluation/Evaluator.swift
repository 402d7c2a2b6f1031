import PatchCore

/// Collects the results of test images, one at a time, and turns them into a report.
///
/// Maps are not kept: a nominal pixel leaves 4 bytes and a defect pixel 8. The report does not depend on the order of
/// the images.
public struct Evaluator: Sendable {
  private let dataset: Dataset
  private var results: [EvaluationReport.ImageResult] = []
  private var pixels = PixelScores()
  private var imageOverlaps: ImageAveragedPerRegionOverlap
  private var bankUse: BankUse?
  private var coverage = DefectCoverage()
  private var imagesWithDefects = 0
  private var emptyMasks = 0
  private var withoutMap = 0
  private var withoutMask = 0
  private var withoutRows = 0

  /// An evaluator for the test images of a data set.
  ///
  /// - Parameters:
  ///   - dataset: the data set.
  ///   - proLimit: the false-positive rate up to which the per-region overlap is integrated, above 0 and at most 1.
  ///   - bankRows: rows of the detector's memory bank; `nil` if it has none.
  public init(_ dataset: Dataset, proLimit: Double = PerRegionOverlap.standardLimit, bankRows: Int? = nil) {
    self.dataset = dataset
    imageOverlaps = ImageAveragedPerRegionOverlap(limit: proLimit)
    bankUse = bankRows.map { BankUse(rows: $0) }
  }

  /// Makes room for the pixels of all test images, which otherwise is found while they come.
  ///
  /// - Parameter pixelsPerImage: number of pixels of one map.
  public mutating func reserveCapacity(pixelsPerImage: Int) {
    let anomalous = dataset.test.count { $0.label.isAnomalous }
    pixels.reserveCapacity(
      pixelsOfNominalImages: (dataset.test.count - anomalous) * pixelsPerImage,
      pixelsOfAnomalousImages: anomalous * pixelsPerImage)
  }

  /// Adds the result of one test image.
  ///
  /// - Parameters:
  ///   - sample: the image.
  ///   - score: its anomaly score.
  ///   - map: its anomaly map; `nil` if there is none, which leaves the pixel numbers undefined.
  ///   - defects: where its defects are, of the map's size; `nil` for nominal images and images without a mask.
  ///   - coverage: how many of its original defect pixels the detector does not see.
  ///   - nearestRows: for each patch the nearest row of the memory bank; empty if it is not known, which leaves the
  ///     bank's use undefined.
  /// - Throws: `PatchCoreError` with code `.notFinite` or `.shapeMismatch`, naming the image.
  public mutating func add(
    _ sample: DatasetSample, score: Float, map: AnomalyMap?, defects: DefectMask?,
    coverage: DefectCoverage = DefectCoverage(), nearestRows: [Int32] = []
  ) throws {
    var scores = RankingScores()
    try scores.add(score, isAnomalous: sample.label.isAnomalous, image: sample.path)
    if sample.label.isAnomalous && defects == nil {
      withoutMask += 1
    } else if let map {
      try add(map, sample.label.isAnomalous ? defects : nil, image: sample.path)
    }
    if map == nil { withoutMap += 1 }
    if nearestRows.isEmpty { withoutRows += 1 }
    try bankUse?.add(nearestRows, image: sample.path)
    if sample.label.isAnomalous, let defects {
      if defects.count > 0 { imagesWithDefects += 1 } else { emptyMasks += 1 }
    }
    self.coverage += coverage
    results.append(
      EvaluationReport.ImageResult(
        path: sample.path, className: sample.label.className, isAnomalous: sample.label.isAnomalous, score: score))
  }

  private mutating func add(_ map: AnomalyMap, _ defects: DefectMask?, image: String) throws {
    guard let defects, defects.count > 0 else {
      return try pixels.add(map, defects: defects, image: image)
    }
    var own = PixelScores()
    try own.add(map, defects: defects, image: image)
    imageOverlaps.add(try own.ranked())
    pixels.append(own)
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
    let nominal = results.filter { !$0.isAnomalous }, anomalous = results.filter(\.isAnomalous)
    let images = try Self.ranked(nominal + anomalous)
    var report = EvaluationReport(
      definitions: EvaluationDefinitions(detector, proLimit: imageOverlaps.limit).texts, undefined: [:],
      dataset: EvaluationReport.DatasetSummary(
        name: dataset.name, kind: dataset.kind.rawValue, trainingImages: dataset.train.count,
        nominalTestImages: nominal.count, anomalousTestImages: anomalous.count),
      detector: detector,
      pixels: EvaluationReport.PixelSummary(
        nominal: pixels.nominalCount, anomalous: pixels.anomalousCount, regions: pixels.regionCount,
        imagesWithDefects: imagesWithDefects, emptyMasks: emptyMasks, proLimit: imageOverlaps.limit,
        originalDefects: coverage.defectPixels, unseenDefectShare: coverage.unseenShare),
      classes: try classes(nominal: nominal), images: results, timings: timings)
    report.imageAUROC = AreaUnderROC(images)?.value
    report.imageAveragePrecision = AveragePrecision(images)?.value
    report.imageF1Optimum = F1Optimum(images)
    report.errorAtFullRecall = FullRecallError(images)
    if report.imageAUROC == nil {
      let reason = imageReason(nominal: nominal.count, anomalous: anomalous.count)
      for key in ["image_auroc", "image_average_precision", "image_f1_optimum", "error_at_full_recall"] {
        report.undefined[key] = reason
      }
    }
    try addPixelNumbers(to: &report)
    addBankUse(to: &report)
    if coverage.unseenShare == nil { report.undefined["unseen_defect_share"] = "no mask holds a defect pixel" }
    return report
  }

  /// The curves of all images added.
  ///
  /// - Returns: the curves; undefined ones are absent.
  /// - Throws: nothing of its own.
  public mutating func curves() throws -> EvaluationCurves {
    EvaluationCurves(
      images: try Self.ranked(results), pixels: pixelReason() == nil ? try pixels.ranked().all : nil)
  }

  private mutating func addPixelNumbers(to report: inout EvaluationReport) throws {
    if let reason = pixelReason() {
      for key in [
        "pixel_auroc", "pixel_auroc_anomalous_images", "pixel_average_precision", "pixel_f1_optimum", "pro",
        "pro_image_averaged",
      ] { report.undefined[key] = reason }
      return
    }
    let pixels = try pixels.ranked()
    report.pixelAUROC = AreaUnderROC(pixels.all)?.value
    report.pixelAUROCOfImagesWithDefects = AreaUnderROC(pixels.ofImagesWithDefects)?.value
    if report.pixelAUROCOfImagesWithDefects == nil {
      report.undefined["pixel_auroc_anomalous_images"] = "images with a defect have no nominal pixel"
    }
    report.pixelAveragePrecision = AveragePrecision(pixels.all)?.value
    report.pixelF1Optimum = F1Optimum(pixels.all)
    report.pro = PerRegionOverlap(pixels, limit: imageOverlaps.limit)?.value
    report.proImageAveraged = imageOverlaps.value
    if report.proImageAveraged == nil {
      report.undefined["pro_image_averaged"] =
        "\(imageOverlaps.undefinedCount) images with a defect have no nominal pixel"
    }
  }

  private func addBankUse(to report: inout EvaluationReport) {
    if let bankUse, let share = bankUse.share, withoutRows == 0 {
      report.bankUse = EvaluationReport.BankUseSummary(rows: bankUse.rows, usedRows: bankUse.usedRows, share: share)
    } else {
      report.undefined["bank_use"] =
        bankUse?.share == nil
        ? "the detector has no memory bank"
        : "of \(withoutRows) of \(results.count) images the scorer names no rows of the memory bank"
    }
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
        imageAUROC: images.first?.isAnomalous == true ? AreaUnderROC(try Self.ranked(images + nominal))?.value : nil)
    }
  }

  private static func ranked(_ images: [EvaluationReport.ImageResult]) throws -> RankedScores {
    var scores = RankingScores()
    for image in images { try scores.add(image.score, isAnomalous: image.isAnomalous, image: image.path) }
    return try scores.ranked()
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
}
