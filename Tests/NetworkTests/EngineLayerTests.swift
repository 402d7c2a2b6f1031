import Compute
import ConvNet
import PatchCore
import Testing

/// Networks of one layer on both engines, against the definition in 64-bit floating point.
@Suite struct EngineLayerTests {
  /// Units in the last place that a sum of k products may be off by, as a multiple of the square root of k.
  ///
  /// Errors of single roundings are independent enough to grow with the square root; the worst observed is 1.2.
  static let roundingsPerTerm = 4.0

  /// A random form of convolution: small and odd numbers, so that every edge of a vector kernel is met.
  struct RandomConvolution {
    let form: NetworkTable.Convolution
    let input: FeatureShape

    init(_ generator: inout SeededGenerator) {
      let kernel = 1 + generator.next(below: 7)
      let padding = generator.next(below: 4)
      let smallest = max(1, kernel - 2 * padding)
      let groups = [1, 1, 1, 2, 3, 8, 0][generator.next(below: 7)]
      var channels = 1 + generator.next(below: 40)
      var outputs = 1 + generator.next(below: 40)
      if groups == 0 { outputs = channels * (1 + generator.next(below: 2)) }
      if groups > 1 {
        channels = groups * (1 + generator.next(below: groups == 2 ? 20 : 6))
        outputs = groups * (1 + generator.next(below: groups == 2 ? 20 : 6))
      }
      form = NetworkTable.Convolution(
        outputs: outputs,
        window: .init(kernel: kernel, stride: 1 + generator.next(below: 3), padding: padding),
        groups: groups == 0 ? channels : groups, addsSecondInput: generator.next(below: 3) == 0,
        activation: generator.next(below: 2) == 0 ? .none : .relu)
      input = FeatureShape(
        channels: channels, height: smallest + generator.next(below: 41 - smallest),
        width: smallest + generator.next(below: 41 - smallest))
    }

    /// A filter of each channel by itself, on maps from smaller than the window to wider than two vectors.
    init(depthwise generator: inout SeededGenerator) {
      let kernel = [3, 5][generator.next(below: 2)]
      let padding = generator.next(below: kernel / 2 + 1)
      let smallest = max(1, kernel - 2 * padding)
      let channels = 1 + generator.next(below: 20)
      form = NetworkTable.Convolution(
        outputs: channels * (1 + generator.next(below: 3)),
        window: .init(kernel: kernel, stride: 1 + generator.next(below: 2), padding: padding), groups: channels,
        addsSecondInput: generator.next(below: 3) == 0, activation: generator.next(below: 2) == 0 ? .none : .relu)
      input = FeatureShape(
        channels: channels, height: smallest + generator.next(below: 41 - smallest),
        width: smallest + generator.next(below: 41 - smallest))
    }

    /// A product of each pixel with a matrix, large enough to be computed in several pieces.
    init(pointwise generator: inout SeededGenerator) {
      form = NetworkTable.Convolution(
        outputs: 100 + generator.next(below: 200), window: .init(kernel: 1, stride: 1, padding: 0),
        addsSecondInput: generator.next(below: 2) == 0, activation: generator.next(below: 2) == 0 ? .none : .relu)
      input = FeatureShape(
        channels: 100 + generator.next(below: 500), height: 8 + generator.next(below: 12),
        width: 8 + generator.next(below: 12))
    }

    /// The convolution; its second input is another convolution's output.
    var table: NetworkTable {
      var nodes = [NetworkTable.Node("main", .convolution(form), inputs: [NetworkTable.input])]
      if form.addsSecondInput {
        let plain = NetworkTable.Convolution(outputs: form.outputs, window: form.window)
        nodes.insert(NetworkTable.Node("second", .convolution(plain), inputs: [NetworkTable.input]), at: 0)
        nodes[1].inputs.append("second")
      }
      return NetworkTable(inputChannels: input.channels, nodes: nodes)
    }

    /// Numbers that one output is a sum over.
    var terms: Int { input.channels / form.groups * form.window.kernel * form.window.kernel + 2 }
  }

  @Test(arguments: 0..<60) func convolutionsAgreeWithTheirDefinition(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    try expectAgreement(RandomConvolution(&generator), &generator)
  }

  @Test(arguments: 0..<60) func depthwiseConvolutionsAgreeWithTheirDefinition(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(3000 + seed))
    try expectAgreement(RandomConvolution(depthwise: &generator), &generator)
  }

  @Test(arguments: 0..<6) func pointwiseConvolutionsAgreeWithTheirDefinition(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(4000 + seed))
    try expectAgreement(RandomConvolution(pointwise: &generator), &generator)
  }

  private func expectAgreement(_ random: RandomConvolution, _ generator: inout SeededGenerator) throws {
    let weights = randomWeights(random.table, &generator)
    let images = randomImages(2, random.input, &generator)
    let terms = random.terms + (random.form.addsSecondInput ? random.input.channels * 49 : 0)
    try expectAgreement(random.table, weights, images, tap: "main", terms: terms)
  }

  /// A number that is none must reach the outputs that take it in, and no others: it is a sign of broken input.
  @Test(arguments: [(1, 1), (3, 1), (3, 4), (5, 4)]) func notANumberPassesThroughRelu(kernel: Int, groups: Int) throws {
    var generator = SeededGenerator(seed: 5)
    let form = NetworkTable.Convolution(
      outputs: 4, window: .init(kernel: kernel, stride: 1, padding: kernel / 2), groups: groups, activation: .relu)
    let table = NetworkTable(
      inputChannels: 4, nodes: [.init("main", .convolution(form), inputs: [NetworkTable.input])])
    let shape = FeatureShape(channels: 4, height: 19, width: 21)
    var values = randomValues(shape.count, 1, &generator)
    values[(1 * 19 + 9) * 21 + 17] = .nan
    let network = try OpenBLASEngine().compile(
      table, weights: randomWeights(table, &generator), input: shape, precision: .float32, taps: ["main"])
    let found = try network.run(FeatureMap(batch: 1, shape: shape, values))[0].values
    for index in found.indices {
      let (channel, y, x) = (index / (19 * 21), index / 21 % 19, index % 21)
      let reached = (groups == 1 || channel == 1) && max(abs(y - 9), abs(x - 17)) <= kernel / 2
      #expect(found[index].isNaN == reached, "channel \(channel), row \(y), column \(x)")
    }
  }

  @Test(arguments: 0..<20) func poolsAgreeWithTheirDefinition(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(1000 + seed))
    let kernel = 1 + generator.next(below: 5)
    let window = NetworkTable.Window(
      kernel: kernel, stride: 1 + generator.next(below: 3), padding: generator.next(below: kernel / 2 + 1))
    let input = FeatureShape(
      channels: 1 + generator.next(below: 37), height: kernel + generator.next(below: 30),
      width: kernel + generator.next(below: 30))
    // All numbers below 0: padding that wins a maximum would show.
    let images = FeatureMap(batch: 2, shape: input, randomValues(2 * input.count, 1, &generator).map { $0 - 1.5 })
    for operation in [NetworkTable.Operation.maxPool(window), .averagePool(window)] {
      let table = NetworkTable(
        inputChannels: input.channels, nodes: [.init("pool", operation, inputs: [NetworkTable.input])])
      try expectAgreement(table, NetworkWeights([:]), images, tap: "pool", terms: kernel * kernel)
    }
  }

  @Test(arguments: 0..<12) func otherOperationsAgreeWithTheirDefinition(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(2000 + seed))
    let input = FeatureShape(
      channels: 1 + generator.next(below: 37), height: 1 + generator.next(below: 30),
      width: 1 + generator.next(below: 30))
    let activation: NetworkTable.Activation = seed % 2 == 0 ? .relu : .none
    let table = NetworkTable(
      inputChannels: input.channels,
      nodes: [
        .init("scale", .scale(activation: activation), inputs: [NetworkTable.input]),
        .init("add", .add(activation: activation), inputs: ["scale", NetworkTable.input]),
        .init("activation", .activation(activation), inputs: [NetworkTable.input]),
        .init("double", .add(activation: .none), inputs: ["add", "add"]),
        .init("join", .concatenate, inputs: ["scale", NetworkTable.input, "activation", "double", "scale"]),
      ])
    let weights = randomWeights(table, &generator)
    let images = randomImages(2, input, &generator)
    for tap in table.nodes.map(\.name) { try expectAgreement(table, weights, images, tap: tap, terms: 4) }
  }

  /// Compares every engine with the definition, number by number.
  private func expectAgreement(
    _ table: NetworkTable, _ weights: NetworkWeights, _ images: FeatureMap, tap: String, terms: Int
  ) throws {
    for engine in testEngines() {
      let network = try engine.compile(
        table, weights: weights, input: images.shape, precision: .float32, taps: [tap])
      let found = try network.run(images)[0]
      for image in 0..<images.batch {
        let maps = NaiveNetwork.run(table, weights, image: images.image(image).values, shape: images.shape)
        let expected = try #require(maps[tap])
        try #require(found.shape == network.outputs[0])
        try #require(
          [found.channels, found.height, found.width] == [expected.channels, expected.height, expected.width])
        let scale = Self.roundingsPerTerm * Double(terms).squareRoot() * 0x1p-24
        var worst = 0.0
        for (value, index) in zip(found.image(image).values, expected.values.indices) {
          let error = abs(Double(value) - expected.values[index])
          let tolerances = error / (expected.magnitudes[index] * scale + Double(Float.leastNormalMagnitude))
          worst = tolerances.isNaN ? .infinity : max(worst, tolerances)
        }
        #expect(worst <= 1, "\(engine.kind): \(worst) times the tolerance for \(table.nodes.map(\.operation))")
      }
    }
  }
}
