extension AnomalyMap {
  /// The 8-connected parts of the map above a threshold, in the row-major order of their first pixels.
  ///
  /// Pixels that the network did not see belong to none.
  ///
  /// - Parameters:
  ///   - threshold: a pixel belongs to a region if its score is above this.
  ///   - minimumArea: the least area of a region, in original pixels.
  ///   - placement: where the map lies in the original.
  /// - Returns: the regions; none if no pixel is above the threshold.
  /// - Precondition: the placement is that of a map of this size.
  /// - Complexity: O(n) time for n pixels.
  public func regions(above threshold: Float, minimumArea: Double = 0, placement: MapPlacement) -> [AnomalyRegion] {
    precondition(
      placement.columns.upperBound <= width && placement.rows.upperBound <= height, "the placement of another map")
    var isAny = false
    let isMember = [Bool](unsafeUninitializedCapacity: values.count) { target, initialised in
      target.initialize(repeating: false)
      values.withUnsafeBufferPointer { values in
        for row in placement.rows {
          for place in row * width + placement.columns.lowerBound..<row * width + placement.columns.upperBound {
            // Written so that a score that is no number does not pass as nominal.
            let isAbove = !(values[place] <= threshold)
            target[place] = isAbove
            isAny = isAny || isAbove
          }
        }
      }
      initialised = values.count
    }
    guard isAny else { return [] }
    let connected = ConnectedRegions(height: height, width: width, isMember: isMember)
    return connected.labels.withUnsafeBufferPointer { labels in
      let extents = extents(labels, count: connected.count)
      return extents.enumerated().compactMap { number, extent in
        let area = Double(extent.pixels) * placement.pixelArea
        guard area >= minimumArea else { return nil }
        return region(extent, area: area, label: Int32(number + 1), labels, placement)
      }
    }
  }

  /// What one pass over the labels finds of a region.
  private struct Extent {
    var pixels = 0
    /// The first pixel by rows.
    var first: Int
    var left: Int
    var right: Int
    var bottom: Int
    var peak: Int
  }

  private func extents(_ labels: UnsafeBufferPointer<Int32>, count: Int) -> [Extent] {
    var extents: [Extent] = []
    extents.reserveCapacity(count)
    values.withUnsafeBufferPointer { values in
      for row in 0..<height {
        for column in 0..<width {
          let place = row * width + column, number = Int(labels[place]) - 1
          guard number >= 0 else { continue }
          // Labels are numbered by first pixels, so each new one is the next.
          if number == extents.count {
            extents.append(Extent(first: place, left: column, right: column, bottom: row, peak: place))
          }
          extents[number].pixels += 1
          if column < extents[number].left { extents[number].left = column }
          if column > extents[number].right { extents[number].right = column }
          extents[number].bottom = row
          if values[place] > values[extents[number].peak] { extents[number].peak = place }
        }
      }
    }
    return extents
  }

  private func region(
    _ extent: Extent, area: Double, label: Int32, _ labels: UnsafeBufferPointer<Int32>, _ placement: MapPlacement
  ) -> AnomalyRegion {
    let upperLeft = placement.original(SIMD2(Double(extent.left), Double(extent.first / width)))
    let lowerRight = placement.original(SIMD2(Double(extent.right + 1), Double(extent.bottom + 1)))
    let peak = placement.original(
      SIMD2(Double(extent.peak % width) + 0.5, Double(extent.peak / width) + 0.5))
    return AnomalyRegion(
      box: AnomalyRegion.Box(
        x: upperLeft.x, y: upperLeft.y, width: lowerRight.x - upperLeft.x, height: lowerRight.y - upperLeft.y),
      area: area, peak: AnomalyRegion.Peak(score: values[extent.peak], x: peak.x, y: peak.y),
      contour: corners(of: label, from: extent.first, labels).map(placement.original))
  }

  /// The corners of a region's outer boundary, clockwise, with the region on the right hand.
  private func corners(
    of label: Int32, from first: Int, _ labels: UnsafeBufferPointer<Int32>
  ) -> [SIMD2<Double>] {
    func isInside(_ column: Int, _ row: Int) -> Bool {
      column >= 0 && column < width && row >= 0 && row < height && labels[row * width + column] == label
    }
    // East, south, west, north: each a quarter turn to the right of the one before.
    let steps: [(x: Int, y: Int)] = [(1, 0), (0, 1), (-1, 0), (0, -1)]
    // From a corner, the pixel ahead on the left hand; the one on the right hand is that of the next direction.
    let aheadLeft: [(x: Int, y: Int)] = [(0, -1), (0, 0), (-1, 0), (-1, -1)]
    let start = (x: first % width, y: first / width)
    var corner = start, direction = 0
    var corners = [SIMD2(Double(start.x), Double(start.y))]
    // No other pixel of the region touches the first one's upper left corner, so the walk passes it once.
    while true {
      corner.x += steps[direction].x
      corner.y += steps[direction].y
      let left = aheadLeft[direction], right = aheadLeft[(direction + 1) % 4]
      let before = direction
      // To the left even if the pixel on the right is outside: pixels that touch at a corner belong together.
      if isInside(corner.x + left.x, corner.y + left.y) {
        direction = (direction + 3) % 4
      } else if !isInside(corner.x + right.x, corner.y + right.y) {
        direction = (direction + 1) % 4
      }
      if corner == start { return corners }
      if direction != before { corners.append(SIMD2(Double(corner.x), Double(corner.y))) }
    }
  }
}
