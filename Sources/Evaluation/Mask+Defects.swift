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
  /// A pixel is seen if its centre lies in the part of the original that the crop shows.
  ///
  /// - Parameters:
  ///   - rule: which value is a defect.
  ///   - geometry: what the preprocessing does to the image that this is the mask of.
  /// - Returns: the defect pixels of the mask's own size, and how many of them are cut away.
  /// - Throws: `PatchCoreError` with code `.shapeMismatch` if mask and image differ in size.
  public func coverage(_ rule: MaskRule, geometry: PreprocessingGeometry) throws -> DefectCoverage {
    try check(geometry)
    let seen = geometry.originalRectangle
    let columns = (0..<width).map { Double($0) + 0.5 >= seen.x && Double($0) + 0.5 < seen.x + seen.width }
    let least = rule.leastDefectValue
    var coverage = DefectCoverage()
    for row in 0..<height {
      let centre = Double(row) + 0.5
      let isRowSeen = centre >= seen.y && centre < seen.y + seen.height
      for column in 0..<width where values[row * width + column] >= least {
        coverage.defectPixels += 1
        if !isRowSeen || !columns[column] { coverage.unseenDefectPixels += 1 }
      }
    }
    return coverage
  }

  private func check(_ geometry: PreprocessingGeometry) throws {
    guard geometry.width == width, geometry.height == height else {
      throw PatchCoreError(
        .shapeMismatch, stage: "evaluate", "the mask has \(width) x \(height) pixels, its image \(geometry.width) x "
          + "\(geometry.height); a mask must lie on its image pixel by pixel")
    }
  }
}
