import ConvNet
import PatchCore

/// A configuration whose extractor is layers of a convolutional network.
public protocol NetworkConfiguration: FeatureExtractorConfiguration {
  /// The layers to tap, by the names of the network.
  ///
  /// The aggregator gets them in this order, and its grid is the first's.
  var layers: [String] { get }

  /// The complete network.
  ///
  /// - Returns: operations, layers that can be tapped, and the tensors of its checkpoints.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` if settings contradict each other.
  func network() throws -> NetworkArchitecture
}

extension NetworkConfiguration {
  /// The shape of each layer's map.
  ///
  /// - Parameters:
  ///   - height: rows of the input.
  ///   - width: columns of the input.
  /// - Returns: one shape per layer, in the order of `layers`.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` for wrong settings or layers, `.shapeMismatch` if the
  ///   input is too small.
  public func shapes(height: Int, width: Int) throws -> [FeatureShape] {
    let network = try network()
    let taps = try network.taps(for: layers)
    let table = network.table.pruned(to: taps)
    let shapes = try table.shapes(for: FeatureShape(channels: table.inputChannels, height: height, width: width))
    return taps.compactMap { shapes[$0] }
  }

  /// The weights twice, as given and as the engine arranges them, and for each thread the values that are alive at one
  /// time.
  ///
  /// - Parameters:
  ///   - batch: images of a batch, which are computed on one thread each.
  ///   - height: rows of the input.
  ///   - width: columns of the input.
  /// - Returns: bytes.
  /// - Throws: as `shapes(height:width:)`.
  public func workingBytes(batch: Int, height: Int, width: Int) throws -> Int {
    let network = try network()
    let table = network.table.pruned(to: try network.taps(for: layers))
    let shapes = try table.shapes(for: FeatureShape(channels: table.inputChannels, height: height, width: width))
    let weights = table.weightShapes().values.reduce(0) { $0 + $1.reduce(1, *) + $1[0] }
    let values = table.greatestLiveCount(shapes)
    // Engines reorder some values into a copy, and have room for the sums of a convolution.
    return MemoryLayout<Float>.stride * (2 * weights + 2 * values * min(batch, ThreadCount.current))
  }

  /// Restores the weights that the artifact keeps.
  ///
  /// - Parameters:
  ///   - archive: what `NetworkExtractor.archive()` gave.
  ///   - context: the engine to compute with.
  /// - Returns: a `NetworkExtractor` that computes what the archived one did.
  /// - Throws: `PatchCoreError` with code `.invalidArtifact` if tensors are missing or of another shape.
  public func restoreExtractor(from archive: StageArchive, _ context: StageContext) throws -> any FeatureExtractor {
    try NetworkExtractor.restored(architecture: network(), layers: layers, archive: archive, context)
  }
}
