import ConvNet
import Extractors
import Foundation
import PatchCore
import TensorFiles
import Testing

/// The compact network against the same network in PyTorch, and the weights in the program.
@Suite struct CompactNetworkTests {
  /// The agreement asked for.
  ///
  /// PyTorch's own float32 differs by 7.8e-7.
  static let tolerance = 1e-5

  /// Plain loops in double precision differ by the rounding of the goldens alone; float32 has a relative 6e-8.
  static let naiveTolerance = 1e-7

  /// What the package may add to a program, in bytes.
  static let largestFile = 2_000_000

  static let layers = ["layer1", "layer2", "layer3"]

  private static func hashedWeights() throws -> NetworkWeights {
    try CheckpointLoader(architecture: CompactNetwork.architecture, layers: layers)
      .load(HashedNumbers.compactCheckpoint(), file: "hashed").weights
  }

  @Test(arguments: NetworkGoldenTests.engines)
  func enginesAgreeWithPyTorch(_ engine: ComputeSettings.Engine) throws {
    let goldens = try NetworkGoldens(fixture: "compact-goldens.safetensors")
    let extractor = try NetworkExtractor(
      architecture: CompactNetwork.architecture, layers: Self.layers, parameters: try Self.hashedWeights(),
      weights: WeightsOrigin(name: "hashed"), compute: ComputeSettings(engine: engine))
    for input in NetworkGoldens.Input.complete {
      for (layer, map) in zip(Self.layers, try extractor.extract(input.images)) {
        let error = try goldens.error(
          of: map.values.map { Double($0) }, batch: map.batch, shape: map.shape, layer: layer, input)
        #expect(error <= Self.tolerance, "\(engine) \(input) \(layer)")
      }
    }
  }

  /// The table without an engine: if only the test above fails, the engine is at fault.
  @Test func plainLoopsAgreeWithPyTorch() throws {
    let goldens = try NetworkGoldens(fixture: "compact-goldens.safetensors")
    let architecture = CompactNetwork.architecture
    let weights = try Self.hashedWeights()
    for input in NetworkGoldens.Input.complete {
      let images = input.images
      let maps = NaiveNetwork.run(architecture.table, weights, batch: images)
      for (layer, tap) in zip(Self.layers, try architecture.taps(for: Self.layers)) {
        let map = try required(maps[tap], tap)
        let error = try goldens.error(of: map.values, batch: images.batch, shape: map.shape, layer: layer, input)
        #expect(error <= Self.naiveTolerance, "\(input) \(layer)")
      }
    }
  }

  /// Every finite float16, the subnormal ones too, is the same number in float32.
  @Test func halvesAreWidenedExactly() throws {
    var builder = [String: Tensor]()
    let finite = (0...UInt16.max).filter { $0 & 0x7C00 != 0x7C00 }
    builder["wide.weight"] = HashedNumbers.halves(
      finite.map { Float16(bitPattern: $0) }, shape: [finite.count, 1, 1, 1])
    builder["wide.bias"] = Tensor([Float](repeating: 0, count: finite.count), shape: [finite.count])
    let architecture = NetworkArchitecture(
      name: "wide",
      table: NetworkTable(
        inputChannels: 1,
        nodes: [.init("wide", .convolution(.init(outputs: finite.count, window: .init(kernel: 1))), inputs: ["input"])]),
      layers: [.init(name: "layer", node: "wide")],
      sources: ["wide": .init(convolution: "wide", hasBias: true, batchNorm: nil)])
    let loaded = try CheckpointLoader(architecture: architecture, layers: ["layer"]).load(builder, file: "memory")
    let values = try required(loaded.weights.parameters["wide"], "wide").weight.floats()
    for (bits, value) in zip(finite, values) {
      let exponent = Int(bits >> 10 & 0x1F), fraction = Double(bits & 0x3FF)
      // 10 bits of fraction, exponents from -14; subnormal numbers have no leading 1.
      let size = exponent == 0 ? fraction * 0x1p-24 : (1024 + fraction) * 0x1p-25 * Double(1 << exponent)
      #expect(value == Float(bits & 0x8000 == 0 ? size : -size))
    }
  }

  // MARK: The file in the program

  @Test func theFileInTheProgramIsTheRepositorys() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Plugins/Extractors/CCompactWeights/compact.safetensors")
    #expect(try Data(contentsOf: file).count <= Self.largestFile)
    let origin = CompactNetwork.embeddedOrigin
    #expect(origin == WeightsOrigin(name: "compact (embedded)", digest: try Digest.sha256(ofFile: file.path)))
  }

  /// It holds the network and nothing else, convolutions in float16, and says how it was made.
  @Test func theFileInTheProgramIsComplete() throws {
    let file = try CompactNetwork.embeddedWeights()
    let expected = CompactNetwork.architecture.expectedTensors()
    #expect(Set(file.names) == Set(expected.map(\.name)))
    for tensor in expected {
      #expect(file.tensors[tensor.name]?.elementType == (tensor.shape.count == 4 ? .float16 : .float32))
    }
    for key in ["teacher", "drawn_images", "licence"] { #expect(file.metadata[key]?.isEmpty == false, "\(key)") }
  }

  @Test func theFileInTheProgramIsNotCopied() throws {
    let tensors = try CompactNetwork.embeddedWeights().tensors.values
    #expect(Set(tensors.map { ObjectIdentifier($0.storage) }).count == 1)
    #expect(tensors.first?.storage.bytes.baseAddress.map { Int(bitPattern: $0) % TensorStorage.alignment } == 0)
  }
}
