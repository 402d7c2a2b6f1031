import ConvNet
import PatchCore

/// `kind: resnet`: a residual network of torchvision's, pretrained or random.
///
/// Roth et al. (2022) use a WideResNet-50-2 with layers 2 and 3 (section 4.2). Images of three channels, normalised as
/// the weights expect it. Results do not depend on the number of threads.
public struct ResNetConfiguration: FeatureExtractorConfiguration, Hashable {
  /// `resnet`.
  public static let kind = "resnet"

  /// The network, by torchvision's name; default `wide_resnet50_2`.
  public var architecture: ResNet = .wideResNet50x2
  /// The layers to tap, among `layer1` to `layer4`; default `[layer2, layer3]`.
  ///
  /// The aggregator gets them in this order, and its grid is the first's.
  public var layers = ["layer2", "layer3"]
  /// Where the weights come from; default `nil`, until a file is named.
  ///
  /// Nothing is extracted without weights, and random ones are never taken unasked.
  public var weights: WeightsSource?

  private enum CodingKeys: String, CodingKey { case architecture, layers, weights }

  /// The defaults.
  public init() {}

  /// A network with the given layers.
  public init(architecture: ResNet, layers: [String] = ["layer2", "layer3"], weights: WeightsSource? = nil) {
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

  /// The shape of each layer's map.
  ///
  /// - Parameters:
  ///   - height: rows of the input.
  ///   - width: columns of the input.
  /// - Returns: one shape per layer, in the order of `layers`.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` for wrong layers, `.shapeMismatch` if the input is too
  ///   small.
  public func shapes(height: Int, width: Int) throws -> [FeatureShape] {
    try architecture.architecture.shapes(of: layers, height: height, width: width)
  }

  /// Loads or draws the weights.
  ///
  /// - Parameter context: `seed` decides random weights; tensors that no part of the network knows are logged.
  /// - Returns: a `NetworkExtractor`.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` for wrong layers or absent weights, `.invalidFile` if
  ///   the file cannot be read, `.invalidWeights` if it holds another network's tensors.
  public func makeExtractor(_ context: StageContext) throws -> any FeatureExtractor {
    let network = architecture.architecture
    _ = try network.taps(for: layers)
    guard let weights else {
      throw PatchCoreError(
        .invalidConfiguration, stage: "extractor",
        "\(architecture.rawValue) has no weights; give weights: {file: PATH}, or --weights FILE on the command line")
    }
    return try NetworkExtractor(architecture: network, layers: layers, weights: weights, context)
  }

  /// Restores the weights that the artifact keeps.
  ///
  /// - Parameters:
  ///   - archive: what `NetworkExtractor.archive()` gave.
  ///   - context: the engine to compute with.
  /// - Returns: a `NetworkExtractor` that computes what the archived one did.
  /// - Throws: `PatchCoreError` with code `.invalidArtifact` if tensors are missing or of another shape.
  public func restoreExtractor(from archive: StageArchive, _ context: StageContext) throws -> any FeatureExtractor {
    try NetworkExtractor(architecture: architecture.architecture, layers: layers, archive: archive, context)
  }
}
