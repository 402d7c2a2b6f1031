import Evaluation
import PatchCore
import Testing

/// Metrics of a ranking against scikit-learn (Fixtures/make_ranking.py).
@Suite struct RankingMetricTests {
  private struct Case: Decodable {
    var name: String
    var scores: [Float]
    /// A digit for each score, 1 if it is anomalous.
    var anomalous: String
    var auroc: Double
    var averagePrecision: Double
    var f1: Double
    var precision: Double
    var recall: Double
    var f1Threshold: Float
    var falsePositives: Int
    var falseNegatives: Int
    var fullRecallThreshold: Float
    var fullRecallFalsePositives: Int
    var fullRecallError: Double
    var rocThresholds: [Float]
    var falsePositiveRates: [Double]
    var truePositiveRates: [Double]
    var prThresholds: [Float]
    var precisions: [Double]
    var recalls: [Double]

    func ranked() throws -> RankedScores {
      var ranking = RankingScores()
      for (score, digit) in zip(scores, anomalous.utf8) {
        try ranking.add(score, isAnomalous: digit == UInt8(ascii: "1"), image: "image")
      }
      return try ranking.ranked()
    }
  }

  /// Both add up the same few hundred quotients in another order.
  private static let tolerance = 1e-12

  @Test func numbersEqualScikitLearns() throws {
    let cases = try Fixture.decode([Case].self, "ranking.json")
    #expect(cases.count == 13)
    for example in cases {
      let ranked = try example.ranked()
      #expect(abs(try #require(AreaUnderROC(ranked)).value - example.auroc) <= Self.tolerance, "\(example.name)")
      let precision = try #require(AveragePrecision(ranked)).value
      #expect(abs(precision - example.averagePrecision) <= Self.tolerance, "\(example.name)")

      let best = try #require(F1Optimum(ranked))
      #expect(best.threshold == example.f1Threshold, "\(example.name)")
      #expect(best.falsePositives == example.falsePositives, "\(example.name)")
      #expect(best.falseNegatives == example.falseNegatives, "\(example.name)")
      #expect(abs(best.f1 - example.f1) <= Self.tolerance, "\(example.name)")
      #expect(abs(best.precision - example.precision) <= Self.tolerance, "\(example.name)")
      #expect(abs(best.recall - example.recall) <= Self.tolerance, "\(example.name)")

      let full = try #require(FullRecallError(ranked))
      #expect(full.threshold == example.fullRecallThreshold, "\(example.name)")
      #expect(full.falsePositives == example.fullRecallFalsePositives, "\(example.name)")
      #expect(full.errorRate == example.fullRecallError, "\(example.name)")
    }
  }

  @Test func curvesEqualScikitLearns() throws {
    for example in try Fixture.decode([Case].self, "ranking.json") {
      let ranked = try example.ranked()
      let roc = try #require(ROCCurve(ranked)).points
      #expect(roc.map(\.threshold) == [.infinity] + example.rocThresholds, "\(example.name)")
      #expect(Self.agree(roc.map(\.falsePositiveRate), example.falsePositiveRates), "\(example.name)")
      #expect(Self.agree(roc.map(\.truePositiveRate), example.truePositiveRates), "\(example.name)")
      let curve = try #require(PrecisionRecallCurve(ranked)).points
      #expect(curve.map(\.threshold) == [.infinity] + example.prThresholds, "\(example.name)")
      #expect(Self.agree(curve.map(\.precision), example.precisions), "\(example.name)")
      #expect(Self.agree(curve.map(\.recall), example.recalls), "\(example.name)")
      // A maximum that is not reached changes nothing.
      #expect(ROCCurve(ranked, maximumPoints: 1000)?.points == roc, "\(example.name)")
      #expect(PrecisionRecallCurve(ranked, maximumPoints: 1000)?.points == curve, "\(example.name)")
    }
  }

  private static func agree(_ values: [Double], _ expected: [Double]) -> Bool {
    values.count == expected.count && zip(values, expected).allSatisfy { abs($0 - $1) <= tolerance }
  }

  @Test func oneClassAloneGivesNothing() throws {
    for isAnomalous in [false, true] {
      var ranking = RankingScores()
      try ranking.add(1, isAnomalous: isAnomalous, image: "image")
      let ranked = try ranking.ranked()
      #expect(AreaUnderROC(ranked) == nil && AveragePrecision(ranked) == nil && F1Optimum(ranked) == nil)
      #expect(FullRecallError(ranked) == nil && ROCCurve(ranked) == nil && PrecisionRecallCurve(ranked) == nil)
    }
  }

  /// 40,000 scores whose curves wind: the points kept are points of the curve, few, and none left out lies far away.
  @Test(arguments: [1, 2, 3])
  func thinnedCurvesStayCloseToWholeOnes(_ seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var ranking = RankingScores()
    for _ in 0..<40_000 {
      let isAnomalous = generator.nextUnit() < 0.03
      let score = generator.nextUnit() + (isAnomalous ? generator.nextUnit() * 0.6 : 0)
      try ranking.add(Float((score * 50_000).rounded()), isAnomalous: isAnomalous, image: "image")
    }
    let ranked = try ranking.ranked()
    let maximum = 100

    let whole = try #require(ROCCurve(ranked)).points
    let thin = try #require(ROCCurve(ranked, maximumPoints: maximum)).points
    #expect(whole.count > 20_000 && thin.count <= maximum && thin.count > maximum / 2)
    #expect(thin.first == whole.first && thin.last == whole.last)
    var kept = 0
    for point in whole {
      if kept + 1 < thin.count, thin[kept + 1] == point { kept += 1 }
      let distance =
        point.falsePositiveRate - thin[kept].falsePositiveRate + point.truePositiveRate - thin[kept].truePositiveRate
      #expect(distance >= 0 && distance < 2 / Double(maximum - 2))
    }
    #expect(kept == thin.count - 1, "every point kept is a point of the curve, in order")

    let all = try #require(PrecisionRecallCurve(ranked)).points
    let few = try #require(PrecisionRecallCurve(ranked, maximumPoints: maximum)).points
    #expect(all.count > 20_000 && few.count <= maximum && few.count > maximum / 3)
    #expect(few.first == all.first && few.last == all.last)
    let intervals = (maximum - 2) / 4
    func interval(_ point: PrecisionRecallCurve.Point) -> Int {
      min(Int(point.recall * Double(intervals)), intervals - 1)
    }
    for number in 0..<intervals {
      let of = all.dropFirst().filter { interval($0) == number },
        kept = few.dropFirst().filter { interval($0) == number }
      #expect(kept.first == of.first && kept.last == of.last)
      #expect(kept.map(\.precision).min() == of.map(\.precision).min())
      #expect(kept.map(\.precision).max() == of.map(\.precision).max())
      #expect(kept.allSatisfy(of.contains))
    }
  }

  @Test func writesPointsAsTables() throws {
    var ranking = RankingScores()
    try ranking.add(0.5, isAnomalous: true, image: "a")
    try ranking.add(0.25, isAnomalous: false, image: "n")
    let ranked = try ranking.ranked()
    #expect(
      ROCCurve(ranked)?.csv
        == "threshold,false_positive_rate,true_positive_rate\ninf,0.0,0.0\n0.5,0.0,1.0\n0.25,1.0,1.0\n")
    #expect(PrecisionRecallCurve(ranked)?.csv == "threshold,precision,recall\ninf,1.0,0.0\n0.5,1.0,1.0\n0.25,0.5,1.0\n")
  }
}
