#if OneDNN
import Compute
import ConvNet
import Foundation
import PatchCore
import TensorFiles
import Testing

/// Layers in bfloat16 and in int8 against PyTorch, which rounds the same numbers and adds exactly.
@Suite struct PrecisionGoldenTests {
  /// Numbers that are an 8-bit step off, where the engine's float32 sum falls on the other side of a rounding.
  static let shareOfSteps = 0.001

  /// Numbers that another bfloat16 neighbour was chosen for, and those behind them.
  static let shareOfNeighbours = 0.02

  /// The relative L2 distance that such neighbours make; one rounding of all numbers would make 1.7e-3.
  static let bfloat16Tolerance = 8e-4

  /// The tables in make_precision_goldens.py.
  static let limits: [String: Float] = ["stem": 1.37, "a": 1, "shortcut": 1.25, "b": 1.5, "c": 1]
  static let nodes = ["stem", "a", "shortcut", "b", "c"]
  static let input = FeatureShape(channels: 3, height: 12, width: 12)

  static let table: NetworkTable = {
    func convolution(
      _ outputs: Int, _ kernel: Int, stride: Int = 1, adds: Bool = false, relu: Bool = true
    ) -> NetworkTable.Operation {
      .convolution(
        .init(
          outputs: outputs, window: .init(kernel: kernel, stride: stride, padding: kernel / 2), addsSecondInput: adds,
          activation: relu ? .relu : .none))
    }
    return NetworkTable(nodes: [
      .init("stem", convolution(16, 1), inputs: [NetworkTable.input]),
      .init("a", convolution(24, 3), inputs: ["stem"]),
      .init("shortcut", convolution(32, 1, relu: false), inputs: ["stem"]),
      .init("b", convolution(32, 1, adds: true), inputs: ["a", "shortcut"]),
      .init("c", convolution(20, 3, stride: 2, relu: false), inputs: ["b"]),
    ])
  }()

  static func sixteenths(_ values: [Double]) -> [Float] {
    values.map { Float(((2 * $0 - 1) * 16).rounded(.toNearestOrEven) / 16) }
  }

  static var weights: NetworkWeights {
    var parameters: [String: NetworkWeights.Parameters] = [:]
    for (name, shape) in table.weightShapes() {
      let weight = HashedNumbers.units("\(name).weight", shape.reduce(1, *))
      let bias = HashedNumbers.units("\(name).bias", shape[0])
      let factor = (3 / Double(shape.dropFirst().reduce(1, *))).squareRoot()
      let isStem = name == "stem"
      parameters[name] = NetworkWeights.Parameters(
        weight: Tensor(isStem ? sixteenths(weight) : weight.map { Float((2 * $0 - 1) * factor) }, shape: shape),
        bias: Tensor(
          bias.map { Float(isStem ? ((2 * $0 - 1) * 4).rounded(.toNearestOrEven) / 16 : (2 * $0 - 1) / 4) },
          shape: [shape[0]]))
    }
    return NetworkWeights(parameters)
  }

  static var image: FeatureMap {
    FeatureMap(batch: 1, shape: input, sixteenths(HashedNumbers.units("precision.image", input.count)))
  }

  private func golden(_ kind: String) throws -> [String: [Float]] {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures/precision-goldens.safetensors")
    let tensors = try TensorFile.tensors(contentsOf: file.path)
    return try Dictionary(
      uniqueKeysWithValues: Self.nodes.map { ($0, try required(tensors["\(kind).\($0)"], $0).floats()) })
  }

  private func computed(_ precision: NetworkPrecision) throws -> [String: [Float]] {
    let network = try OneDNNEngine().compile(
      Self.table, weights: Self.weights, input: Self.input, precision: precision, taps: Self.nodes)
    return Dictionary(uniqueKeysWithValues: zip(Self.nodes, try network.run(Self.image).map(\.values)))
  }

  @Test func bfloat16LayersAgreeWithPyTorch() throws {
    let found = try computed(.bfloat16)
    for (node, expected) in try golden("bfloat16") {
      let values = try #require(found[node])
      try #require(values.count == expected.count)
      #expect(values.allSatisfy { $0.bitPattern & 0xFFFF == 0 }, "\(node): bfloat16 numbers")
      let error = relativeError(values, expected.map(Double.init))
      #expect(error <= Self.bfloat16Tolerance, "\(node): \(error)")
      let others = zip(values, expected).count { $0 != $1 }
      #expect(Double(others) <= Self.shareOfNeighbours * Double(values.count), "\(node): \(others) of \(values.count)")
    }
  }

  @Test func int8LayersAgreeWithPyTorch() throws {
    let found = try computed(.int8(ActivationRanges(Self.limits)))
    for (node, expected) in try golden("int8") {
      let values = try #require(found[node])
      try #require(values.count == expected.count)
      let limit = try #require(Self.limits[node])
      let step = limit / (["shortcut", "c"].contains(node) ? 127 : 255)
      // What is written in float32 is off by its sums' roundings; a step off before it is far more than this.
      let tolerance = 1e-5 * limit
      let others = zip(values, expected).count { abs($0 - $1) > tolerance }
      #expect(Double(others) <= Self.shareOfSteps * Double(values.count), "\(node): \(others) of \(values.count)")
      #expect(zip(values, expected).allSatisfy { abs($0 - $1) <= 1.01 * step }, "\(node): more than a step")
    }
  }

  /// A network in int8 that were one in float32 would pass the bounds of whole networks, but not this.
  @Test func int8NumbersAreStepsOfTheirScale() throws {
    let found = try #require(try computed(.int8(ActivationRanges(Self.limits)))["b"])
    let step = 1.5 / Float(255)
    #expect(found.allSatisfy { abs($0 / step - ($0 / step).rounded()) < 1e-3 })
    #expect(found.max() == 1.5)
    #expect(Set(found).count > 100)
  }
}
#endif
