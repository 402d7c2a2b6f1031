import PatchCore

/// `spade`: the nearest training images, and the nearest positions among their feature maps.
///
/// The extractor's last layer, averaged over its positions, finds the nearest images and gives the image score; the
/// layers before it, joined at the grid of the first, give the map.
///
/// Cohen, Hoshen, *Sub-Image Anomaly Detection with Deep Pyramid Correspondences* (2020), sections 3.1 to 3.3.
public struct SPADE: BaselineMethod, Hashable {
  /// `spade`.
  public static let name = "spade"
  /// Of a ResNet.
  public static let usualLayers = "[layer1, layer2, layer3, layer4]"
  /// What a fit gives.
  public typealias Model = SPADEModel

  /// Nearest training images, K in the paper; default 50.
  ///
  /// All are taken if there are fewer.
  public var neighbours = 50
  /// Nearest positions in the maps of these images, kappa in the paper; default 1.
  public var pixelNeighbours = 1

  private enum CodingKeys: String, CodingKey {
    case neighbours
    case pixelNeighbours = "pixel_neighbours"
  }

  /// The defaults.
  public init() {}

  /// Creates settings.
  public init(neighbours: Int, pixelNeighbours: Int = 1) {
    self.neighbours = neighbours
    self.pixelNeighbours = pixelNeighbours
  }

  /// What a fit holds: all maps of all images.
  ///
  /// - Parameters:
  ///   - images: number of training images.
  ///   - layers: the shapes of the layers' maps of one image.
  /// - Returns: a sentence without its end, and bytes.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` for fewer than two layers, or a setting below 1.
  public func plan(images: Int, layers: [FeatureShape]) throws -> (summary: String, bytes: Int) {
    for (key, value) in [("neighbours", neighbours), ("pixel_neighbours", pixelNeighbours)] where value < 1 {
      throw PatchCoreError(.invalidConfiguration, "spade.\(key) is \(value); give 1 or more")
    }
    guard layers.count >= 2 else {
      throw PatchCoreError(
        .invalidConfiguration,
        "spade needs at least 2 layers, the last for the image score and those before it for the map; write "
          + "extractor.layers, such as \(Self.usualLayers)")
    }
    let stack = LayerStack(layers: layers.dropLast())
    let float = MemoryLayout<Float>.stride, pooled = layers[layers.count - 1].channels
    let maps = images * layers.dropLast().reduce(0) { $0 + $1.count } * float
    return (
      "\(stack.height) x \(stack.width) positions of \(stack.channels) channels: maps of all images "
        + "(\(MemoryBudget.megabytes(maps))), \(pooled) means for each image",
      maps + images * pooled * float
    )
  }
}
