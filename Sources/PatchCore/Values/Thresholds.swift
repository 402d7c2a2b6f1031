/// Scores above which an image or a pixel counts as anomalous, and how they were made.
public struct Thresholds: Sendable, Hashable, Codable {
  /// An image is anomalous if its score is above this.
  public var image: Float
  /// A pixel is anomalous if its score in the map is above this.
  public var pixel: Float
  /// How they were made, in a sentence.
  public var provenance: String

  /// Creates thresholds.
  public init(image: Float, pixel: Float, provenance: String) {
    self.image = image
    self.pixel = pixel
    self.provenance = provenance
  }
}
