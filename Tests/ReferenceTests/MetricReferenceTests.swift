import Evaluation
import ImageFiles
import PatchCore
import TensorFiles
import Testing

extension HazelnutTests {
  /// Every metric on real maps and masks, against numbers computed in Python
  /// (EvaluationTests/Fixtures/make_real_map_numbers.py).
  @Suite struct Metrics {
    /// What the script printed for the maps of one implementation.
    struct Numbers: Sendable {
      var reference: String
      var side: Int
      var pixelAUROC: Double
      var pixelAUROCOfImagesWithDefects: Double
      var pixelAveragePrecision: Double
      var pixelF1: Double
      var pro: Double
      var proTo005: Double
      var proImageAveraged: Double
    }

    static let numbers = [
      Numbers(
        reference: "official", side: 224, pixelAUROC: 0.9898195854749059,
        pixelAUROCOfImagesWithDefects: 0.9873011239519985, pixelAveragePrecision: 0.7323270874963458,
        pixelF1: 0.7145324451023933, pro: 0.9614727534602793, proTo005: 0.7824747872021582,
        proImageAveraged: 0.9723293410053866),
      Numbers(
        reference: "anomalib", side: 256, pixelAUROC: 0.9925350536682975,
        pixelAUROCOfImagesWithDefects: 0.9907118250307113, pixelAveragePrecision: 0.742365966713872,
        pixelF1: 0.71781824951134, pro: 0.9726585500105622, proTo005: 0.839779295212307,
        proImageAveraged: 0.9768988872826836),
    ]

    /// Python adds up half a million increments in float64; the package counts in whole numbers.
    static let tolerance = 1e-9
    /// Our own maps differ from the reference's by rounding, which can exchange neighbours in the ranking.
    static let ownMapTolerance = 1e-4

    private static let detector = EvaluationReport.DetectorSummary(
      compute: ComputeSettings(), weights: WeightsOrigin(name: "given maps"), masks: .official, mapSize: "crop")

    @Test(arguments: numbers)
    func ofGivenMaps(_ expected: Numbers) throws {
      let dataset = try Dataset.mvtec(ReferenceData.path(HazelnutTests.dataset))
      let run: Run = try ReferenceData.json("reference/\(expected.reference)/run.json")
      let maps = try ReferenceData.tensor("reference/\(expected.reference)/maps.npy").floats()
      let side = expected.side, samples = dataset.test
      #expect(samples.map(\.path) == run.test && maps.count == samples.count * side * side)
      var preprocess = Preprocessing()
      preprocess.resize = .side(256)
      preprocess.crop = .side(side)
      let geometry = try preprocess.geometry(width: 256, height: 256)
      for limit in [0.3, 0.05] {
        var evaluator = Evaluator(dataset, proLimit: limit)
        for (number, sample) in samples.enumerated() {
          let values = Array(maps[number * side * side..<(number + 1) * side * side])
          try evaluator.add(
            sample, score: run.scores[number], map: AnomalyMap(height: side, width: side, values: values),
            defects: try dataset.mask(of: sample)?.defects(.official, geometry: geometry))
        }
        let report = try evaluator.report(detector: Self.detector)
        func check(_ value: Double?, _ number: Double, _ name: Comment) throws {
          #expect(abs(try #require(value) - number) <= Self.tolerance, name)
        }
        try check(report.pro, limit == 0.3 ? expected.pro : expected.proTo005, "PRO to \(limit)")
        guard limit == 0.3 else { continue }
        try check(report.imageAUROC, 1, "image AUROC")
        try check(report.imageAveragePrecision, 1, "image average precision")
        #expect(report.imageF1Optimum?.falsePositives == 0 && report.imageF1Optimum?.falseNegatives == 0)
        #expect(report.errorAtFullRecall?.errorRate == 0)
        try check(report.pixelAUROC, expected.pixelAUROC, "pixel AUROC")
        try check(report.pixelAUROCOfImagesWithDefects, expected.pixelAUROCOfImagesWithDefects, "of 8 images")
        try check(report.pixelAveragePrecision, expected.pixelAveragePrecision, "pixel average precision")
        try check(report.pixelF1Optimum?.f1, expected.pixelF1, "pixel F1")
        try check(report.proImageAveraged, expected.proImageAveraged, "PRO of each image")
        // Thinned curves go through the corners and keep to their size.
        let roc = try #require(try evaluator.curves().pixelROC).points
        #expect(roc.count <= 1000 && roc.count > 100)
        #expect(roc.last?.falsePositiveRate == 1 && roc.last?.truePositiveRate == 1)
      }
    }

    /// The bank is the official code's, so our own maps give its numbers up to rounding, and the use of the bank can be
    /// counted once more from the patches.
    @Test func ofOurOwnMaps() throws {
      let detector = try HazelnutTests.officialDetector(HazelnutTests.engines[0])
      let dataset = try Dataset.mvtec(ReferenceData.path(HazelnutTests.dataset))
      var used: Set<Int32> = []
      var patches = 0
      var evaluator = try detector.evaluate(dataset) { _, _, prediction in
        let scores = try #require(prediction.patchScores)
        used.formUnion(scores.nearestRows)
        patches += scores.nearestRows.count
        #expect(Int(scores.nearestRows[scores.decidingPatch]) == scores.nearestBankRow)
      }
      let report = try evaluator.report(detector: detector.reportSummary), expected = Self.numbers[0]
      for (value, number) in [
        (report.pixelAUROC, expected.pixelAUROC),
        (report.pixelAUROCOfImagesWithDefects, expected.pixelAUROCOfImagesWithDefects),
        (report.pixelAveragePrecision, expected.pixelAveragePrecision), (report.pixelF1Optimum?.f1, expected.pixelF1),
        (report.pro, expected.pro), (report.proImageAveraged, expected.proImageAveraged),
      ] { #expect(abs(try #require(value) - number) <= Self.ownMapTolerance) }
      #expect(patches == 10 * 28 * 28)
      let use = try #require(report.bankUse)
      #expect(use.rows == detector.bank.count && use.usedRows == used.count)
      #expect(use.share == Double(used.count) / Double(detector.bank.count) && use.share > 0.1 && use.share < 1)
      #expect(report.undefined.isEmpty)
    }
  }
}
