import Aggregation
import Foundation
import PatchCore
import Testing

/// The official aggregator on maps shaped as real networks shape them: every patch size, stride and set of layers, of
/// square and other images (Fixtures/make_geometry_goldens.py).
@Suite struct AggregatorGeometryTests {
  struct Case: Codable, Sendable, CustomTestStringConvertible {
    var network: String
    var layers: [[Int]]
    var patchSize: Int
    var stride: Int
    var layerDimension: Int
    var dimension: Int
    var grid: [Int]
    /// The dot product of all values with hashed numbers.
    var checksum: Double
    /// Eight values, evenly spaced.
    var samples: [Float]

    var testDescription: String { "\(network) \(layers), p \(patchSize), stride \(stride), to \(dimension)" }

    private enum CodingKeys: String, CodingKey {
      case network, layers, stride, dimension, grid, checksum, samples
      case patchSize = "patch_size"
      case layerDimension = "layer_dimension"
    }

    static func load() throws -> [Case] {
      let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Fixtures/geometry_goldens.json")
      return try JSONDecoder().decode([Case].self, from: Data(contentsOf: file))
    }
  }

  /// Inputs lie in [-1, 1), so outputs do; ours are 32-bit sums of up to a thousand such numbers.
  ///
  /// Seen: 6.6e-7.
  static let tolerance: Float = 2e-6
  /// Rounding errors of n values add up in the checksum like a random walk, so it is divided by the root of n.
  ///
  /// Seen: 1.5e-7.
  static let checksumTolerance = 5e-7
  private static let checksumSeed = 99

  @Test(arguments: try Case.load())
  func officialEqualsTheTwoStepPooling(_ golden: Case) throws {
    var configuration = OfficialAggregatorConfiguration()
    configuration.patchSize = golden.patchSize
    configuration.stride = golden.stride
    configuration.layerDimension = golden.layerDimension
    configuration.dimension = golden.dimension
    let aggregator = try configuration.makeAggregator(StageContext())
    let maps = golden.layers.enumerated().map { index, layer in
      AggregatorData.map(
        batch: 1, shape: FeatureShape(channels: layer[0], height: layer[1], width: layer[2]), seed: index + 1)
    }
    let result = try aggregator.aggregate(maps)
    let shape = try aggregator.shape(for: maps.map(\.shape))
    #expect([shape.height, shape.width] == golden.grid)
    #expect(shape.dimension == golden.dimension)
    #expect(result.grid == PatchGrid(images: 1, height: golden.grid[0], width: golden.grid[1]))
    let values = result.vectors.withUnsafeBufferPointer { Array($0) }
    try #require(values.count == golden.grid[0] * golden.grid[1] * golden.dimension)
    for (number, sample) in golden.samples.enumerated() {
      let place = number * (values.count - 1) / (golden.samples.count - 1)
      #expect(abs(values[place] - sample) <= Self.tolerance, "element \(place)")
    }
    let weights = AggregatorData.values(values.count, seed: Self.checksumSeed)
    var checksum = 0.0
    for index in values.indices { checksum += Double(values[index]) * Double(weights[index]) }
    #expect(abs(checksum - golden.checksum) <= Self.checksumTolerance * Double(values.count).squareRoot())
  }

  /// What the fixture must hold for the test above to mean what it says.
  @Test func everyGeometryIsThere() throws {
    let cases = try Case.load().filter { $0.layerDimension == 64 }
    for dimension in [24, 64] {
      for patch in [1, 3, 5, 7, 9] {
        for stride in 1...3 {
          let count = cases.count { $0.dimension == dimension && $0.patchSize == patch && $0.stride == stride }
          #expect(count == 7, "patches of \(patch), stride \(stride), one case per set of layers")
        }
      }
    }
    #expect(cases.contains { $0.layers[0][1] != $0.layers[0][2] })
  }
}
