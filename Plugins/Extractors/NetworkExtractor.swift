import Compute
import ConvNet
import PatchCore

/// Tapped layers of a convolutional network.
///
/// The forward pass ends with the last layer asked for. Safe to call from many tasks at once.
public struct NetworkExtractor: FeatureExtractor {
  /// The names of the layers, in the order of the maps.
  public let layers: [String]
  /// Where the weights come from.
  public let weights: WeightsOrigin

  private let parameters: NetworkWeights
  private let networks: CompiledNetworkCache

  /// An extractor of the given layers.
  ///
  /// - Parameters:
  ///   - architecture: the network.
  ///   - layers: names of layers, each once, in the order wanted.
  ///   - parameters: weights for every node that the layers need.
  ///   - weights: where the parameters come from.
  ///   - compute: the engine and precision.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` for wrong layers, `.notInThisBuild` if the engine was
  ///   left out of the build.
  public init(
    architecture: NetworkArchitecture, layers: [String], parameters: NetworkWeights, weights: WeightsOrigin,
    compute: ComputeSettings
  ) throws {
    let taps = try architecture.taps(for: layers)
    let table = architecture.table.pruned(to: taps)
    let engine = try compute.makeEngine()
    self.layers = layers
    self.weights = weights
    self.parameters = parameters
    networks = CompiledNetworkCache { shape in
      try engine.compile(table, weights: parameters, input: shape, precision: compute.precision, taps: taps)
    }
  }

  /// The maps of a batch of images; each image is computed as if it were alone.
  public func extract(_ images: FeatureMap) throws -> [FeatureMap] {
    try networks.network(for: images.shape).run(images)
  }

  /// The folded weights, with their origin in the notes `weights` and `digest`.
  public func archive() throws -> StageArchive {
    var notes = ["weights": weights.name]
    notes["digest"] = weights.digest
    return StageArchive(tensors: parameters.archiveTensors, notes: notes)
  }
}
