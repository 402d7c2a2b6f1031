import Aggregation
import PatchCore
import PatchCoreTestKit
import Testing

@Suite struct AggregatorTests {
  /// Two sums of some ten numbers in [-1, 1), in 32 bits here and in 64 bits in the test.
  static let tolerance = 3e-7

  /// The closed form for layers of C and 2 C channels and 2 C dimensions: channel j of the first layer gives its zero-
  /// padded window's sum plus the centre once more over p p + 1; pairs of channels of the second give their mean window,
  /// brought to the first layer's grid.
  @Test(arguments: [1, 3, 5, 7])
  func closedFormOfTwoLayers(_ size: Int) throws {
    let channels = 80, height = 6, width = 8
    let fine = AggregatorData.map(
      batch: 1, shape: FeatureShape(channels: channels, height: height, width: width), seed: 5)
    let coarse = AggregatorData.map(
      batch: 1, shape: FeatureShape(channels: 2 * channels, height: height / 2, width: width / 2), seed: 6)
    var configuration = OfficialAggregatorConfiguration()
    configuration.patchSize = size
    configuration.layerDimension = 2 * channels
    configuration.dimension = 2 * channels
    let result = try configuration.makeAggregator(StageContext()).aggregate([fine, coarse])
    #expect(result.dimension == 2 * channels)

    let first = Planes(fine), second = Planes(coarse)
    var worst = 0.0
    for y in 0..<height {
      for x in 0..<width {
        let row = y * width + x
        for channel in 0..<channels {
          let near = (first.sum(channel, y, x, size) + first.at(channel, y, x)) / Double(size * size + 1)
          worst = max(worst, abs(near - Double(result.vectors[row: row, column: channel])))
          let far =
            (second.interpolated(2 * channel, y, x, size) + second.interpolated(2 * channel + 1, y, x, size))
            / Double(2 * size * size)
          worst = max(worst, abs(far - Double(result.vectors[row: row, column: channels + channel])))
        }
      }
    }
    #expect(worst <= Self.tolerance)
  }

  /// A feature map in 64-bit floats with zeros around it.
  private struct Planes {
    let values: [Float]
    let shape: FeatureShape

    init(_ map: FeatureMap) {
      values = map.withUnsafeBufferPointer { Array($0) }
      shape = map.shape
    }

    func at(_ channel: Int, _ y: Int, _ x: Int) -> Double {
      guard (0..<shape.height).contains(y), (0..<shape.width).contains(x) else { return 0 }
      return Double(values[(channel * shape.height + y) * shape.width + x])
    }

    func sum(_ channel: Int, _ y: Int, _ x: Int, _ size: Int) -> Double {
      let reach = (size - 1) / 2
      var sum = 0.0
      for row in y - reach...y + reach {
        for column in x - reach...x + reach { sum += at(channel, row, column) }
      }
      return sum
    }

    /// The window sums, twice as fine in both directions: weights 3/4 and 1/4, edges held.
    func interpolated(_ channel: Int, _ y: Int, _ x: Int, _ size: Int) -> Double {
      func places(_ place: Int, _ count: Int) -> [(Int, Double)] {
        let near = place / 2, far = place % 2 == 0 ? near - 1 : near + 1
        return [(near, 0.75), (min(max(far, 0), count - 1), 0.25)]
      }
      var result = 0.0
      for (row, rowWeight) in places(y, shape.height) {
        for (column, columnWeight) in places(x, shape.width) {
          result += rowWeight * columnWeight * sum(channel, row, column, size)
        }
      }
      return result
    }
  }

  @Test func shapesOfWideResNet() throws {
    let layers = [
      FeatureShape(channels: 512, height: 28, width: 28), FeatureShape(channels: 1024, height: 14, width: 14),
    ]
    let official = try OfficialAggregatorConfiguration().makeAggregator(StageContext())
    #expect(try official.shape(for: layers) == PatchShape(height: 28, width: 28, dimension: 1024))
    let concatenate = try ConcatenateAggregatorConfiguration().makeAggregator(StageContext())
    #expect(try concatenate.shape(for: layers) == PatchShape(height: 28, width: 28, dimension: 1536))
  }

  @Test func patchesLargerThanTheMapAreRefused() throws {
    var configuration = OfficialAggregatorConfiguration()
    configuration.patchSize = 8
    let aggregator = try configuration.makeAggregator(StageContext())
    let error = #expect(throws: PatchCoreError.self) {
      try aggregator.shape(for: [FeatureShape(channels: 4, height: 1, width: 9)])
    }
    #expect(error?.code == .shapeMismatch)
    #expect(error?.message.contains("1 x 9") == true && error?.message.contains("8 x 8") == true)
  }

  @Test func batchesThatDifferAreNamed() throws {
    let aggregator = try OfficialAggregatorConfiguration().makeAggregator(StageContext())
    let shape = FeatureShape(channels: 2, height: 3, width: 3)
    let error = #expect(throws: PatchCoreError.self) {
      try aggregator.aggregate([FeatureMap(batch: 5, shape: shape), FeatureMap(batch: 6, shape: shape)])
    }
    #expect(error?.message.contains("5 images") == true && error?.message.contains("6") == true)
  }

  @Test func settingsOutOfRangeAreRefused() {
    var configurations: [any AggregatorConfiguration] = []
    for path in [
      \OfficialAggregatorConfiguration.patchSize, \.stride, \.layerDimension, \.dimension,
    ] as [WritableKeyPath<OfficialAggregatorConfiguration, Int> & Sendable] {
      var configuration = OfficialAggregatorConfiguration()
      configuration[keyPath: path] = 0
      configurations.append(configuration)
    }
    var even = ConcatenateAggregatorConfiguration()
    even.patchSize = 4
    configurations.append(even)
    for configuration in configurations {
      let error = #expect(throws: PatchCoreError.self) { try configuration.makeAggregator(StageContext()) }
      #expect(error?.code == .invalidConfiguration)
    }
  }
}
