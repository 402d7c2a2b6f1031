extension PreprocessingGeometry {
  /// A map of the output put back to its place in the upright original, at the original's size.
  ///
  /// What the crop left out gets the map's minimum. Scores are resized with the crop's own scale, bilinear (corners not
  /// aligned); a pixel whose centre lies outside the crop was never seen.
  ///
  /// - Parameter map: `outputHeight x outputWidth` scores.
  /// - Returns: `height x width` scores.
  public func restoring(_ map: AnomalyMap) -> AnomalyMap {
    precondition(map.height == outputHeight && map.width == outputWidth, "the map of this geometry")
    let across = Self.taps(size: width, resized: resizedWidth, kept: columns)
    let down = Self.taps(size: height, resized: resizedHeight, kept: rows)
    let lowest = map.values.min() ?? 0
    var values = [Float](repeating: lowest, count: width * height)
    for (y, vertical) in down.enumerated() {
      guard let vertical else { continue }
      let upper = vertical.first * map.width, lower = vertical.second * map.width
      for (x, horizontal) in across.enumerated() {
        guard let horizontal else { continue }
        let top =
          map.values[upper + horizontal.first] * (1 - horizontal.weight)
          + map.values[upper + horizontal.second] * horizontal.weight
        let bottom =
          map.values[lower + horizontal.first] * (1 - horizontal.weight)
          + map.values[lower + horizontal.second] * horizontal.weight
        values[y * width + x] = top * (1 - vertical.weight) + bottom * vertical.weight
      }
    }
    return AnomalyMap(height: height, width: width, values: values)
  }

  /// Whether the preprocessed image shows a pixel of the upright original.
  public func covers(x: Int, y: Int) -> Bool {
    columns.contains(Self.place(x, size: width, resized: resizedWidth))
      && rows.contains(Self.place(y, size: height, resized: resizedHeight))
  }

  /// The columns of the upright original that the preprocessed image shows.
  var seenColumns: Range<Int> { Self.seen(size: width, resized: resizedWidth, kept: columns) }
  /// The rows of the upright original that the preprocessed image shows.
  var seenRows: Range<Int> { Self.seen(size: height, resized: resizedHeight, kept: rows) }

  private static func seen(size: Int, resized: Int, kept: Range<Int>) -> Range<Int> {
    let first = (0..<size).first { kept.contains(place($0, size: size, resized: resized)) }
    let last = (0..<size).last { kept.contains(place($0, size: size, resized: resized)) }
    guard let first, let last else { return 0..<0 }
    return first..<last + 1
  }

  /// The resized pixel under the centre of an original one.
  private static func place(_ position: Int, size: Int, resized: Int) -> Int {
    Int((Double(position) + 0.5) * Double(resized) / Double(size))
  }

  private typealias Tap = (first: Int, second: Int, weight: Float)

  /// For each original pixel of a line, the two kept pixels to mix; `nil` where its centre was cut off.
  private static func taps(size: Int, resized: Int, kept: Range<Int>) -> [Tap?] {
    (0..<size).map { position in
      guard kept.contains(place(position, size: size, resized: resized)) else { return nil }
      let centre = (Double(position) + 0.5) * Double(resized) / Double(size) - 0.5 - Double(kept.lowerBound)
      let clamped = min(max(centre, 0), Double(kept.count - 1))
      let first = Int(clamped)
      return (first, min(first + 1, kept.count - 1), Float(clamped - Double(first)))
    }
  }
}
