#if OneDNN
import Compute
import ConvNet
import PatchCore
import Testing

/// The first convolution of a ResNet and the maximum behind it, which the engine `onednn` computes in one step of its
/// own in 16 and 8 bits.
///
/// Serialised because the number of threads is one setting of the program.
@Suite(.serialized) struct FirstLayerTests {
  /// How far the maxima may be from those of oneDNN's two steps: both sum the same products of bfloat16 numbers, in
  /// another order, so now and then a sum falls on the other side of a rounding.
  static let sameProducts = 3e-4

  static let table = NetworkTable(
    inputChannels: 3,
    nodes: [
      .init(
        "stem", .convolution(.init(outputs: 64, window: .init(kernel: 7, stride: 2, padding: 3), activation: .relu)),
        inputs: [NetworkTable.input]),
      .init("pool", .maxPool(.init(kernel: 3, stride: 2, padding: 1)), inputs: ["stem"]),
      .init("end", .convolution(.init(outputs: 32, window: .init(kernel: 1))), inputs: ["pool"]),
    ])
  /// Even and odd sizes, the smallest of the step of its own and a smaller one.
  static let sizes = [(64, 48), (47, 33), (11, 11), (12, 21), (35, 10)]

  private func image(_ height: Int, _ width: Int, _ generator: inout SeededGenerator) -> FeatureMap {
    randomImages(1, FeatureShape(channels: 3, height: height, width: width), &generator)
  }

  @Test(arguments: sizes) func valuesAreThoseOfTheDefinition(height: Int, width: Int) throws {
    var generator = SeededGenerator(seed: UInt64(height))
    let weights = randomWeights(Self.table, &generator)
    let image = image(height, width, &generator)
    let expected = NaiveNetwork.run(Self.table, weights, image: image.values, shape: image.shape)
    var calibration = ActivationCalibration(Self.table, weights: weights, engine: OneDNNEngine())
    try calibration.observe(image)
    for (precision, tolerance) in [
      (NetworkPrecision.bfloat16, PrecisionNetworkTests.bfloat16Tolerance),
      (.int8(calibration.ranges()), PrecisionNetworkTests.int8Tolerance),
    ] {
      let network = try OneDNNEngine().compile(
        Self.table, weights: weights, input: image.shape, precision: precision, taps: ["pool", "end"])
      for (name, map) in zip(["pool", "end"], try network.run(image)) {
        let error = relativeError(map.values, try #require(expected[name]).values)
        #expect(error <= tolerance, "\(precision), \(name): \(error)")
      }
    }
  }

  /// A tap on the convolution keeps the two steps apart.
  @Test(arguments: sizes) func oneStepGivesWhatTwoGive(height: Int, width: Int) throws {
    var generator = SeededGenerator(seed: UInt64(100 + height))
    let weights = randomWeights(Self.table, &generator)
    let image = image(height, width, &generator)
    let maps = try [["pool"], ["stem", "pool"]].map { taps in
      try OneDNNEngine().compile(
        Self.table, weights: weights, input: image.shape, precision: .bfloat16, taps: taps
      ).run(image)
    }
    let error = relativeError(maps[0][0].values, maps[1][1].values.map { Double($0) })
    #expect(error <= Self.sameProducts, "\(error)")
  }

  @Test func theNumberOfThreadsChangesNoByte() throws {
    let before = ThreadCount.current
    defer { ThreadCount.set(before) }
    var generator = SeededGenerator(seed: 7)
    let weights = randomWeights(Self.table, &generator)
    let image = image(71, 50, &generator)
    var calibration = ActivationCalibration(Self.table, weights: weights, engine: OneDNNEngine())
    try calibration.observe(image)
    for precision in [NetworkPrecision.bfloat16, .int8(calibration.ranges())] {
      let results = try [1, 2, 3, 5].map { threads in
        ThreadCount.set(threads)
        return try OneDNNEngine().compile(
          Self.table, weights: weights, input: image.shape, precision: precision, taps: ["pool", "end"]
        ).run(image).map(\.bits)
      }
      #expect(results.allSatisfy { $0 == results[0] }, "\(precision)")
    }
  }
}
#endif
