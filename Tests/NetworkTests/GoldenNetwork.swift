import ConvNet
import PatchCore
import TensorFiles
import Testing

/// A network whose layers a script has computed with torchvision.
struct GoldenNetwork: Sendable, CustomTestStringConvertible {
  var fixture: String
  var architecture: NetworkArchitecture
  var inputs: [NetworkGoldens.Input]

  var testDescription: String { fixture }
  var layers: [String] { architecture.layers.map(\.name) }

  /// Folded weights from the hash.
  func weights() throws -> NetworkWeights {
    try CheckpointLoader(architecture: architecture, layers: layers)
      .load(try HashedNumbers.checkpoint(architecture, layers: layers), file: "hashed").weights
  }

  func goldens() throws -> NetworkGoldens { try NetworkGoldens(fixture: fixture) }

  /// Every network that a description can name and torchvision has, each in every form.
  static let all: [GoldenNetwork] = {
    let first: [ResNet] = [
      .resnet18, .resnet34, .resnet50, .resnet101, .resnet152, .wideResNet50x2, .wideResNet101x2,
    ]
    return first.map {
      GoldenNetwork(
        fixture: "resnet-goldens/\($0.rawValue).safetensors", architecture: $0.architecture, inputs: Input.complete)
    }
      + ResNet.allCases.filter { !first.contains($0) }.map { further($0.rawValue, $0.architecture) }
      + DenseNet.allCases.map { further($0.rawValue, $0.architecture) }
  }()

  private typealias Input = NetworkGoldens.Input

  /// A residual network whose bottlenecks stride in their first 1x1 convolution.
  static func firstConv1x1() throws -> GoldenNetwork {
    further("resnet50-first_conv1x1", try ResNet.resnet50.architecture(bottleneckStride: .firstConv1x1))
  }

  private static func further(_ name: String, _ architecture: NetworkArchitecture) -> GoldenNetwork {
    GoldenNetwork(
      fixture: "network-goldens/\(name).safetensors", architecture: architecture, inputs: Input.sampled)
  }
}
