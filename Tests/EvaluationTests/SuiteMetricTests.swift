import Evaluation
import Foundation
import PatchCore
import Testing

@Suite struct SuiteMetricTests {
  /// A report with every part that a metric reads; numbers chosen so that each result names its source.
  private static let report = """
    {"image_auroc": 0.5, "pixel_auroc": 1, "pro": null, "undefined": {"pro": "no masks"},
     "image_f1_optimum": {"false_positives": 2, "false_negatives": 3},
     "error_at_full_recall": {"error_rate": 0.25}, "bank_use": {"rows": 8, "share": 0.75},
     "dataset": {"nominal_test_images": 4, "anomalous_test_images": 6},
     "timings": {"decode": 90, "preprocess": 1, "extractor": 10, "aggregator": 2, "scorer": 5, "map": 2}}
    """

  private static func value(_ metric: SuiteMetric, _ json: String = report) throws -> SuiteMetric.Found {
    metric.value(in: try JSONDecoder().decode(JSONValue.self, from: Data(json.utf8)), bankRows: 8)
  }

  @Test(arguments: [
    (SuiteMetric.imageAUROC, 50.0), (.pixelAUROC, 100), (.falsePositives, 2), (.falseNegatives, 3),
    (.misclassifications, 5), (.f1Error, 50), (.fullRecallError, 25), (.bankUse, 75), (.bankRows, 8),
    (.secondsExtractor, 1), (.secondsScorer, 0.5), (.secondsPerImage, 2),
  ])
  func readsTheReport(_ metric: SuiteMetric, _ expected: Double) throws {
    #expect(try Self.value(metric) == .value(expected))
  }

  @Test func saysWhyANumberIsAbsent() throws {
    #expect(try Self.value(.pro) == .absent("no masks"))
    #expect(
      try Self.value(.pixelAveragePrecision)
        == .absent("an evaluation of this build does not give pixel_average_precision"))
    #expect(try Self.value(.misclassifications, "{}") == Self.value(.falsePositives, "{}"))
    #expect(try Self.value(.secondsMap, "{}") == .absent("the stages were not timed"))
    #expect(SuiteMetric.imageAUROC.value(in: .null, bankRows: nil) != .value(0))
    #expect(SuiteMetric.bankRows.value(in: .null, bankRows: nil) == .absent("the method has no memory bank"))
  }

  @Test func addsWhatIsCounted() {
    let sums = SuiteMetric.allCases.filter { $0.combination == .sum }
    #expect(sums == [.misclassifications, .falsePositives, .falseNegatives])
    #expect(SuiteMetric.allCases.filter(\.isTime).allSatisfy { $0.unit == .seconds })
  }
}
