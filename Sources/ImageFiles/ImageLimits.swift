/// The largest image that is decoded: a small file can claim to hold an image that fills the memory.
public struct ImageLimits: Sendable, Hashable {
  /// The most pixels, checked before memory is taken for them.
  ///
  /// Default 178956970, the point at which Pillow warns.
  public var maximumPixels = 178_956_970
  /// The most bytes a file may have.
  ///
  /// Default 512 MiB.
  public var maximumFileBytes = 512 << 20

  /// The default limits.
  public static let `default` = ImageLimits()

  /// The default limits.
  public init() {}

  /// Creates limits.
  public init(maximumPixels: Int, maximumFileBytes: Int = ImageLimits.default.maximumFileBytes) {
    self.maximumPixels = maximumPixels
    self.maximumFileBytes = maximumFileBytes
  }
}
