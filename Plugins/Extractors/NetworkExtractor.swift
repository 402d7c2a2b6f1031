import Compute
import ConvNet
import Logging
import PatchCore

/// Tapped layers of a convolutional network.
///
/// The forward pass ends with the last layer asked for. Safe to call from many tasks at once.
public struct NetworkExtractor: FeatureExtractor {
  /// The names of the layers, in the order of the maps.
  public let layers: [String]
  /// Where the weights come from.
  public let weights: WeightsOrigin

  /// The network and how to compute it.
  let compiler: NetworkCompiler
  private let networks: CompiledNetworkCache

  /// An extractor of the given layers.
  ///
  /// With `precision: int8` it extracts nothing until it is calibrated.
  ///
  /// - Parameters:
  ///   - architecture: the network.
  ///   - layers: names of layers, each once, in the order wanted.
  ///   - parameters: weights for every node that the layers need.
  ///   - weights: where the parameters come from.
  ///   - compute: the engine, the precision and the convolutions.
  ///   - mayMeasure: whether `convolution: fastest` may measure; without it, it is `direct`.
  ///   - logger: where a measured choice is reported.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` for wrong layers or a precision that the engine lacks,
  ///   `.notInThisBuild` if the engine was left out of the build.
  public init(
    architecture: NetworkArchitecture, layers: [String], parameters: NetworkWeights, weights: WeightsOrigin,
    compute: ComputeSettings, mayMeasure: Bool = false, logger: Logger = Logger(label: "patchcore")
  ) throws {
    let taps = try architecture.taps(for: layers)
    let compiler = NetworkCompiler(
      table: architecture.table.pruned(to: taps), taps: taps, parameters: parameters, engine: try compute.makeEngine(),
      compute: compute, mayMeasure: mayMeasure, logger: logger)
    self.init(layers: layers, weights: weights, compiler: compiler)
  }

  private init(layers: [String], weights: WeightsOrigin, compiler: NetworkCompiler) {
    self.layers = layers
    self.weights = weights
    self.compiler = compiler
    networks = CompiledNetworkCache { try compiler.compile(for: $0) }
  }

  /// The maps of a batch of images; each image is computed as if it were alone.
  public func extract(_ images: FeatureMap) throws -> [FeatureMap] {
    try networks.network(for: images.shape).run(images)
  }

  /// The folded weights, with their origin in the notes `weights` and `digest`, and the calibration.
  public func archive() throws -> StageArchive {
    var archive = calibration()
    archive.notes["weights"] = weights.name
    archive.notes["digest"] = weights.digest
    archive.tensors.merge(compiler.parameters.archiveTensors) { $1 }
    return archive
  }

  /// The same extractor on the scales given.
  func calibrated(_ ranges: ActivationRanges) -> NetworkExtractor {
    var compiler = compiler
    compiler.ranges = ranges
    return NetworkExtractor(layers: layers, weights: weights, compiler: compiler)
  }
}
