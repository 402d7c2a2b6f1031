/// Where the pixels of an anomaly map lie in the upright original.
///
/// Places are continuous: pixel (0, 0) covers 0 to 1 along both axes.
public struct MapPlacement: Sendable, Hashable {
  /// The columns of the map that the network saw.
  public let columns: Range<Int>
  /// The rows of the map that the network saw.
  public let rows: Range<Int>
  /// The map's first column and row in the resized image.
  private let left, top: Int
  /// Sizes of original and resized image; their quotients are the scale.
  private let width, height, resizedWidth, resizedHeight: Int

  /// The place of a map.
  ///
  /// - Parameters:
  ///   - geometry: how the image was resized and cut.
  ///   - size: which pixels the map covers.
  public init(_ geometry: PreprocessingGeometry, size: MapRendering.Size) {
    width = geometry.width
    height = geometry.height
    switch size {
    case .crop:
      (columns, rows) = (0..<geometry.outputWidth, 0..<geometry.outputHeight)
      (left, top) = (geometry.columns.lowerBound, geometry.rows.lowerBound)
      (resizedWidth, resizedHeight) = (geometry.resizedWidth, geometry.resizedHeight)
    case .original:
      (columns, rows) = (geometry.seenColumns, geometry.seenRows)
      (left, top) = (0, 0)
      (resizedWidth, resizedHeight) = (geometry.width, geometry.height)
    }
  }

  /// A map over an original of its own size, all of it seen.
  public init(width: Int, height: Int) {
    (columns, rows) = (0..<width, 0..<height)
    (left, top) = (0, 0)
    (self.width, self.height, resizedWidth, resizedHeight) = (width, height, width, height)
  }

  /// Original pixels that one pixel of the map stands for.
  public var pixelArea: Double {
    Double(width) / Double(resizedWidth) * (Double(height) / Double(resizedHeight))
  }

  /// The place in the original of a place in the map, both as column and row.
  public func original(_ place: SIMD2<Double>) -> SIMD2<Double> {
    // Multiplied before it is divided, so that whole results are exact.
    SIMD2(
      (place.x + Double(left)) * Double(width) / Double(resizedWidth),
      (place.y + Double(top)) * Double(height) / Double(resizedHeight))
  }

  /// The place in the map of a place in the original, both as column and row.
  public func map(_ place: SIMD2<Double>) -> SIMD2<Double> {
    SIMD2(
      place.x * Double(resizedWidth) / Double(width) - Double(left),
      place.y * Double(resizedHeight) / Double(height) - Double(top))
  }
}
