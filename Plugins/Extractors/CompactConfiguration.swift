import ConvNet
import PatchCore

/// `kind: compact`: the package's own small network, with weights in the program.
///
/// It imitates layers 2 and 3 of an ImageNet ResNet-18 and was trained on drawn images alone (`Docs/EmbeddedNetwork.md`).
/// Images of three channels, normalised as for ImageNet. Results do not depend on the number of threads.
public struct CompactConfiguration: NetworkConfiguration, Hashable {
  /// `compact`.
  public static let kind = "compact"

  /// The layers to tap, among `layer1` to `layer3`; default `[layer2, layer3]`, which the training taught.
  ///
  /// The aggregator gets them in this order, and its grid is the first's.
  public var layers = ["layer2", "layer3"]
  /// Where the weights come from; default `embedded`.
  public var weights = CompactWeightsSource.embedded

  private enum CodingKeys: String, CodingKey { case layers, weights }

  /// The defaults.
  public init() {}

  /// The given layers of the network.
  public init(layers: [String], weights: CompactWeightsSource = .embedded) {
    self.layers = layers
    self.weights = weights
  }

  /// The package's own network.
  ///
  /// - Returns: its operations, layers and tensors.
  public func network() -> NetworkArchitecture { CompactNetwork.architecture }

  /// Reads, loads or draws the weights.
  ///
  /// - Parameter context: `seed` decides random weights; tensors that no part of the network knows are logged.
  /// - Returns: a `NetworkExtractor`.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` for wrong layers, `.invalidFile` if the file cannot be
  ///   read, `.invalidWeights` if it holds another network's tensors.
  public func makeExtractor(_ context: StageContext) throws -> any FeatureExtractor {
    let network = network()
    switch weights {
    case .embedded:
      let origin = CompactNetwork.embeddedOrigin
      return try NetworkExtractor(
        architecture: network, layers: layers, tensors: try CompactNetwork.embeddedWeights().tensors, file: origin.name,
        weights: origin, context)
    case .other(let source):
      return try NetworkExtractor(architecture: network, layers: layers, weights: source, context)
    }
  }
}
