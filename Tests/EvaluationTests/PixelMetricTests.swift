import Evaluation
import PatchCore
import Testing

/// Metrics of pixels against scikit-learn and two computations of PRO in Python (Fixtures/make_overlap.py).
@Suite struct PixelMetricTests {
  private struct Case: Decodable {
    struct Image: Decodable {
      var height: Int
      var width: Int
      var scores: [Float]
      /// A digit for each pixel, 1 if it is a defect.
      var mask: String
      var map: AnomalyMap { AnomalyMap(height: height, width: width, values: scores) }
      var defects: DefectMask {
        DefectMask(height: height, width: width, values: mask.utf8.map { $0 == UInt8(ascii: "1") })
      }
    }
    var name: String
    var images: [Image]
    var limits: [Double]
    var pro: [Double]
    var proImageAveraged: [Double]
    var auroc: Double
    var aurocOfImagesWithDefects: Double
    var averagePrecision: Double
    var f1: Double
  }

  /// The fixtures are in fractions, rounded once; PRO is promised to this.
  private static let overlapTolerance = 1e-9
  /// scikit-learn's sums and ours round differently.
  private static let tolerance = 1e-12

  private static func pixels(_ images: [Case.Image]) throws -> PixelScores {
    var pixels = PixelScores()
    for image in images { try pixels.add(image.map, defects: image.defects, image: "image") }
    return pixels
  }

  @Test func overlapEqualsExactOnes() throws {
    let cases = try Fixture.decode([Case].self, "overlap.json")
    #expect(cases.count == 11)
    for example in cases {
      var collected = try Self.pixels(example.images)
      let ranked = try collected.ranked()
      for (number, limit) in example.limits.enumerated() {
        let overlap = try #require(PerRegionOverlap(ranked, limit: limit))
        #expect(abs(overlap.value - example.pro[number]) <= Self.overlapTolerance, "\(example.name), \(limit)")
        #expect(overlap.regionCount == collected.regionCount && overlap.limit == limit)
        var averaged = ImageAveragedPerRegionOverlap(limit: limit)
        for image in example.images {
          var own = try Self.pixels([image])
          averaged.add(try own.ranked())
        }
        let value = try #require(averaged.value)
        #expect(abs(value - example.proImageAveraged[number]) <= Self.overlapTolerance, "\(example.name), \(limit)")
        #expect(averaged.imageCount == example.images.count { $0.defects.count > 0 })
      }
    }
  }

  @Test func rankingsEqualScikitLearns() throws {
    for example in try Fixture.decode([Case].self, "overlap.json") {
      var collected = try Self.pixels(example.images)
      let ranked = try collected.ranked()
      let area = try #require(AreaUnderROC(ranked.all)).value
      #expect(abs(area - example.auroc) <= Self.tolerance, "\(example.name)")
      let part = try #require(AreaUnderROC(ranked.ofImagesWithDefects)).value
      #expect(abs(part - example.aurocOfImagesWithDefects) <= Self.tolerance, "\(example.name)")
      let precision = try #require(AveragePrecision(ranked.all)).value
      #expect(abs(precision - example.averagePrecision) <= Self.tolerance, "\(example.name)")
      #expect(abs(try #require(F1Optimum(ranked.all)).f1 - example.f1) <= Self.tolerance, "\(example.name)")
    }
  }

  @Test func orderOfImagesChangesNothing() throws {
    for example in try Fixture.decode([Case].self, "overlap.json") {
      var forwards = try Self.pixels(example.images), backwards = try Self.pixels(example.images.reversed())
      let first = try forwards.ranked(), second = try backwards.ranked()
      #expect(PerRegionOverlap(first) == PerRegionOverlap(second), "\(example.name)")
      #expect(AveragePrecision(first.all) == AveragePrecision(second.all), "\(example.name)")
    }
  }

  /// Scores that only change their scale keep every metric; adding pixels after a ranking is seen by the next one.
  @Test func onlyTheOrderCounts() throws {
    let cases = try Fixture.decode([Case].self, "overlap.json")
    for example in cases {
      var plain = try Self.pixels(example.images)
      var scaled = PixelScores()
      for (number, image) in example.images.enumerated() {
        var map = image.map
        map.values = map.values.map { $0 * 8 - 100 }
        try scaled.add(map, defects: image.defects, image: "image")
        if number == 0 { _ = try scaled.ranked() }
      }
      let first = try plain.ranked(), second = try scaled.ranked()
      // Powers of two and a small sum keep apart what was apart, at 6 digits.
      #expect(PerRegionOverlap(first)?.value == PerRegionOverlap(second)?.value, "\(example.name)")
      #expect(AreaUnderROC(first.all) == AreaUnderROC(second.all), "\(example.name)")
    }
  }

  @Test func isUndefinedWithoutRegionsOrNominalPixels() throws {
    let map = AnomalyMap(height: 1, width: 2, values: [1, 2])
    var nominal = PixelScores()
    try nominal.add(map, defects: DefectMask(height: 1, width: 2, values: [false, false]), image: "empty mask")
    try nominal.add(map, defects: nil, image: "good")
    #expect(PerRegionOverlap(try nominal.ranked()) == nil)
    var full = PixelScores()
    try full.add(map, defects: DefectMask(height: 1, width: 2, values: [true, true]), image: "all defect")
    let ranked = try full.ranked()
    #expect(PerRegionOverlap(ranked) == nil)
    #expect(AreaUnderROC(ranked.ofImagesWithDefects) == nil)
    var averaged = ImageAveragedPerRegionOverlap()
    averaged.add(try nominal.ranked())
    #expect(averaged.value == nil && averaged.undefinedCount == 0 && averaged.imageCount == 0)
    averaged.add(ranked)
    #expect(averaged.value == nil && averaged.undefinedCount == 1)
  }

  @Test func countsTheRowsInUse() throws {
    var use = BankUse(rows: 5)
    try use.add([3, 3, 0], image: "a")
    try use.add([0, 4], image: "b")
    #expect(use.usedRows == 3 && use.rows == 5 && use.share == 0.6)
    expectError(.shapeMismatch, containing: ["c.png", "row 5", "5 rows"]) { try use.add([1, 5], image: "c.png") }
    expectError(.shapeMismatch, containing: ["row -1"]) { try use.add([-1], image: "c.png") }
    #expect(use.usedRows == 3)
    #expect(BankUse(rows: 0).share == nil)
  }
}
