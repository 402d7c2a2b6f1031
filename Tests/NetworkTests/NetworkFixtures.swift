import ConvNet
import Foundation
import PatchCore
import TensorFiles

/// The numbers of the scripts that make goldens: weights and inputs from a hash of (tensor name, element index).
enum HashedNumbers {
  /// `count` numbers in [0, 1) with 24 bits: SplitMix64 of the index, begun at the FNV-1a hash of the name.
  static func units(_ name: String, _ count: Int) -> [Double] {
    var state: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in name.utf8 { state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    return (1...UInt64(count)).map { index in
      var z = state &+ index &* 0x9E37_79B9_7F4A_7C15
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      z ^= z >> 31
      return Double(z >> 40) * 0x1p-24
    }
  }

  /// One tensor of a checkpoint; `closing` is the norm that ends a block, `bn2` or `bn3`.
  static func parameter(_ name: String, _ shape: [Int], closing: String) -> Tensor {
    let units = units(name, shape.reduce(1, *))
    let values: [Double]
    if shape.count == 4 {
      let limit = (6 / Double(shape[1] * shape[2] * shape[3])).squareRoot()
      values = units.map { (2 * $0 - 1) * limit }
    } else if name.hasSuffix("running_var") {
      values = units.map { 0.5 + $0 }
    } else if name.hasSuffix("running_mean") || name.hasSuffix(".bias") {
      values = units.map { (2 * $0 - 1) * 0.25 }
    } else if name.hasSuffix(".\(closing).weight") {
      values = units.map { (0.75 + 0.5 * $0) * 0.25 }
    } else {
      values = units.map { 0.75 + 0.5 * $0 }
    }
    return Tensor(values.map { Float($0) }, shape: shape)
  }

  /// A checkpoint of the tensors that the given layers need.
  static func checkpoint(_ network: ResNet, layers: [String]) throws -> [String: Tensor] {
    try checkpoint(network.architecture, layers: layers)
  }

  /// A checkpoint of the tensors that the given layers need.
  static func checkpoint(_ architecture: NetworkArchitecture, layers: [String]) throws -> [String: Tensor] {
    let closing = ["resnet18", "resnet34"].contains(architecture.name) ? "bn2" : "bn3"
    var tensors: [String: Tensor] = [:]
    for expected in try architecture.pruned(to: layers).expectedTensors() {
      tensors[expected.name] = parameter(expected.name, expected.shape, closing: closing)
    }
    return tensors
  }

  /// A checkpoint of the compact network, convolutions in float16 as in the package's own file.
  static func compactCheckpoint() -> [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    for expected in CompactNetwork.architecture.expectedTensors() {
      let shape = expected.shape
      tensors[expected.name] =
        if shape.count == 4 {
          halves(
            units(expected.name, shape.reduce(1, *)).map {
              Float16((2 * $0 - 1) * (6 / Double(shape[1] * shape[2] * shape[3])).squareRoot())
            }, shape: shape)
        } else {
          parameter(expected.name, shape, closing: "none")
        }
    }
    return tensors
  }

  /// A float16 tensor.
  static func halves(_ values: [Float16], shape: [Int]) -> Tensor {
    let storage = TensorStorage(byteCount: values.count * 2)
    values.withUnsafeBytes { storage.mutableBytes.copyMemory(from: $0) }
    return Tensor(elementType: .float16, shape: shape, storage: storage)
  }

  /// A batch of images in [-2, 2).
  static func images(_ name: String, batch: Int, height: Int, width: Int) -> FeatureMap {
    let shape = FeatureShape(channels: 3, height: height, width: width)
    return FeatureMap(batch: batch, shape: shape, units(name, batch * shape.count).map { Float((2 * $0 - 1) * 2) })
  }
}

/// The value, or an error that names what is missing.
func required<T>(_ value: T?, _ name: String) throws -> T {
  guard let value else { throw PatchCoreError(.invalidConfiguration, "nothing is called \(name)") }
  return value
}

extension NaiveNetwork {
  /// One node's output for a whole batch, in NCHW order.
  static func run(
    _ table: NetworkTable, _ weights: NetworkWeights, batch images: FeatureMap
  ) -> [String: (values: [Double], shape: FeatureShape)] {
    var outputs: [String: (values: [Double], shape: FeatureShape)] = [:]
    for image in 0..<images.batch {
      let values = images.withUnsafeBufferPointer {
        Array($0[image * images.shape.count..<(image + 1) * images.shape.count])
      }
      for (node, map) in run(table, weights, image: values, shape: images.shape) {
        let shape = FeatureShape(channels: map.channels, height: map.height, width: map.width)
        outputs[node, default: ([], shape)].values += map.values
      }
    }
    return outputs
  }
}

/// What PyTorch computed for one network.
struct NetworkGoldens {
  /// An input, as a script names it, and which of its outputs are kept.
  struct Input: Sendable, CustomStringConvertible {
    /// Of every channel.
    static let square = Input(name: "square", batch: 1, height: 32, width: 32, step: 1)
    static let wide = Input(name: "wide", batch: 4, height: 24, width: 40, step: 4)
    /// The inputs of `make_resnet_goldens.py` and `make_compact_goldens.py`.
    static let complete = [square, wide]
    /// The inputs of `make_network_goldens.py`.
    static let sampled = [
      Input(name: "square", batch: 1, height: 32, width: 32, step: 4),
      Input(name: "odd", batch: 4, height: 36, width: 44, step: 16),
    ]

    var name: String
    var batch: Int
    var height: Int
    var width: Int
    /// The golden holds the channels c of image i with c mod `step` = i.
    var step: Int

    var images: FeatureMap { HashedNumbers.images(name, batch: batch, height: height, width: width) }

    func keeps(channel: Int, ofImage image: Int) -> Bool { channel % step == image }

    var description: String { name }
  }

  static let layers = ["layer1", "layer2", "layer3", "layer4"]

  private let tensors: [String: Tensor]

  init(fixture: String) throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures/\(fixture)")
    tensors = try TensorFile.tensors(contentsOf: file.path)
  }

  /// The relative L2 distance of a layer's map from PyTorch's, over the channels that the golden holds.
  func error(of values: [Double], batch: Int, shape: FeatureShape, layer: String, _ input: Input) throws -> Double {
    let golden = try required(tensors["\(input.name).\(layer)"], layer)
    let channels = golden.shape[1]
    let expected = golden.floats()
    guard golden.shape == [batch, channels, shape.height, shape.width] else { return .infinity }
    var (difference, norm, next) = (0.0, 0.0, 0)
    for image in 0..<batch {
      for channel in 0..<shape.channels where input.keeps(channel: channel, ofImage: image) {
        for place in 0..<shape.height * shape.width {
          let value = values[(image * shape.channels + channel) * shape.height * shape.width + place]
          difference += (value - Double(expected[next])) * (value - Double(expected[next]))
          norm += Double(expected[next]) * Double(expected[next])
          next += 1
        }
      }
    }
    return next == expected.count ? (difference / norm).squareRoot() : .infinity
  }
}
