/// What is done to an image before the network sees it: turn upright, resize, crop, scale to 0...1, normalise.
///
/// The stored properties are the keys under `preprocess` in a description; the defaults are the official code's, with
/// the orientation tag applied. Grey images are repeated to three channels. 16-bit samples are divided by 65535 and
/// always resized in float; the Python codes reduce them to 8 bits first, so their results differ.
public struct Preprocessing: Codable, Sendable, Hashable {
  /// What to do with the orientation that a file's EXIF tag states.
  public enum OrientationRule: String, Codable, Sendable, CaseIterable {
    /// Turn the picture upright first.
    case apply
    /// Take the pixels as they are stored.
    case ignore
  }

  /// The order in which the network takes the colours.
  public enum ChannelOrder: String, Codable, Sendable, CaseIterable {
    /// Red, green, blue.
    case rgb
    /// Blue, green, red.
    case bgr
  }

  /// The size to resize to: one number for the shorter side, keeping the aspect, or both sides.
  ///
  /// Default 256.
  public var resize: Size = .side(256)
  /// The size cut from the centre: one number for a square, or both sides.
  ///
  /// Default 224.
  public var crop: Size = .side(224)
  /// How the image is resized.
  ///
  /// Default `bilinear_8bit`.
  public var resampling: Resampling = .bilinear8Bit
  /// What to do with the orientation that a file states.
  ///
  /// Default `apply`.
  public var orientation: OrientationRule = .apply
  /// The order in which the network takes the colours.
  ///
  /// Default `rgb`.
  public var channels: ChannelOrder = .rgb
  /// Subtracted from samples between 0 and 1: for red, green, blue, whatever `channels` says.
  ///
  /// Default ImageNet's.
  public var mean: [Double] = [0.485, 0.456, 0.406]
  /// What the difference is divided by: for red, green, blue, whatever `channels` says.
  ///
  /// Default ImageNet's.
  public var deviation: [Double] = [0.229, 0.224, 0.225]

  /// The keys as a description writes them.
  public enum CodingKeys: String, CodingKey {
    case resize, crop, resampling, orientation, channels, mean, deviation
  }

  /// The defaults.
  public init() {}

  /// The largest side that `resize` and `crop` accept.
  public static let maximumSide = 65_535

  /// Checks every setting by itself.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` naming the key.
  public func validate() throws {
    try resize.validate("resize")
    try crop.validate("crop")
    try validateColour(mean, "mean", "finite numbers") { $0.isFinite }
    try validateColour(deviation, "deviation", "finite numbers above 0") {
      $0.isFinite && $0 > 0 && Float($0) > 0 && Float($0).isFinite
    }
  }

  private func validateColour(
    _ values: [Double], _ key: String, _ demand: String, _ accepts: (Double) -> Bool
  ) throws {
    guard values.count == 3 else {
      throw PatchCoreError(
        .invalidConfiguration, stage: "preprocess.\(key)",
        "\(values.count) numbers; give 3, for red, green and blue")
    }
    for value in values where !accepts(value) {
      throw PatchCoreError(.invalidConfiguration, stage: "preprocess.\(key)", "\(value); give three \(demand)")
    }
  }
}
