import PatchCore

extension HeatMap {
  /// The colour of outlines: light, and not among those of the scores.
  static let outlineColour: [UInt8] = [64, 255, 232]

  /// A picture of a map with the outer boundaries of regions drawn on the regions' own pixels.
  ///
  /// - Parameters:
  ///   - regions: the regions, in pixels of the original.
  ///   - picture: an RGB image of the map's size, such as an overlay.
  ///   - placement: where the map lies in the original.
  /// - Returns: the picture with lines one pixel wide.
  /// - Throws: `PatchCoreError` with code `.shapeMismatch` if a contour leaves the picture or the picture is not RGB.
  public func outlining(_ regions: [AnomalyRegion], on picture: Image, placement: MapPlacement) throws -> Image {
    guard picture.format == .rgb8 else {
      throw PatchCoreError(.shapeMismatch, stage: "map", "outlines are drawn on RGB pictures, not \(picture.format)")
    }
    var bytes = picture.bytes
    func draw(_ column: Int, _ row: Int) throws {
      guard (0..<picture.width).contains(column), (0..<picture.height).contains(row) else {
        throw PatchCoreError(
          .shapeMismatch, stage: "map",
          "a region reaches column \(column), row \(row) of a picture of \(picture.width) x \(picture.height)")
      }
      let place = row * picture.rowStride + column * 3
      for channel in 0..<3 { bytes[place + channel] = Self.outlineColour[channel] }
    }
    for region in regions {
      // Corners of the map's pixels, so whole numbers but for rounding.
      let corners = region.contour.map { place in
        let corner = placement.map(place)
        return (x: Int(corner.x.rounded()), y: Int(corner.y.rounded()))
      }
      for (number, start) in corners.enumerated() {
        let end = corners[(number + 1) % corners.count]
        // Clockwise: the region lies on the right hand.
        if start.y == end.y {
          let row = end.x > start.x ? start.y : start.y - 1
          for column in min(start.x, end.x)..<max(start.x, end.x) { try draw(column, row) }
        } else {
          let column = end.y > start.y ? start.x - 1 : start.x
          for row in min(start.y, end.y)..<max(start.y, end.y) { try draw(column, row) }
        }
      }
    }
    return try Image(
      width: picture.width, height: picture.height, format: .rgb8, rowStride: picture.rowStride, bytes: bytes)
  }
}
