import PatchCore

/// `padim`: a Gaussian of the features at every position, and the Mahalanobis distance to it.
///
/// All layers of the extractor are joined at the grid of the first. Positions are compared with themselves, so images
/// must be aligned and of one size.
///
/// Defard, Setkov, Loesch, Audigier, *PaDiM: a Patch Distribution Modeling Framework for Anomaly Detection and
/// Localization* (2021), sections 3.1 to 3.3.
public struct PaDiM: BaselineMethod, Hashable {
  /// `padim`.
  public static let name = "padim"
  /// Of a ResNet.
  public static let usualLayers = "[layer1, layer2, layer3]"
  /// What a fit gives.
  public typealias Model = PaDiMModel

  /// How many channels, drawn at random from those of all layers, are kept; default `nil`.
  ///
  /// `nil` keeps 100 of up to 448 channels (ResNet-18) and 550 of more (WideResNet-50-2), or all if there are fewer.
  public var dimensions: Int?
  /// Added to the diagonal of every covariance, above 0; default 0.01.
  public var regularisation: Double = 0.01

  private enum CodingKeys: String, CodingKey { case dimensions, regularisation }

  /// The defaults.
  public init() {}

  /// Creates settings.
  public init(dimensions: Int?, regularisation: Double = 0.01) {
    self.dimensions = dimensions
    self.regularisation = regularisation
  }

  /// Writes every key, `dimensions` too if it is `nil`, so that the description knows it.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(dimensions, forKey: .dimensions)
    try container.encode(regularisation, forKey: .regularisation)
  }

  /// The channels kept of so many.
  ///
  /// - Parameter channels: the channels of all layers.
  /// - Returns: at least 1, at most `channels`.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` for a number out of range.
  public func dimensions(among channels: Int) throws -> Int {
    guard let dimensions else { return min(channels, channels <= 448 ? 100 : 550) }
    guard (1...channels).contains(dimensions) else {
      throw PatchCoreError(
        .invalidConfiguration,
        "padim.dimensions is \(dimensions); the layers have \(channels) channels, so give 1 to \(channels)")
    }
    return dimensions
  }

  /// What a fit holds: the features that are kept of all images, and mean and triangular factor of every position.
  ///
  /// - Parameters:
  ///   - images: number of training images.
  ///   - layers: the shapes of the layers' maps of one image.
  /// - Returns: a sentence without its end, and bytes.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` if a setting is out of range.
  public func plan(images: Int, layers: [FeatureShape]) throws -> (summary: String, bytes: Int) {
    guard regularisation > 0, regularisation.isFinite else {
      throw PatchCoreError(
        .invalidConfiguration,
        "padim.regularisation is \(regularisation); without a number above 0, such as 0.01, covariances have no "
          + "inverse")
    }
    let stack = LayerStack(layers: layers)
    let d = try dimensions(among: stack.channels)
    let float = MemoryLayout<Float>.stride, size = MemoryBudget.megabytes
    let features = images * stack.positions * d * float, model = stack.positions * (d + d * (d + 1) / 2) * float
    return (
      "\(stack.height) x \(stack.width) positions of \(d) from \(stack.channels) channels: features of all images "
        + "(\(size(features))), means and covariances (\(size(model)))",
      features + model
    )
  }
}
