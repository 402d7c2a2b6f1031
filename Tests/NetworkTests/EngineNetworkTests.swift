import Compute
import ConvNet
import Dispatch
import PatchCore
import Synchronization
import TensorFiles
import Testing

/// Whole networks on both engines: against their definition, and the same bytes however they are run.
///
/// Serialised because the number of threads is one setting of the program.
@Suite(.serialized) struct EngineNetworkTests {
  /// About 20 layers, each with relative errors of a few units in the last place (6e-8) that add up like a random
  /// walk; the worst observed is 2.5e-7.
  static let relativeTolerance = 1e-6

  static let input = FeatureShape(channels: 3, height: 45, width: 38)

  /// A small residual network with every operation; values are used again after others have been added to them.
  static let table: NetworkTable = {
    typealias Node = NetworkTable.Node
    func convolution(
      _ outputs: Int, _ kernel: Int, stride: Int = 1, groups: Int = 1, adds: Bool = false, relu: Bool = true
    ) -> NetworkTable.Operation {
      .convolution(
        .init(
          outputs: outputs, window: .init(kernel: kernel, stride: stride, padding: kernel / 2), groups: groups,
          addsSecondInput: adds, activation: relu ? .relu : .none))
    }
    return NetworkTable(nodes: [
      Node("stem", convolution(20, 7, stride: 2), inputs: [NetworkTable.input]),
      Node("pool", .maxPool(.init(kernel: 3, stride: 2, padding: 1)), inputs: ["stem"]),
      Node("a.reduce", convolution(12, 1), inputs: ["pool"]),
      Node("a.middle", convolution(12, 3), inputs: ["a.reduce"]),
      Node("a.shortcut", convolution(40, 1, relu: false), inputs: ["pool"]),
      Node("a.expand", convolution(40, 1, adds: true), inputs: ["a.middle", "a.shortcut"]),
      Node("b.depthwise", convolution(40, 3, groups: 40), inputs: ["a.expand"]),
      Node("b.expand", convolution(40, 1, adds: true), inputs: ["b.depthwise", "a.expand"]),
      // Added to after it is used again: nothing may be overwritten before its last use.
      Node("c.grouped", convolution(40, 3, groups: 4, adds: true), inputs: ["b.expand", "a.expand"]),
      Node("c.self", convolution(40, 3, adds: true), inputs: ["c.grouped", "c.grouped"]),
      Node("c.sum", .add(activation: .relu), inputs: ["c.self", "b.expand"]),
      Node("mean", .averagePool(.init(kernel: 3, stride: 1, padding: 1)), inputs: ["c.sum"]),
      Node("join", .concatenate, inputs: ["mean", "a.expand", "mean"]),
      Node("scale", .scale(activation: .relu), inputs: ["join"]),
      Node("shrink", convolution(33, 3, stride: 2, relu: false), inputs: ["scale"]),
      Node("relu", .activation(.relu), inputs: ["shrink"]),
      Node("never", convolution(8, 1), inputs: ["join"]),
    ])
  }()
  static let names = table.nodes.map(\.name).filter { $0 != "never" }

  let weights: NetworkWeights
  let images: FeatureMap

  init() {
    var generator = SeededGenerator(seed: 11)
    weights = randomWeights(Self.table, &generator)
    images = randomImages(5, Self.input, &generator)
  }

  private func compile(_ engine: any ComputeEngine, taps: [String]) throws -> any CompiledNetwork {
    try engine.compile(Self.table, weights: weights, input: Self.input, precision: .float32, taps: taps)
  }

  @Test func everyNodeAgreesWithItsDefinition() throws {
    let maps = NaiveNetwork.run(Self.table, weights, image: images.image(0).values, shape: Self.input)
    for engine in testEngines() {
      let together = try compile(engine, taps: Self.names).run(images.image(0))
      for (name, found) in zip(Self.names, together) {
        let expected = try #require(maps[name]).values
        let error = relativeError(found.values, expected)
        #expect(error < Self.relativeTolerance, "\(engine.kind), \(name)")
        let alone = try compile(engine, taps: [name]).run(images.image(0))[0]
        #expect(alone.bits == found.bits, "\(engine.kind), \(name): tapped alone or with others")
      }
    }
  }

  @Test func tapsComeInTheOrderAskedFor() throws {
    for engine in testEngines() {
      let taps = ["relu", "pool", "relu"]
      let found = try compile(engine, taps: taps).run(images)
      for (tap, map) in zip(taps, found) {
        #expect(try compile(engine, taps: [tap]).run(images)[0].bits == map.bits, "\(engine.kind), \(tap)")
      }
    }
  }

  @Test func anImageIsComputedAsIfItWereAlone() throws {
    for engine in testEngines() {
      let network = try compile(engine, taps: ["a.expand", "relu"])
      let alone = try (0..<5).map { try network.run(images.image($0)).map(\.bits) }
      for batch in [2, 5] {
        let part = FeatureMap(batch: batch, shape: Self.input, Array(images.values.prefix(batch * Self.input.count)))
        let found = try network.run(part)
        for image in 0..<batch {
          #expect(found.map { $0.image(image).bits } == alone[image], "\(engine.kind), image \(image) of \(batch)")
        }
      }
    }
  }

  @Test func emptyBatchesGiveEmptyOutputs() throws {
    for engine in testEngines() {
      let found = try compile(engine, taps: ["relu"]).run(FeatureMap(batch: 0, shape: Self.input))
      #expect(found[0].batch == 0 && found[0].values.isEmpty, "\(engine.kind)")
    }
  }

  @Test func theNumberOfThreadsChangesNoByte() throws {
    let before = ThreadCount.current
    defer { ThreadCount.set(before) }
    for engine in testEngines() {
      ThreadCount.set(1)
      let narrow = try compile(engine, taps: Self.names)
      let expected = try narrow.run(images).map(\.bits)
      for threads in [2, 3] {
        ThreadCount.set(threads)
        let wide = try compile(engine, taps: Self.names)
        #expect(try wide.run(images).map(\.bits) == expected, "\(engine.kind), \(threads) threads")
        let single = try wide.run(images.image(3)).map(\.bits)
        #expect(try single == narrow.run(images.image(3)).map(\.bits), "\(engine.kind), \(threads) threads")
        ThreadCount.set(1)
        #expect(try single == wide.run(images.image(3)).map(\.bits), "\(engine.kind), then one thread")
      }
    }
  }

  @Test(arguments: 0..<12) func theNumberOfThreadsChangesNoByteOfALayer(seed: Int) throws {
    let before = ThreadCount.current
    defer { ThreadCount.set(before) }
    var generator = SeededGenerator(seed: UInt64(3000 + seed))
    // The sizes of real layers, where work is divided among threads and long sums are cut into pieces.
    let channels = [64, 128, 256, 512, 1024, 130][generator.next(below: 6)]
    let size = [14, 28, 31][generator.next(below: 3)]
    let kernel = channels > 256 ? 1 : [1, 3][generator.next(below: 2)]
    let form = NetworkTable.Convolution(
      outputs: [64, 100, 256][generator.next(below: 3)],
      window: .init(kernel: kernel, stride: 1 + generator.next(below: 2), padding: kernel / 2), activation: .relu)
    let table = NetworkTable(
      inputChannels: channels, nodes: [.init("layer", .convolution(form), inputs: [NetworkTable.input])])
    let weights = randomWeights(table, &generator)
    let shape = FeatureShape(channels: channels, height: size, width: size)
    let image = randomImages(1, shape, &generator)
    for engine in testEngines() {
      let results = try [1, 2, 4].map { threads in
        ThreadCount.set(threads)
        let network = try engine.compile(table, weights: weights, input: shape, precision: .float32, taps: ["layer"])
        return try network.run(image)[0].bits
      }
      #expect(results[0] == results[1] && results[0] == results[2], "\(engine.kind): \(form)")
    }
  }

  @Test func eightCallsAtOnceAgree() throws {
    for engine in testEngines() {
      let network = try compile(engine, taps: ["a.expand", "relu"])
      let expected = try network.run(images).map(\.bits)
      let wrong = Mutex(0)
      DispatchQueue.concurrentPerform(iterations: 8) { call in
        for round in 0..<3 {
          // Whole batches and single images at the same time.
          let single = (call + round) % 2 == 0
          let found = try? network.run(single ? images.image(1) : images)
          let bits = found?.map { (single ? $0 : $0.image(1)).bits }
          let counts = network.outputs.map(\.count)
          let right = zip(expected, counts).map { Array($0[$1..<2 * $1]) }
          if bits != right { wrong.withLock { $0 += 1 } }
        }
      }
      #expect(wrong.withLock { $0 } == 0, "\(engine.kind)")
    }
  }

  // MARK: - Errors

  /// The error that compiling gives, on every engine.
  private func expectError(
    _ code: PatchCoreError.Code, naming part: String, _ table: NetworkTable = table, weights: NetworkWeights? = nil,
    input: FeatureShape = input, tap: String = "relu"
  ) {
    for engine in testEngines() {
      let error = #expect(throws: PatchCoreError.self) {
        try engine.compile(
          table, weights: weights ?? self.weights, input: input, precision: .float32, taps: [tap])
      }
      #expect(error?.code == code && error?.message.contains(part) == true, "\(engine.kind): \(String(describing: error))")
    }
  }

  @Test func inputsThatDoNotFitAreRefused() throws {
    let valid = NetworkTable(nodes: [
      .init("window", .convolution(.init(outputs: 4, window: .init(kernel: 7))), inputs: [NetworkTable.input])
    ])
    let small = FeatureShape(channels: 3, height: 6, width: 40)
    expectError(.shapeMismatch, naming: "'window' has a window of 7x7", valid, input: small, tap: "window")
    expectError(.shapeMismatch, naming: "3 channels", input: FeatureShape(channels: 4, height: 40, width: 40))
    for engine in testEngines() {
      let network = try compile(engine, taps: ["relu"])
      let other = FeatureMap(batch: 1, shape: FeatureShape(channels: 3, height: 38, width: 45))
      let error = #expect(throws: PatchCoreError.self) { try network.run(other) }
      #expect(error?.code == .shapeMismatch)
    }
  }

  @Test func weightsThatDoNotFitAreRefused() {
    var wrong = weights
    wrong.parameters["a.middle"]?.weight = Tensor([Float](repeating: 0, count: 12 * 12 * 9), shape: [12, 12, 9, 1])
    expectError(.shapeMismatch, naming: "'a.middle' needs a weight", weights: wrong)
    wrong = weights
    wrong.parameters["scale"]?.bias = Tensor([Float](repeating: 0, count: 12), shape: [12])
    expectError(.shapeMismatch, naming: "'scale' needs a bias", weights: wrong)
    wrong = weights
    wrong.parameters["stem"] = nil
    expectError(.invalidWeights, naming: "'stem'", weights: wrong)
  }

  @Test func malformedTablesAreRefused() {
    expectError(.invalidConfiguration, naming: "'nowhere'", tap: "nowhere")
    var table = Self.table
    table.nodes[2].inputs = ["b.expand"]
    expectError(.invalidConfiguration, naming: "'a.reduce' takes its input from 'b.expand'", table)
    table = Self.table
    table.nodes[5].inputs = ["a.middle"]
    expectError(.invalidConfiguration, naming: "'a.expand' takes 2 inputs", table)
    table = Self.table
    table.nodes[3].name = "a.reduce"
    table.nodes[5].inputs = ["a.reduce", "a.shortcut"]
    expectError(.invalidConfiguration, naming: "'a.reduce'", table)
    table = Self.table
    table.nodes[10].inputs = ["c.self", "pool"]
    expectError(.shapeMismatch, naming: "'c.sum' adds maps", table)
    table = Self.table
    table.nodes[11].operation = .averagePool(.init(kernel: 3, padding: 2))
    expectError(.invalidConfiguration, naming: "'mean' pads by 2", table)
  }
}
