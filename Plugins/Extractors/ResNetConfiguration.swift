import ConvNet
import PatchCore

/// `kind: resnet`: a residual network of torchvision's, pretrained or random.
///
/// Roth et al. (2022) use a WideResNet-50-2 with layers 2 and 3 (section 4.2). Images of three channels, normalised as
/// the weights expect it. Results do not depend on the number of threads.
public struct ResNetConfiguration: PretrainedNetworkConfiguration, Hashable {
  /// `resnet`.
  public static let kind = "resnet"

  /// The network, by torchvision's name; default `wide_resnet50_2`.
  public var architecture: ResNet = .wideResNet50x2
  /// The convolution of a bottleneck that strides; default `conv3x3`, torchvision's form.
  ///
  /// The form belongs to the weights, whose files do not tell it. Networks of basic blocks have no other.
  public var bottleneckStride: ResNet.BottleneckStride = .conv3x3
  /// The layers to tap, among `layer1` to `layer4`; default `[layer2, layer3]`.
  ///
  /// The aggregator gets them in this order, and its grid is the first's.
  public var layers = ["layer2", "layer3"]
  /// Where the weights come from; default `nil`, until a file is named.
  ///
  /// Nothing is extracted without weights, and random ones are never taken unasked.
  public var weights: WeightsSource?

  private enum CodingKeys: String, CodingKey {
    case architecture
    case bottleneckStride = "bottleneck_stride"
    case layers, weights
  }

  /// The defaults.
  public init() {}

  /// A network with the given layers.
  public init(
    architecture: ResNet, bottleneckStride: ResNet.BottleneckStride = .conv3x3,
    layers: [String] = ["layer2", "layer3"], weights: WeightsSource? = nil
  ) {
    self.architecture = architecture
    self.bottleneckStride = bottleneckStride
    self.layers = layers
    self.weights = weights
  }

  /// Reads every key; artifacts from before `bottleneck_stride` existed are of its default.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    architecture = try container.decode(ResNet.self, forKey: .architecture)
    if let stride = try container.decodeIfPresent(ResNet.BottleneckStride.self, forKey: .bottleneckStride) {
      bottleneckStride = stride
    }
    layers = try container.decode([String].self, forKey: .layers)
    weights = try container.decodeIfPresent(WeightsSource.self, forKey: .weights)
  }

  /// Writes every key, `weights` too if it is `nil`, so that the description knows it.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(architecture, forKey: .architecture)
    try container.encode(bottleneckStride, forKey: .bottleneckStride)
    try container.encode(layers, forKey: .layers)
    try container.encode(weights, forKey: .weights)
  }

  /// The network in the form that the settings ask for.
  ///
  /// - Returns: its operations, layers and tensors.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` if `bottleneckStride` asks for a convolution that the
  ///   network's blocks lack.
  public func network() throws -> NetworkArchitecture {
    try architecture.architecture(bottleneckStride: bottleneckStride)
  }
}
