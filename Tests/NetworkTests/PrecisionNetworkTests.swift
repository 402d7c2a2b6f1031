#if OneDNN
import Compute
import ConvNet
import Foundation
import PatchCore
import Testing

/// Whole networks in every precision: how far from their definition, and the same bytes however they are run.
///
/// Serialised because the number of threads is one setting of the program.
@Suite(.serialized) struct PrecisionNetworkTests {
  /// The relative L2 distance from float64 that each precision is allowed on `EngineNetworkTests.table`.
  ///
  /// The roundings of 8 bits of mantissa and of 8-bit steps add up over 16 operations.
  static let bfloat16Tolerance = 1e-2
  static let int8Tolerance = 5e-2

  /// The relative L2 distance of three Winograd convolutions from float64.
  ///
  /// Tiles of 4 x 4 outputs multiply by up to 8 and add up, so rounding errors are some ten times those of direct
  /// convolutions.
  static let winogradTolerance = 1e-5

  /// The relative L2 distance of three such convolutions in bfloat16 from float64.
  ///
  /// Transformed numbers are rounded once more, and stand for sums: one and a half times a direct convolution's error.
  static let bfloat16WinogradTolerance = 1e-2

  static let table = EngineNetworkTests.table
  static let names = EngineNetworkTests.names

  /// Three 3x3 convolutions of stride 1 with as many channels as Winograd kernels are made for.
  static let square: NetworkTable = {
    func node(_ name: String, _ input: String, adds: String? = nil) -> NetworkTable.Node {
      .init(
        name,
        .convolution(
          .init(
            outputs: 64, window: .init(kernel: 3, stride: 1, padding: 1), addsSecondInput: adds != nil,
            activation: .relu)), inputs: [input] + (adds.map { [$0] } ?? []))
    }
    return NetworkTable(
      inputChannels: 64,
      nodes: [node("a", NetworkTable.input), node("b", "a"), node("c", "b", adds: "a")])
  }()
  static let squareInput = FeatureShape(channels: 64, height: 28, width: 28)

  let weights: NetworkWeights
  let images: FeatureMap
  let squareWeights: NetworkWeights
  let squareImages: FeatureMap

  init() {
    var generator = SeededGenerator(seed: 23)
    weights = randomWeights(Self.table, &generator)
    images = randomImages(3, EngineNetworkTests.input, &generator)
    squareWeights = randomWeights(Self.square, &generator)
    squareImages = randomImages(2, Self.squareInput, &generator)
  }

  private func ranges(
    _ table: NetworkTable, _ weights: NetworkWeights, _ images: FeatureMap
  ) throws -> ActivationRanges {
    var calibration = ActivationCalibration(table.pruned(to: ["relu"]), weights: weights, engine: OneDNNEngine())
    try calibration.observe(images)
    return calibration.ranges()
  }

  private func compile(_ precision: NetworkPrecision, taps: [String] = names) throws -> any CompiledNetwork {
    try OneDNNEngine().compile(
      Self.table, weights: weights, input: EngineNetworkTests.input, precision: precision, taps: taps)
  }

  private func squareNetwork(_ precision: NetworkPrecision) throws -> any CompiledNetwork {
    try OneDNNEngine().compile(
      Self.square, weights: squareWeights, input: Self.squareInput, precision: precision, taps: ["a", "b", "c"])
  }

  @Test func everyNodeIsWithinItsPrecision() throws {
    let expected = NaiveNetwork.run(Self.table, weights, image: images.image(0).values, shape: EngineNetworkTests.input)
    let ranges = try ranges(Self.table, weights, images)
    for (precision, tolerance) in [
      (NetworkPrecision.bfloat16, Self.bfloat16Tolerance), (.int8(ranges), Self.int8Tolerance),
    ] {
      let found = try compile(precision).run(images.image(0))
      var worst = 0.0
      for (name, map) in zip(Self.names, found) {
        let error = relativeError(map.values, try #require(expected[name]).values)
        worst = max(worst, error)
        #expect(error <= tolerance, "\(precision), \(name): \(error)")
      }
      // A precision that were float32 in disguise would be a thousand times closer.
      #expect(worst > tolerance / 20, "\(precision): \(worst)")
    }
  }

  @Test func winogradIsWithinItsBoundAndInUse() throws {
    let direct = try squareNetwork(.float32).run(squareImages)
    let winograd = try squareNetwork(.winograd).run(squareImages)
    let expected = NaiveNetwork.run(
      Self.square, squareWeights, image: squareImages.image(0).values, shape: Self.squareInput)
    for (index, name) in ["a", "b", "c"].enumerated() {
      let values = try #require(expected[name]).values
      let errors = [direct, winograd].map { relativeError($0[index].image(0).values, values) }
      #expect(errors[0] <= EngineNetworkTests.relativeTolerance)
      #expect(errors[1] <= Self.winogradTolerance, "\(name): \(errors[1])")
    }
    // Processors without AVX-512 have no Winograd kernel; this one's other results would be the same bits.
    if direct[0].bits == winograd[0].bits { #expect(!Self.hasAVX512, "Winograd's algorithm is not in use") }
  }

  @Test func bfloat16WinogradIsWithinItsBoundAndInUse() throws {
    let direct = try squareNetwork(.bfloat16).run(squareImages)
    let winograd = try squareNetwork(.bfloat16Winograd).run(squareImages)
    let expected = NaiveNetwork.run(
      Self.square, squareWeights, image: squareImages.image(0).values, shape: Self.squareInput)
    for (index, name) in ["a", "b", "c"].enumerated() {
      let error = relativeError(winograd[index].image(0).values, try #require(expected[name]).values)
      #expect(error <= Self.bfloat16WinogradTolerance, "\(name): \(error)")
    }
    if direct[0].bits == winograd[0].bits { #expect(!Self.has("avx512_bf16"), "Winograd's algorithm is not in use") }
  }

  /// Maps of one tile and of many, even and odd, with and without an activation and a second input.
  @Test(arguments: [(1, 1), (2, 3), (5, 9), (13, 4), (20, 31)])
  func bfloat16WinogradComputesEverySize(height: Int, width: Int) throws {
    var generator = SeededGenerator(seed: UInt64(height))
    func convolution(_ outputs: Int, adds: Bool, relu: Bool) -> NetworkTable.Operation {
      .convolution(
        .init(
          outputs: outputs, window: .init(kernel: 3, stride: 1, padding: 1), addsSecondInput: adds,
          activation: relu ? .relu : .none))
    }
    let table = NetworkTable(
      inputChannels: 48,
      nodes: [
        .init("a", convolution(128, adds: false, relu: false), inputs: [NetworkTable.input]),
        .init("b", convolution(128, adds: true, relu: true), inputs: ["a", "a"]),
        .init("c", convolution(128, adds: true, relu: false), inputs: ["b", "a"]),
      ])
    let weights = randomWeights(table, &generator)
    let image = randomImages(1, FeatureShape(channels: 48, height: height, width: width), &generator)
    let expected = NaiveNetwork.run(table, weights, image: image.values, shape: image.shape)
    let found = try OneDNNEngine().compile(
      table, weights: weights, input: image.shape, precision: .bfloat16Winograd, taps: ["a", "b", "c"]
    ).run(image)
    for (name, map) in zip(["a", "b", "c"], found) {
      let error = relativeError(map.values, try #require(expected[name]).values)
      #expect(error <= Self.bfloat16WinogradTolerance, "\(name): \(error)")
    }
  }

  private static let hasAVX512 = has("avx512f")

  /// Whether the system describes the first processor as having something.
  private static func has(_ feature: String) -> Bool {
    guard let file = fopen("/proc/cpuinfo", "r") else { return false }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 1 << 16)
    while fgets(&line, Int32(line.count), file) != nil {
      let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      if text.hasPrefix("flags") { return text.contains(" \(feature)") }
    }
    return false
  }

  @Test func theNumberOfThreadsChangesNoByte() throws {
    let before = ThreadCount.current
    defer { ThreadCount.set(before) }
    let ranges = try ranges(Self.table, weights, images)
    for precision in [NetworkPrecision.bfloat16, .int8(ranges), .winograd, .bfloat16Winograd] {
      ThreadCount.set(1)
      let expected = try compile(precision).run(images).map(\.bits)
      let squares = try squareNetwork(precision.isWinograd ? precision : .bfloat16).run(squareImages).map(\.bits)
      for threads in [2, 3] {
        ThreadCount.set(threads)
        let wide = try compile(precision)
        #expect(try wide.run(images).map(\.bits) == expected, "\(precision), \(threads) threads")
        let single = try wide.run(images.image(2)).map(\.bits)
        let counts = wide.outputs.map(\.count)
        #expect(single == zip(expected, counts).map { Array($0[(2 * $1)...]) }, "\(precision), \(threads) threads")
        let square = try squareNetwork(precision.isWinograd ? precision : .bfloat16)
        #expect(try square.run(squareImages).map(\.bits) == squares, "\(precision), \(threads) threads")
        let first = try square.run(squareImages.image(0)).map(\.bits)
        #expect(first == squares.map { Array($0.prefix(Self.squareInput.count)) }, "\(precision), \(threads) threads")
      }
    }
  }

  @Test(arguments: 0..<16) func theNumberOfThreadsChangesNoByteOfALayer(seed: Int) throws {
    let before = ThreadCount.current
    defer { ThreadCount.set(before) }
    var generator = SeededGenerator(seed: UInt64(5000 + seed))
    // The sizes of real layers, where work is divided among threads and long sums are cut into pieces.
    let channels = [64, 128, 256, 512, 1024][generator.next(below: 5)]
    let size = [14, 28, 31][generator.next(below: 3)]
    let kernel = channels > 256 ? 1 : [1, 3][generator.next(below: 2)]
    func convolution(_ outputs: Int, _ kernel: Int, _ stride: Int, relu: Bool = true) -> NetworkTable.Operation {
      .convolution(
        .init(
          outputs: outputs, window: .init(kernel: kernel, stride: stride, padding: kernel / 2),
          activation: relu ? .relu : .none))
    }
    let table = NetworkTable(
      inputChannels: 8,
      nodes: [
        .init("stem", convolution(channels, 1, 1), inputs: [NetworkTable.input]),
        .init(
          "layer", convolution([64, 100, 256][generator.next(below: 3)], kernel, 1 + generator.next(below: 2)),
          inputs: ["stem"]),
        .init("end", convolution(32, 1, 1, relu: false), inputs: ["layer"]),
      ])
    let weights = randomWeights(table, &generator)
    let shape = FeatureShape(channels: 8, height: size, width: size)
    let image = randomImages(1, shape, &generator)
    var calibration = ActivationCalibration(table, weights: weights, engine: OneDNNEngine())
    try calibration.observe(image)
    for precision in [NetworkPrecision.bfloat16, .int8(calibration.ranges()), .winograd, .bfloat16Winograd] {
      let results = try [1, 2, 4].map { threads in
        ThreadCount.set(threads)
        let network = try OneDNNEngine().compile(
          table, weights: weights, input: shape, precision: precision, taps: ["layer", "end"])
        return try network.run(image).map(\.bits)
      }
      #expect(results[0] == results[1] && results[0] == results[2], "\(precision): \(table.nodes[1].operation)")
    }
  }

  @Test func calibrationDependsNeitherOnThreadsNorOnBatches() throws {
    let before = ThreadCount.current
    defer { ThreadCount.set(before) }
    ThreadCount.set(1)
    let expected = try ranges(Self.table, weights, images)
    ThreadCount.set(2)
    #expect(try ranges(Self.table, weights, images) == expected)
    let table = Self.table.pruned(to: ["relu"])
    var calibration = ActivationCalibration(table, weights: weights, engine: OneDNNEngine())
    for image in 0..<images.batch { try calibration.observe(images.image(image)) }
    #expect(calibration.ranges() == expected)
    #expect(Set(expected.limits.keys) == Set(table.nodes.map(\.name)))
  }

  /// Defects give larger numbers than good parts do: there is room for half as much again.
  @Test func limitsLeaveRoomForLargerNumbers() throws {
    let table = NetworkTable(
      inputChannels: 1, nodes: [.init("relu", .activation(.relu), inputs: [NetworkTable.input])])
    var calibration = ActivationCalibration(table, weights: NetworkWeights([:]), engine: OpenBLASEngine())
    let shape = FeatureShape(channels: 1, height: 1, width: 3)
    try calibration.observe(FeatureMap(batch: 1, shape: shape, [0, -8, -1]))
    #expect(calibration.ranges().limits == ["relu": 1], "only zeros")
    try calibration.observe(FeatureMap(batch: 1, shape: shape, [0, 2, -8]))
    try calibration.observe(FeatureMap(batch: 1, shape: shape, [1, 0.5, 0]))
    #expect(calibration.ranges().limits == ["relu": 3])
    let error = #expect(throws: PatchCoreError.self) {
      try calibration.observe(FeatureMap(batch: 1, shape: shape, [1, .infinity, 0]))
    }
    #expect(error?.code == .notFinite && error?.message.contains("'relu'") == true)
  }

  @Test func mapsAreKeptFromOneImageToTheNext() throws {
    let network = try compile(.float32, taps: ["a.expand", "relu"])
    var maps: [FeatureMap] = []
    try network.run(images.image(0), into: &maps)
    let first = maps.map { $0.withUnsafeBufferPointer { $0.baseAddress } }
    try network.run(images.image(1), into: &maps)
    #expect(maps.map { $0.withUnsafeBufferPointer { $0.baseAddress } } == first)
    #expect(try maps.map(\.bits) == network.run(images.image(1)).map(\.bits))
    let kept = maps
    try network.run(images, into: &maps)
    #expect(try maps.map(\.bits) == network.run(images).map(\.bits))
    #expect(try kept.map(\.bits) == network.run(images.image(1)).map(\.bits), "copies are not written to")
  }

  @Test func rangesThatAreMissingAreNamed() throws {
    let ranges = ActivationRanges(["stem": 1])
    let error = #expect(throws: PatchCoreError.self) { try compile(.int8(ranges), taps: ["pool"]) }
    #expect(error?.code == .invalidArtifact)
    #expect(error?.message.contains("'pool'") == true)
  }

  @Test func openBLASRefusesWhatItCannotCompute() {
    for precision in [NetworkPrecision.bfloat16, .winograd, .bfloat16Winograd, .int8(ActivationRanges([:]))] {
      let error = #expect(throws: PatchCoreError.self) {
        try OpenBLASEngine().compile(
          Self.table, weights: weights, input: EngineNetworkTests.input, precision: precision, taps: ["pool"])
      }
      #expect(error?.code == .invalidConfiguration)
      #expect(error?.message.contains("engine: onednn") == true)
    }
  }
}

extension NetworkPrecision {
  fileprivate var isWinograd: Bool { self == .winograd || self == .bfloat16Winograd }
}
#endif
