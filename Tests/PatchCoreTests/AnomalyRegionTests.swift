import Foundation
import PatchCore
import Testing

/// Regions against scikit-image, SciPy and OpenCV (Fixtures/make_anomaly_regions.py).
@Suite struct AnomalyRegionTests {
  private struct Case: Decodable {
    struct Region: Decodable {
      var box: [Double]
      var area: Double
      var filledArea: Double
      var peak: [Double]
      var edges: [[Int]]
      var contourPixels: [[Int]]
    }
    var name: String
    var height: Int
    var width: Int
    var values: [Float]
    var regions: [Region]
  }

  private static func cases(file: String = #filePath) throws -> [Case] {
    let folder = URL(fileURLWithPath: file).deletingLastPathComponent()
    return try JSONDecoder().decode(
      [Case].self, from: Data(contentsOf: folder.appendingPathComponent("Fixtures/anomaly_regions.json")))
  }

  /// The unit sides that a contour walks along: column, row, step right, step down.
  private func edges(_ contour: [SIMD2<Double>]) -> [[Int]] {
    contour.indices.flatMap { number -> [[Int]] in
      let from = contour[number], to = contour[(number + 1) % contour.count]
      let step = SIMD2((to.x - from.x).signum, (to.y - from.y).signum)
      let length = Int(abs(to.x - from.x) + abs(to.y - from.y))
      return (0..<length).map {
        [Int(from.x + step.x * Double($0)), Int(from.y + step.y * Double($0)), Int(step.x), Int(step.y)]
      }
    }
  }

  private func area(_ contour: [SIMD2<Double>]) -> Double {
    contour.indices.reduce(0) { sum, number in
      let from = contour[number], to = contour[(number + 1) % contour.count]
      return sum + (from.x * to.y - to.x * from.y) / 2
    }
  }

  @Test func equalThoseOfOtherLibraries() throws {
    let cases = try Self.cases()
    #expect(cases.count == 20)
    for example in cases {
      let map = AnomalyMap(height: example.height, width: example.width, values: example.values)
      let regions = map.regions(
        above: 50, placement: MapPlacement(width: example.width, height: example.height))
      try #require(regions.count == example.regions.count, "\(example.name)")
      for (region, expected) in zip(regions, example.regions) {
        #expect([region.box.x, region.box.y, region.box.width, region.box.height] == expected.box, "\(example.name)")
        #expect(region.area == expected.area, "\(example.name)")
        #expect(
          [Double(region.peak.score), region.peak.x - 0.5, region.peak.y - 0.5] == expected.peak, "\(example.name)")
        // Clockwise with rows downwards is positive; holes are inside.
        #expect(area(region.contour) == expected.filledArea, "\(example.name)")
        let edges = edges(region.contour)
        #expect(edges.sorted { $0.lexicographicallyPrecedes($1) } == expected.edges, "\(example.name)")
        // OpenCV follows pixels, this code their sides; the pixels are the same.
        #expect(Set(edges.map(pixel)) == Set(expected.contourPixels), "\(example.name)")
        // A corner is named only where the contour turns.
        for number in region.contour.indices {
          let before = region.contour[(number + region.contour.count - 1) % region.contour.count]
          let here = region.contour[number], after = region.contour[(number + 1) % region.contour.count]
          #expect((before.x == here.x) != (here.x == after.x), "\(example.name)")
        }
      }
    }
  }

  /// The pixel on the right hand of a side.
  private func pixel(_ edge: [Int]) -> [Int] {
    switch (edge[2], edge[3]) {
    case (1, _): [edge[0], edge[1]]
    case (-1, _): [edge[0] - 1, edge[1] - 1]
    case (_, 1): [edge[0] - 1, edge[1]]
    default: [edge[0], edge[1] - 1]
    }
  }

  @Test func smallRegionsAreLeftOut() {
    let map = AnomalyMap(height: 3, width: 5, values: [9, 0, 0, 9, 9, 0, 0, 0, 9, 0, 0, 9, 0, 0, 0])
    let placement = MapPlacement(width: 5, height: 3)
    #expect(map.regions(above: 5, placement: placement).map(\.area) == [1, 3, 1])
    #expect(map.regions(above: 5, minimumArea: 1.5, placement: placement).map(\.area) == [3])
    #expect(map.regions(above: 9, placement: placement).isEmpty)
    #expect(map.regions(above: 5, minimumArea: 3.5, placement: placement).isEmpty)
  }

  /// A map of the crop: 60 x 40 pixels resized to 30 x 20, of which the middle 10 x 10 are kept.
  @Test func placesGoBackThroughCropAndResize() throws {
    let preprocessing = try geometry(width: 60, height: 40, resize: 20, crop: 10)
    #expect(preprocessing.columns == 10..<20 && preprocessing.rows == 5..<15)
    var values = [Float](repeating: 0, count: 100)
    for (row, column) in [(2, 3), (2, 4), (3, 3)] { values[row * 10 + column] = Float(column + row) }
    let map = AnomalyMap(height: 10, width: 10, values: values)
    let placement = MapPlacement(preprocessing, size: .crop)
    let region = try #require(map.regions(above: 1, placement: placement).first)
    #expect(region.box == AnomalyRegion.Box(x: 26, y: 14, width: 4, height: 4))
    #expect(region.area == 12)
    // Two pixels have the score; the first by rows is meant.
    #expect(region.peak == AnomalyRegion.Peak(score: 6, x: 29, y: 15))
    #expect(region.contour == [[26, 14], [30, 14], [30, 16], [28, 16], [28, 18], [26, 18]])
    #expect(map.regions(above: 1, minimumArea: 12, placement: placement).count == 1)
    #expect(map.regions(above: 1, minimumArea: 12.5, placement: placement).isEmpty)
    for place in region.contour { #expect(placement.original(placement.map(place)) == place) }
  }

  /// In a map of the original's size the border that was cut off holds the least score, which says nothing.
  @Test func whatTheNetworkDidNotSeeIsNoRegion() throws {
    let preprocessing = try geometry(width: 60, height: 40, resize: 20, crop: 10)
    let whole = preprocessing.restoring(AnomalyMap(height: 10, width: 10, values: [Float](repeating: 7, count: 100)))
    let placement = MapPlacement(preprocessing, size: .original)
    let region = try #require(whole.regions(above: 5, placement: placement).first)
    #expect(region.box == AnomalyRegion.Box(x: 20, y: 10, width: 20, height: 20))
    var scores = NominalScores()
    try scores.add(whole, placement: placement, image: "x")
    #expect(scores.count == 400)
  }

  private func geometry(width: Int, height: Int, resize: Int, crop: Int) throws -> PreprocessingGeometry {
    let description = try PipelineDescription(
      yaml: "preprocess: {resize: \(resize), crop: \(crop)}", catalogue: .toy)
    return try description.preprocess.geometry(width: width, height: height)
  }

  @Test func scoresThatAreNoNumbersAreNotNominal() {
    let map = AnomalyMap(height: 1, width: 3, values: [0, .nan, 0])
    #expect(map.regions(above: 5, placement: MapPlacement(width: 3, height: 1)).count == 1)
    #expect(Thresholds(image: 1, pixel: 1).decision(for: .nan) == .anomalous)
    #expect(Thresholds(image: 1, pixel: 1).decision(for: 1) == .nominal)
  }
}

extension Double {
  fileprivate var signum: Double { self > 0 ? 1 : self < 0 ? -1 : 0 }
}
