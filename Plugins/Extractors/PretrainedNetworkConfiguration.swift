import ConvNet
import PatchCore

/// A configuration of a network whose published weights a person brings.
public protocol PretrainedNetworkConfiguration: NetworkConfiguration {
  /// Where the weights come from; `nil` until a file is named.
  ///
  /// Nothing is extracted without weights, and random ones are never taken unasked.
  var weights: WeightsSource? { get }
}

extension PretrainedNetworkConfiguration {
  /// Loads or draws the weights.
  ///
  /// - Parameter context: `seed` decides random weights; tensors that no part of the network knows are logged.
  /// - Returns: a `NetworkExtractor`.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` for wrong settings, wrong layers or absent weights,
  ///   `.invalidFile` if the file cannot be read, `.invalidWeights` if it holds another network's tensors.
  public func makeExtractor(_ context: StageContext) throws -> any FeatureExtractor {
    let network = try network()
    _ = try network.taps(for: layers)
    guard let weights else {
      throw PatchCoreError(
        .invalidConfiguration, stage: "extractor",
        "\(network.name) has no weights; give weights: {file: PATH}, or --weights FILE on the command line")
    }
    return try NetworkExtractor(architecture: network, layers: layers, weights: weights, context)
  }
}
