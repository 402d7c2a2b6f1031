import Foundation
import PatchCore
import Testing

/// The anomaly map against PyTorch's interpolation and SciPy's Gaussian (Fixtures/make_map_goldens.py).
@Suite struct MapRenderingTests {
  struct Case: Codable, Sendable, CustomTestStringConvertible {
    var grid: [Int]
    var size: [Int]
    var upsampling: MapRendering.Upsampling
    var border: MapRendering.Border
    var sigma: Double
    /// Every how many-th pixel is in `values`.
    var step: Int
    var values: [Float]

    var testDescription: String { "\(grid) to \(size), \(upsampling.rawValue), \(border.rawValue), sigma \(sigma)" }

    static func load() throws -> [Case] {
      let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Fixtures/map_goldens.json")
      return try JSONDecoder().decode([Case].self, from: Data(contentsOf: file))
    }
  }

  /// Scores lie in [0, 1).
  ///
  /// The originals round to 32 bits after each of three steps; torch's convolution, which sums
  /// 1089 products in 32 bits, is the least exact of them: 1.5e-6 from ours, the others 1.2e-7.
  static let tolerance: Float = 2e-6

  @Test(arguments: try Case.load())
  func equalsInterpolationAndGaussian(_ golden: Case) throws {
    var rendering = MapRendering()
    rendering.upsampling = golden.upsampling
    rendering.border = golden.border
    rendering.sigma = golden.sigma
    let map = rendering.render(
      scores(golden.grid[0], golden.grid[1], values: MapData.values(golden.grid[0] * golden.grid[1])),
      height: golden.size[0], width: golden.size[1])
    let sampled = stride(from: 0, to: map.values.count, by: golden.step).map { map.values[$0] }
    try #require(sampled.count == golden.values.count)
    let worst = zip(sampled, golden.values).map { abs($0 - $1) }.max() ?? 0
    #expect(worst <= Self.tolerance)
  }

  @Test func defaultsAreThoseOfTheAuthors() throws {
    let rendering = MapRendering()
    #expect(rendering.upsampling == .bilinear)
    #expect(rendering.sigma == 4)
    #expect(rendering.border == .repeatEdge)
    #expect(rendering.size == .crop)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let text = String(decoding: try encoder.encode(rendering), as: UTF8.self)
    #expect(text == #"{"border":"repeat_edge","sigma":4,"size":"crop","upsampling":"bilinear"}"#)
    #expect(try JSONDecoder().decode(MapRendering.self, from: Data(text.utf8)) == rendering)
  }

  @Test(arguments: ["-1", "1001"]) func sigmaOutOfRangeIsRefused(_ sigma: String) {
    let text = #"{"border":"reflect","sigma":\#(sigma),"size":"crop","upsampling":"nearest"}"#
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(MapRendering.self, from: Data(text.utf8)) }
  }

  /// A map of equal scores stays as it is, whatever the settings: all weights of a pixel sum to 1.
  @Test(arguments: MapRendering.Border.allCases, MapRendering.Upsampling.allCases)
  func equalScoresGiveAFlatMap(_ border: MapRendering.Border, _ upsampling: MapRendering.Upsampling) {
    var rendering = MapRendering()
    rendering.border = border
    rendering.upsampling = upsampling
    for sigma in [0, 0.1, 2.5, 40] {
      rendering.sigma = sigma
      let map = rendering.render(
        scores(3, 4, values: [Float](repeating: 0.75, count: 12)), height: 17, width: 29)
      #expect(map.values.allSatisfy { abs($0 - 0.75) <= 1e-7 })
    }
  }

  private func scores(_ height: Int, _ width: Int, values: [Float]) -> PatchScores {
    PatchScores(height: height, width: width, values: values, imageScore: 0, decidingPatch: 0, nearestBankRow: 0)
  }
}

private enum MapData {
  /// Multiples of 2^-24 in [0, 1) from an integer hash that the script computes too.
  static func values(_ count: Int) -> [Float] {
    (0..<count).map { index in
      var z = UInt64(index) &+ 0x9E37_79B9_7F4A_7C15
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      z ^= z >> 31
      return Float(z >> 40) * 0x1p-24
    }
  }
}
