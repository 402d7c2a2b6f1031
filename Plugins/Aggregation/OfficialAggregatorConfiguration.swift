import PatchCore

/// Patch embeddings as the authors' code makes them: patches pooled to one length per layer, then over the layers.
///
/// Roth et al., *Towards Total Recall in Industrial Anomaly Detection* (2022), section 3.1.
public struct OfficialAggregatorConfiguration: AggregatorConfiguration {
  /// `official`.
  public static let kind = "official"

  /// Height and width of a patch in cells of each layer's map, p.
  ///
  /// Default 3.
  public var patchSize = 3
  /// Cells from one patch to the next.
  ///
  /// Default 1.
  public var stride = 1
  /// The length each layer's patch is pooled to before layers are joined.
  ///
  /// Default 1024.
  public var layerDimension = 1024
  /// Dimension of a patch embedding, d.
  ///
  /// Default 1024.
  public var dimension = 1024

  /// The defaults.
  public init() {}

  /// Builds the aggregator.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` if a setting is out of range.
  public func makeAggregator(_ context: StageContext) throws -> any Aggregator {
    try requireSetting("patch_size", patchSize, in: 1...1023)
    try requireSetting("stride", stride, in: 1...1 << 20)
    try requireSetting("layer_dimension", layerDimension, in: 1...1 << 20)
    try requireSetting("dimension", dimension, in: 1...1 << 20)
    return OfficialAggregator(configuration: self)
  }

  private enum CodingKeys: String, CodingKey {
    case patchSize = "patch_size"
    case stride
    case layerDimension = "layer_dimension"
    case dimension
  }
}

/// Throws `.invalidConfiguration` unless the value of an aggregator's setting lies in the range.
func requireSetting(_ key: String, _ value: Int, in range: ClosedRange<Int>) throws {
  guard range.contains(value) else {
    throw PatchCoreError(
      .invalidConfiguration, stage: "aggregator",
      "\(key) is \(value); write a number from \(range.lowerBound) to \(range.upperBound)")
  }
}
