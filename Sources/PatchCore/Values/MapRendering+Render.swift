extension MapRendering {
  /// The anomaly map of an image's patch scores over the preprocessed image, whatever `size` says.
  ///
  /// Upsampling and smoothing are linear and act on each axis alone, so both are done at once, as one banded matrix per
  /// axis in 64-bit floats; only the result is rounded to 32 bits. Border samples are mirrored as often as needed, also
  /// where the Gaussian is wider than the map (SciPy does so too; PyTorch refuses to). Runs on the calling thread.
  ///
  /// - Parameters:
  ///   - scores: the patch scores; at least one patch.
  ///   - height: rows of the preprocessed image, at least 1.
  ///   - width: columns of the preprocessed image, at least 1.
  /// - Returns: `height x width` scores.
  /// - Precondition: `sigma` lies in 0 to 1000.
  /// - Complexity: O(h w b), b = the patches that the Gaussian's `8 sigma` pixels reach along a column.
  public func render(_ scores: PatchScores, height: Int, width: Int) -> AnomalyMap {
    precondition(Self.sigmaRange.contains(sigma), "sigma \(sigma) is not in 0...1000")
    precondition(scores.height > 0 && scores.width > 0 && height > 0 && width > 0, "an empty map")
    let rows = MapAxis(self, from: scores.height, to: height)
    let columns = MapAxis(self, from: scores.width, to: width)
    let values = [Float](unsafeUninitializedCapacity: height * width) { target, count in
      withUnsafeTemporaryAllocation(of: Double.self, capacity: scores.height * width) { wide in
        withUnsafeTemporaryAllocation(of: Double.self, capacity: width) { sums in
          // Along the rows of the small grid first: there are few of them.
          scores.values.withUnsafeBufferPointer { columns.stretchRows($0, into: wide) }
          rows.combineRows(UnsafeBufferPointer(wide), width: width, sums: sums, into: target)
        }
      }
      count = height * width
    }
    return AnomalyMap(height: height, width: width, values: values)
  }
}
