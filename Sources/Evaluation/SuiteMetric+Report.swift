import PatchCore

extension SuiteMetric {
  /// A number, or why there is none.
  package enum Found: Equatable {
    case value(Double)
    case absent(String)
  }

  /// The number in an evaluation's report, in the metric's unit: the one place that knows the report's keys.
  ///
  /// - Parameters:
  ///   - report: the JSON of an `EvaluationReport`.
  ///   - bankRows: rows of the bank; `nil` for a method without one.
  /// - Returns: the number, or the reason that the report gives or what it lacks.
  package func value(in report: JSONValue, bankRows: Int?) -> Found {
    switch self {
    case .imageAUROC: percent(report, ["image_auroc"])
    case .pixelAUROC: percent(report, ["pixel_auroc"])
    case .pixelAUROCAnomalous: percent(report, ["pixel_auroc_anomalous_images"])
    case .pro: percent(report, ["pro"])
    case .proImageAveraged: percent(report, ["pro_image_averaged"])
    case .imageAveragePrecision: percent(report, ["image_average_precision"])
    case .pixelAveragePrecision: percent(report, ["pixel_average_precision"])
    case .falsePositives: number(report, ["image_f1_optimum", "false_positives"])
    case .falseNegatives: number(report, ["image_f1_optimum", "false_negatives"])
    case .misclassifications: misclassifications(report)
    case .f1Error: share(misclassifications(report), ofImagesIn: report)
    case .fullRecallError: percent(report, ["error_at_full_recall", "error_rate"])
    case .bankUse: percent(report, ["bank_use", "share"])
    case .bankRows: bankRows.map { .value(Double($0)) } ?? .absent("the method has no memory bank")
    case .secondsPerImage:
      perImage(report, ["preprocess", "extractor", "aggregator", "scorer", "map"], areAllNeeded: false)
    case .secondsPreprocess: perImage(report, ["preprocess"])
    case .secondsExtractor: perImage(report, ["extractor"])
    case .secondsAggregator: perImage(report, ["aggregator"])
    case .secondsScorer: perImage(report, ["scorer"])
    case .secondsMap: perImage(report, ["map"])
    }
  }

  private func number(_ report: JSONValue, _ path: [String]) -> Found {
    var value: JSONValue? = report
    for key in path { value = value?[key] }
    if let number = value?.double { return .value(number) }
    if let reason = report["undefined"]?[path[0]]?.string { return .absent(reason) }
    return .absent("an evaluation of this build does not give \(path.joined(separator: "."))")
  }

  private func percent(_ report: JSONValue, _ path: [String]) -> Found {
    guard case .value(let share) = number(report, path) else { return number(report, path) }
    return .value(share * 100)
  }

  private func misclassifications(_ report: JSONValue) -> Found {
    let positives = SuiteMetric.falsePositives.value(in: report, bankRows: nil)
    let negatives = SuiteMetric.falseNegatives.value(in: report, bankRows: nil)
    guard case .value(let first) = positives, case .value(let second) = negatives else { return positives }
    return .value(first + second)
  }

  private func share(_ count: Found, ofImagesIn report: JSONValue) -> Found {
    guard case .value(let wrong) = count, let images = Self.testImages(report) else { return count }
    return .value(wrong / images * 100)
  }

  private func perImage(_ report: JSONValue, _ stages: [String], areAllNeeded: Bool = true) -> Found {
    guard let timings = report["timings"], let images = Self.testImages(report) else {
      return .absent("the stages were not timed")
    }
    let seconds = stages.compactMap { timings[$0]?.double }
    guard !seconds.isEmpty, !areAllNeeded || seconds.count == stages.count else {
      return .absent("the method has no stage \(stages.joined(separator: ", "))")
    }
    return .value(seconds.reduce(0, +) / images)
  }

  private static func testImages(_ report: JSONValue) -> Double? {
    guard let nominal = report["dataset"]?["nominal_test_images"]?.double,
      let anomalous = report["dataset"]?["anomalous_test_images"]?.double, nominal + anomalous > 0
    else { return nil }
    return nominal + anomalous
  }
}
