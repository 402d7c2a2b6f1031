/// Where the pixels of a preprocessed image lie in the upright original: resized, then cut.
public struct PreprocessingGeometry: Sendable, Hashable {
  /// Columns of the upright original.
  public let width: Int
  /// Rows of the upright original.
  public let height: Int
  /// Columns of the whole resized image.
  public let resizedWidth: Int
  /// Rows of the whole resized image.
  public let resizedHeight: Int
  /// The columns of the resized image that are kept.
  public let columns: Range<Int>
  /// The rows of the resized image that are kept.
  public let rows: Range<Int>

  /// Columns that are kept.
  public var outputWidth: Int { columns.count }
  /// Rows that are kept.
  public var outputHeight: Int { rows.count }

  /// The part of the upright original that the output shows, in its pixels; `x` and `y` name the upper left corner.
  public var originalRectangle: (x: Double, y: Double, width: Double, height: Double) {
    let across = Double(width) / Double(resizedWidth), down = Double(height) / Double(resizedHeight)
    return (
      Double(columns.lowerBound) * across, Double(rows.lowerBound) * down, Double(columns.count) * across,
      Double(rows.count) * down
    )
  }

  /// How a mask is brought to the output's size.
  public enum MaskRule: Sendable {
    /// Like an 8-bit image; borders become fractions of 255.
    case bilinear
    /// By single samples.
    case nearest(Resampling.NearestRule)
  }

  /// Resizes and cuts a mask as its image was.
  ///
  /// - Parameters:
  ///   - mask: `height x width` samples, upright.
  ///   - rule: how samples are mixed.
  /// - Returns: `outputHeight x outputWidth` samples.
  /// - Throws: `PatchCoreError` with code `.shapeMismatch` if the mask has another size than the image.
  public func apply(toMask mask: [UInt8], rule: MaskRule) throws -> [UInt8] {
    guard mask.count == width * height else {
      throw PatchCoreError(
        .shapeMismatch, "a mask of \(mask.count) pixels for an image of \(width) x \(height) (\(width * height))")
    }
    switch rule {
    case .bilinear:
      return [UInt8](unsafeUninitializedCapacity: columns.count * rows.count) { target, initialised in
        mask.withUnsafeBufferPointer {
          plan.resize8(
            $0.baseAddress!, rowStride: width, pixelStride: 1, channels: 1, into: target.baseAddress!)
        }
        initialised = columns.count * rows.count
      }
    case .nearest(let rule):
      let acrossAll = rule.sources(size: width, newSize: resizedWidth)
      let across = acrossAll[columns]
      return rule.sources(size: height, newSize: resizedHeight)[rows].flatMap { row in
        across.map { mask[row * width + $0] }
      }
    }
  }

  var plan: ResamplingPlan {
    ResamplingPlan(
      width: width, height: height, newWidth: resizedWidth, newHeight: resizedHeight, columns: columns, rows: rows)
  }
}

extension Preprocessing {
  /// The most pixels that a preprocessed image may have.
  public static let maximumOutputPixels = 1 << 26

  /// The longest side that a resized image may have before it is cut.
  public static let maximumResizedSide = 1 << 24

  /// What becomes of an image of the given size.
  ///
  /// The shorter side of a resize is exact and the longer one `floor(side * long / short)`; the crop's offset is half
  /// the difference, a half pixel to the even side, as in torchvision.
  ///
  /// - Parameters:
  ///   - width: columns of the upright image.
  ///   - height: rows of the upright image.
  /// - Returns: the resized size and the part of it that is kept.
  /// - Throws: `PatchCoreError` with code `.invalidImage` if the resized image is smaller than the crop or too large,
  ///   `.invalidConfiguration` if a setting is out of range.
  public func geometry(width: Int, height: Int) throws -> PreprocessingGeometry {
    try resize.validate("resize")
    try crop.validate("crop")
    precondition(width > 0 && height > 0, "an image has pixels")
    let resized: (width: Int, height: Int) =
      switch resize {
      case .none: (width, height)
      case .exact(let height, let width): (width, height)
      case .side(let side):
        width <= height
          ? (side, Int(Double(side * height) / Double(width))) : (Int(Double(side * width) / Double(height)), side)
      }
    let cut: (width: Int, height: Int) =
      switch crop {
      case .none: resized
      case .exact(let height, let width): (width, height)
      case .side(let side): (side, side)
      }
    guard cut.width <= resized.width, cut.height <= resized.height else {
      throw PatchCoreError(
        .invalidImage, stage: "preprocess",
        "an image of \(width) x \(height) pixels becomes \(resized.width) x \(resized.height), smaller than the crop of "
          + "\(cut.width) x \(cut.height); raise preprocess.resize or lower preprocess.crop")
    }
    guard resized.width <= Self.maximumResizedSide, resized.height <= Self.maximumResizedSide else {
      throw PatchCoreError(
        .invalidImage, stage: "preprocess",
        "an image of \(width) x \(height) pixels becomes \(resized.width) x \(resized.height), a side longer than "
          + "\(Self.maximumResizedSide); set preprocess.resize to {height: , width: }")
    }
    guard cut.width * cut.height <= Self.maximumOutputPixels else {
      throw PatchCoreError(
        .invalidImage, stage: "preprocess",
        "an image of \(width) x \(height) pixels becomes \(cut.width) x \(cut.height), more than "
          + "\(Self.maximumOutputPixels) pixels; set preprocess.resize or preprocess.crop lower")
    }
    let left = Int((Double(resized.width - cut.width) / 2).rounded(.toNearestOrEven))
    let top = Int((Double(resized.height - cut.height) / 2).rounded(.toNearestOrEven))
    return PreprocessingGeometry(
      width: width, height: height, resizedWidth: resized.width, resizedHeight: resized.height,
      columns: left..<left + cut.width, rows: top..<top + cut.height)
  }

  /// What becomes of an image, its orientation taken into account.
  ///
  /// - Throws: as `geometry(width:height:)`.
  public func geometry(for image: Image) throws -> PreprocessingGeometry {
    let swaps = orientation == .apply && image.orientation.swapsSides
    return try geometry(width: swaps ? image.height : image.width, height: swaps ? image.width : image.height)
  }
}
