import Evaluation
import PatchCore
import Testing

@Suite struct AUROCTests {
  private struct Case: Decodable {
    var name: String
    var scores: [Float]
    /// A digit for each score, 1 if it is anomalous.
    var anomalous: String
    var auroc: Double
    var truth: [Bool] { anomalous.utf8.map { $0 == UInt8(ascii: "1") } }
  }

  /// scikit-learn adds trapezoids in float64; the pair count is exact, so the gap is its rounding.
  private static let tolerance = 1e-12

  @Test func equalsScikitLearn() throws {
    let cases = try Fixture.decode([Case].self, "auroc.json")
    #expect(cases.count == 13)
    for example in cases {
      var scores = RankingScores()
      for (score, isAnomalous) in zip(example.scores, example.truth) {
        try scores.add(score, isAnomalous: isAnomalous, image: "image")
      }
      let area = try #require(AreaUnderROC(try scores.ranked())).value
      #expect(abs(area - example.auroc) <= Self.tolerance, "\(example.name)")
      #expect(AreaUnderROC(try scores.ranked())?.value == area, "asking again changes nothing")
    }
  }

  @Test func mapsGiveTheSameAsSinglePixels() throws {
    for example in try Fixture.decode([Case].self, "auroc.json") {
      var scores = PixelScores()
      let half = example.scores.count / 2, truth = example.truth
      for range in [0..<half, half..<example.scores.count] {
        let map = AnomalyMap(height: 1, width: range.count, values: Array(example.scores[range]))
        let defects = DefectMask(height: 1, width: range.count, values: Array(truth[range]))
        try scores.add(map, defects: defects, image: "image")
      }
      let area = try #require(AreaUnderROC(try scores.ranked().all)).value
      #expect(abs(area - example.auroc) <= Self.tolerance, "\(example.name)")
    }
  }

  @Test func countsEveryPair() throws {
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<40 {
      var scores = RankingScores()
      let nominal = (0..<generator.next(below: 30) + 1).map { _ in Float(generator.next(below: 9)) - 4 }
      let anomalous = (0..<generator.next(below: 30) + 1).map { _ in Float(generator.next(below: 9)) - 3 }
      for score in nominal { try scores.add(score, isAnomalous: false, image: "n") }
      for score in anomalous { try scores.add(score, isAnomalous: true, image: "a") }
      var wins = 0.0
      for a in anomalous { for n in nominal { wins += a > n ? 1 : a == n ? 0.5 : 0 } }
      #expect(try AreaUnderROC(scores.ranked())?.value == wins / Double(nominal.count * anomalous.count))
    }
  }

  @Test func isUndefinedWithoutBothClasses() throws {
    var scores = RankingScores()
    #expect(try AreaUnderROC(scores.ranked()) == nil)
    try scores.add(1, isAnomalous: true, image: "a")
    #expect(try AreaUnderROC(scores.ranked()) == nil)
    #expect(scores.nominalCount == 0 && scores.anomalousCount == 1)
  }

  @Test func refusesScoresThatAreNotFinite() throws {
    var scores = RankingScores()
    expectError(.notFinite, containing: ["crack/7.png", "nan"]) {
      try scores.add(.nan, isAnomalous: true, image: "crack/7.png")
    }
    var pixels = PixelScores()
    expectError(.notFinite, containing: ["crack/8.png", "inf"]) {
      try pixels.add(AnomalyMap(height: 1, width: 2, values: [0, .infinity]), defects: nil, image: "crack/8.png")
    }
    #expect(scores.nominalCount == 0 && scores.anomalousCount == 0)
    #expect(pixels.nominalCount == 0 && pixels.anomalousCount == 0 && pixels.regionCount == 0)
  }

  @Test func refusesMasksOfAnotherSize() throws {
    var scores = PixelScores()
    expectError(.shapeMismatch, containing: ["a.png", "3 x 2", "2 x 3"]) {
      try scores.add(
        AnomalyMap(height: 2, width: 3, values: [Float](repeating: 0, count: 6)),
        defects: DefectMask(height: 3, width: 2, values: [Bool](repeating: true, count: 6)), image: "a.png")
    }
  }

  @Test(arguments: [0, 1, 2, 100, 8193, 300_000, 5_000_000])
  func radixSortOrdersAsSort(_ count: Int) throws {
    var generator = SeededGenerator(seed: UInt64(count))
    // All bits, and few distinct values in the top bits alone, so that passes are left out.
    for shift in [32, 54] {
      let keys = (0..<count).map { _ in
        UInt32(truncatingIfNeeded: generator.next() >> UInt64(shift)) << (shift == 54 ? 22 : 0)
      }
      var sorted = keys
      try RadixSort.sort(&sorted)
      #expect(sorted == keys.sorted())
      // Debug builds take long for wide keys.
      guard count <= 300_000 else { continue }
      var wide = keys.map { UInt64($0) << 32 | UInt64(~$0 & 0xFFFF) }
      try RadixSort.sortByUpperHalf(&wide)
      #expect(wide.map { UInt32($0 >> 32) } == sorted)
      #expect(wide.allSatisfy { UInt32($0 & 0xFFFF) == ~UInt32($0 >> 32) & 0xFFFF }, "lower halves stay with theirs")
    }
  }
}
