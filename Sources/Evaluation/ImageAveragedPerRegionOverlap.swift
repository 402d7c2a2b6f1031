/// The per-region overlap of each image by itself, averaged over the images with defects: not MVTec AD's PRO.
///
/// The authors' repository ships results with columns `anomaly_pro` and `full_pro`, but no code that computes them.
/// Known from its files: `full_pro` is `anomaly_pro` times the share of the test images whose resized mask has a defect
/// pixel, exactly, in every file; so it is a mean over images to which images without a defect add 0, and `anomaly_pro`
/// the mean over the others. Inferred, and possibly different there: that each image has its own false-positive rate,
/// over its own nominal pixels, and that the limit is 0.3. Here each image gets the `PerRegionOverlap` of its pixels
/// alone.
public struct ImageAveragedPerRegionOverlap: Sendable, Equatable {
  private var values: [Double] = []
  /// Images with defects that have no nominal pixel, so that no false-positive rate exists.
  public private(set) var undefinedCount = 0
  /// The false-positive rate up to which the overlap is integrated.
  public let limit: Double

  /// No images yet.
  ///
  /// - Parameter limit: the false-positive rate up to which the overlap is integrated, above 0 and at most 1.
  public init(limit: Double = PerRegionOverlap.standardLimit) { self.limit = limit }

  /// Adds one image; images without a defect pixel are left out.
  ///
  /// - Parameter image: the pixels of the image.
  public mutating func add(_ image: RankedPixels) {
    guard image.all.anomalousCount > 0 else { return }
    if let overlap = PerRegionOverlap(image, limit: limit) {
      values.append(overlap.value)
    } else {
      undefinedCount += 1
    }
  }

  /// Number of images that are averaged.
  public var imageCount: Int { values.count }

  /// The mean, 0 to 1; `nil` if no image has a defect pixel or one has no other.
  ///
  /// It does not depend on the order of the images.
  public var value: Double? {
    guard undefinedCount == 0, !values.isEmpty else { return nil }
    return values.sorted().reduce(0, +) / Double(values.count)
  }
}
