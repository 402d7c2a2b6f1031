/// How patch scores become an anomaly map: brought to the image's size, then smoothed.
///
/// Roth et al. (2022), section 3.3. The defaults are those of the authors' code.
public struct MapRendering: Sendable, Hashable, Codable {
  /// How the patch grid is brought to the image's size.
  public enum Upsampling: String, Sendable, Hashable, Codable, CaseIterable {
    /// Linear between patch centres along both axes (`align_corners = False`).
    case bilinear
    /// The patch a pixel lies in.
    case nearest
  }

  /// What the smoothing finds outside the map.
  public enum Border: String, Sendable, Hashable, Codable, CaseIterable {
    /// The map mirrored about its edge, so that the edge sample comes twice: SciPy's `reflect`.
    case repeatEdge = "repeat_edge"
    /// The map mirrored about its edge sample, which comes once: PyTorch's `reflect`.
    case reflect
  }

  /// Which pixels a map covers.
  public enum Size: String, Sendable, Hashable, Codable, CaseIterable {
    /// Those of the preprocessed image.
    case crop
    /// Those of the image as it was given.
    case original
  }

  /// How the patch grid is brought to the image's size.
  ///
  /// Default `bilinear`.
  public var upsampling: Upsampling = .bilinear
  /// Standard deviation of the Gaussian in pixels of the preprocessed image, 0 to 1000; 0 for no smoothing.
  ///
  /// Default 4.
  public var sigma: Double = 4
  /// What the smoothing finds outside the map.
  ///
  /// Default `repeat_edge`.
  public var border: Border = .repeatEdge
  /// Which pixels a map covers.
  ///
  /// Default `crop`.
  public var size: Size = .crop

  /// The defaults.
  public init() {}

  /// Reads all four keys; defaults are filled in before.
  ///
  /// - Throws: `DecodingError` if a key is missing or its value is not allowed.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    upsampling = try container.decode(Upsampling.self, forKey: .upsampling)
    sigma = try container.decode(Double.self, forKey: .sigma)
    border = try container.decode(Border.self, forKey: .border)
    size = try container.decode(Size.self, forKey: .size)
    guard Self.sigmaRange.contains(sigma) else {
      throw DecodingError.dataCorruptedError(
        forKey: .sigma, in: container, debugDescription: "sigma is \(sigma); write a number from 0 to 1000")
    }
  }

  private enum CodingKeys: String, CodingKey { case upsampling, sigma, border, size }

  static let sigmaRange: ClosedRange<Double> = 0...1000
}
