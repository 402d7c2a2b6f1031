/// Which pixels are defects.
public struct DefectMask: Sendable, Equatable {
  /// Rows of pixels.
  public let height: Int
  /// Columns of pixels.
  public let width: Int
  /// `height x width` truths, row by row.
  public let values: [Bool]
  /// Number of defect pixels.
  public let count: Int

  /// Creates a mask.
  ///
  /// - Precondition: `values.count == height * width`.
  public init(height: Int, width: Int, values: [Bool]) {
    precondition(values.count == height * width, "\(values.count) values for \(height) x \(width) pixels")
    self.height = height
    self.width = width
    self.values = values
    count = values.reduce(0) { $0 + ($1 ? 1 : 0) }
  }
}

/// How many defect pixels of the original images lie outside what the detector sees.
public struct DefectCoverage: Sendable, Equatable {
  /// Defect pixels in the original masks.
  public var defectPixels = 0
  /// Those that the crop cuts away.
  public var unseenDefectPixels = 0

  /// Nothing counted yet.
  public init() {}

  /// Creates counts.
  public init(defectPixels: Int, unseenDefectPixels: Int) {
    self.defectPixels = defectPixels
    self.unseenDefectPixels = unseenDefectPixels
  }

  /// The share of defect pixels that the crop cuts away; `nil` if there are no defect pixels.
  public var unseenShare: Double? {
    defectPixels > 0 ? Double(unseenDefectPixels) / Double(defectPixels) : nil
  }

  /// Adds another count.
  public static func += (left: inout DefectCoverage, right: DefectCoverage) {
    left.defectPixels += right.defectPixels
    left.unseenDefectPixels += right.unseenDefectPixels
  }
}
