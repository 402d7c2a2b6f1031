import ConvNet
import PatchCore

/// `kind: densenet`: a densely connected network of torchvision's, pretrained or random.
///
/// The ensembles of the authors' code hold a DenseNet-201, tapped at its second and third block. Images of three
/// channels, normalised as the weights expect it. Results do not depend on the number of threads.
public struct DenseNetConfiguration: PretrainedNetworkConfiguration, Hashable {
  /// `densenet`.
  public static let kind = "densenet"

  /// The network, by torchvision's name; default `densenet201`.
  public var architecture: DenseNet = .densenet201
  /// The layers to tap, among `features.denseblock1` to `features.denseblock4`; default `[features.denseblock2,
  /// features.denseblock3]`.
  ///
  /// The aggregator gets them in this order, and its grid is the first's.
  public var layers = ["features.denseblock2", "features.denseblock3"]
  /// Where the weights come from; default `nil`, until a file is named.
  ///
  /// Nothing is extracted without weights, and random ones are never taken unasked.
  public var weights: WeightsSource?

  private enum CodingKeys: String, CodingKey { case architecture, layers, weights }

  /// The defaults.
  public init() {}

  /// A network with the given layers.
  public init(
    architecture: DenseNet, layers: [String] = ["features.denseblock2", "features.denseblock3"],
    weights: WeightsSource? = nil
  ) {
    self.architecture = architecture
    self.layers = layers
    self.weights = weights
  }

  /// Writes every key, `weights` too if it is `nil`, so that the description knows it.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(architecture, forKey: .architecture)
    try container.encode(layers, forKey: .layers)
    try container.encode(weights, forKey: .weights)
  }

  /// The network.
  ///
  /// - Returns: its operations, layers and tensors.
  public func network() -> NetworkArchitecture { architecture.architecture }
}
