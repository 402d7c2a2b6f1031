import Aggregation
import Foundation
import PatchCore
import Testing

/// Both aggregators against the original formulations, computed by PyTorch (Fixtures/make_aggregator_goldens.py).
@Suite struct AggregatorGoldenTests {
  struct Case: Codable, Sendable, CustomTestStringConvertible {
    var layers: [[Int]]
    var batch: Int
    var patchSize: Int
    var stride: Int?
    var layerDimension: Int?
    var dimension: Int?
    var grid: [Int]
    var values: [Float]

    var testDescription: String {
      "\(layers), p \(patchSize), stride \(stride ?? 1), \(layerDimension ?? 0) to \(dimension ?? 0)"
    }

    private enum CodingKeys: String, CodingKey {
      case layers, batch, stride, dimension, grid, values
      case patchSize = "patch_size"
      case layerDimension = "layer_dimension"
    }

    var maps: [FeatureMap] {
      layers.enumerated().map { index, layer in
        AggregatorData.map(
          batch: batch, shape: FeatureShape(channels: layer[0], height: layer[1], width: layer[2]), seed: index + 1)
      }
    }
  }

  struct Cases: Codable {
    var official: [Case]
    var concatenate: [Case]

    static func load() throws -> Cases {
      let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Fixtures/aggregator_goldens.json")
      return try JSONDecoder().decode(Cases.self, from: Data(contentsOf: file))
    }
  }

  /// Inputs lie in [-1, 1), so outputs do; both sides round sums of a few dozen such numbers to 32 bits.
  static let tolerance: Float = 1e-6

  @Test(arguments: try Cases.load().official)
  func officialEqualsTheTwoStepPooling(_ golden: Case) throws {
    var configuration = OfficialAggregatorConfiguration()
    configuration.patchSize = golden.patchSize
    configuration.stride = golden.stride ?? 1
    configuration.layerDimension = try #require(golden.layerDimension)
    configuration.dimension = try #require(golden.dimension)
    try expect(configuration, gives: golden)
  }

  @Test(arguments: try Cases.load().concatenate)
  func concatenateEqualsPoolingInterpolationAndJoining(_ golden: Case) throws {
    var configuration = ConcatenateAggregatorConfiguration()
    configuration.patchSize = golden.patchSize
    try expect(configuration, gives: golden)
  }

  private func expect(_ configuration: any AggregatorConfiguration, gives golden: Case) throws {
    let aggregator = try configuration.makeAggregator(StageContext())
    let maps = golden.maps
    let result = try aggregator.aggregate(maps)
    let shape = try aggregator.shape(for: maps.map(\.shape))
    #expect([shape.height, shape.width] == golden.grid)
    #expect(result.grid == PatchGrid(images: golden.batch, height: golden.grid[0], width: golden.grid[1]))
    #expect(result.dimension == shape.dimension)
    let values = result.vectors.withUnsafeBufferPointer { Array($0) }
    try #require(values.count == golden.values.count)
    let worst = zip(values, golden.values).map { abs($0 - $1) }.max() ?? 0
    #expect(worst <= Self.tolerance)
  }
}
