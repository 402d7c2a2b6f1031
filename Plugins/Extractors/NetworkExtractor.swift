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

  let table: NetworkTable
  let taps: [String]
  let parameters: NetworkWeights
  let engine: any ComputeEngine
  let compute: ComputeSettings
  /// Whether `convolution: fastest` may measure here.
  let mayMeasure: Bool
  let logger: Logger
  /// The scales of an int8 network; `nil` before calibration and for other precisions.
  let ranges: ActivationRanges?
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
    try self.init(
      layers: layers, weights: weights, table: architecture.table.pruned(to: taps), taps: taps, parameters: parameters,
      engine: compute.makeEngine(), compute: compute, mayMeasure: mayMeasure, logger: logger, ranges: nil)
  }

  private init(
    layers: [String], weights: WeightsOrigin, table: NetworkTable, taps: [String], parameters: NetworkWeights,
    engine: any ComputeEngine, compute: ComputeSettings, mayMeasure: Bool, logger: Logger, ranges: ActivationRanges?
  ) {
    self.layers = layers
    self.weights = weights
    self.table = table
    self.taps = taps
    self.parameters = parameters
    self.engine = engine
    self.compute = compute
    self.mayMeasure = mayMeasure
    self.logger = logger
    self.ranges = ranges
    let compiler = NetworkCompiler(
      table: table, taps: taps, parameters: parameters, engine: engine, compute: compute, mayMeasure: mayMeasure,
      ranges: ranges, logger: logger)
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
    archive.tensors.merge(parameters.archiveTensors) { $1 }
    return archive
  }

  /// The same extractor on the scales given.
  func calibrated(_ ranges: ActivationRanges) -> NetworkExtractor {
    NetworkExtractor(
      layers: layers, weights: weights, table: table, taps: taps, parameters: parameters, engine: engine,
      compute: compute, mayMeasure: mayMeasure, logger: logger, ranges: ranges)
  }
}
