/// A connected part of an anomaly map above the pixel threshold, in pixels of the upright original.
///
/// Places are continuous: pixel (0, 0) covers 0 to 1 along both axes, so the box of one pixel has sides of length 1. They
/// are whole numbers where the map has the original's size, and fractions where one pixel of the map stands for several.
/// "Upright" is as `preprocess.orientation` says; with `ignore` it is the image as stored.
public struct AnomalyRegion: Sendable, Hashable, Codable {
  /// An upright rectangle.
  public struct Box: Sendable, Hashable, Codable {
    /// The left side.
    public var x: Double
    /// The upper side.
    public var y: Double
    /// The length from left to right.
    public var width: Double
    /// The length from top to bottom.
    public var height: Double

    /// Creates a box.
    public init(x: Double, y: Double, width: Double, height: Double) {
      self.x = x
      self.y = y
      self.width = width
      self.height = height
    }
  }

  /// The pixel of the map with the highest score, the first one by rows if several have it.
  public struct Peak: Sendable, Hashable, Codable {
    /// Its score.
    public var score: Float
    /// The column of its centre.
    public var x: Double
    /// The row of its centre.
    public var y: Double

    /// Creates a peak.
    public init(score: Float, x: Double, y: Double) {
      self.score = score
      self.x = x
      self.y = y
    }
  }

  /// The smallest box around the region.
  public var box: Box
  /// Its area; holes do not count.
  public var area: Double
  /// Where it is most anomalous.
  public var peak: Peak
  /// The outer boundary: corners of a closed polygon along the edges of the map's pixels, as column and row.
  ///
  /// It begins at the upper left corner of the region's first pixel by rows, runs clockwise as one looks at the image, and
  /// names a corner only where it turns; the last corner joins the first, which is not repeated. Pixels that touch at a
  /// corner belong together, so the polygon may pass one corner twice. Holes have no contour; a region within a hole is a
  /// region of its own.
  public var contour: [SIMD2<Double>]

  /// Creates a region.
  public init(box: Box, area: Double, peak: Peak, contour: [SIMD2<Double>]) {
    self.box = box
    self.area = area
    self.peak = peak
    self.contour = contour
  }
}
