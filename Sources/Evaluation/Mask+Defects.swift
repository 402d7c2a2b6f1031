import PatchCore

extension Mask {
  /// The defects at the mask's own size.
  public func defects(_ rule: MaskRule) -> DefectMask {
    let least = rule.leastDefectValue
    return DefectMask(height: height, width: width, values: values.map { $0 >= least })
  }

  /// The defects after the mask is resized and cut as its image was.
  ///
  /// - Parameters:
  ///   - rule: how the mask is resized, and which value is a defect.
  ///   - geometry: what the preprocessing does to the image that this is the mask of.
  /// - Returns: one truth for each pixel of the preprocessed image.
  /// - Throws: `PatchCoreError` with code `.shapeMismatch` if mask and image differ in size.
  public func defects(_ rule: MaskRule, geometry: PreprocessingGeometry) throws -> DefectMask {
    try check(geometry)
    let resizing: PreprocessingGeometry.MaskRule =
      switch rule {
      case .official: isOneBit ? .nearest(.pillow) : .bilinear
      case .anomalib: .nearest(.torch)
      }
    let resized = try geometry.apply(toMask: values, rule: resizing)
    let least = rule.leastDefectValue
    return DefectMask(height: geometry.outputHeight, width: geometry.outputWidth, values: resized.map { $0 >= least })
  }

  /// How many defect pixels of the original the detector sees and does not see.
  ///
  /// A pixel is seen if its centre lies in the part of the original that the crop shows, as for maps at original size.
  ///
  /// - Parameters:
  ///   - rule: which value is a defect.
  ///   - geometry: what the preprocessing does to the image that this is the mask of.
  /// - Returns: the defect pixels of the mask's own size, and how many of them are cut away.
  /// - Throws: `PatchCoreError` with code `.shapeMismatch` if mask and image differ in size.
  public func coverage(_ rule: MaskRule, geometry: PreprocessingGeometry) throws -> DefectCoverage {
    try check(geometry)
    let least = rule.leastDefectValue
    var coverage = DefectCoverage()
    for row in 0..<height {
      for column in 0..<width where values[row * width + column] >= least {
        coverage.defectPixels += 1
        if !geometry.covers(x: column, y: row) { coverage.unseenDefectPixels += 1 }
      }
    }
    return coverage
  }

  private func check(_ geometry: PreprocessingGeometry) throws {
    guard geometry.width == width, geometry.height == height else {
      throw PatchCoreError(
        .shapeMismatch, stage: "evaluate",
        "the mask has \(width) x \(height) pixels, its image \(geometry.width) x "
          + "\(geometry.height); a mask must lie on its image pixel by pixel")
    }
  }
}
