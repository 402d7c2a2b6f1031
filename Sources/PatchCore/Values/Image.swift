/// Pixels in memory: what a camera, a decoder or a test hands to a pipeline.
///
/// Rows lie one after another, `rowStride` bytes apart; the first row is the top one. 16-bit samples are in the
/// machine's byte order.
public struct Image: Sendable, Equatable {
  /// How a pixel's samples lie in memory.
  public enum Format: String, Sendable, CaseIterable {
    /// One 8-bit sample of brightness.
    case grey8
    /// One 16-bit sample of brightness.
    case grey16
    /// Red, green, blue; 8 bits each.
    case rgb8
    /// Red, green, blue; 16 bits each.
    case rgb16
    /// Blue, green, red; 8 bits each.
    case bgr8
    /// Red, green, blue, alpha; 8 bits each. Alpha is dropped, not composited.
    case rgba8

    /// Bytes per pixel.
    public var bytesPerPixel: Int {
      switch self {
      case .grey8: 1
      case .grey16: 2
      case .rgb8, .bgr8: 3
      case .rgba8: 4
      case .rgb16: 6
      }
    }

    /// Whether samples have 16 bits.
    public var is16Bit: Bool { self == .grey16 || self == .rgb16 }
  }

  /// Columns of pixels.
  public let width: Int
  /// Rows of pixels.
  public let height: Int
  /// Bytes from the start of one row to the start of the next.
  public let rowStride: Int
  /// How a pixel's samples lie in memory.
  public let format: Format
  /// The rows' bytes; at least `(height - 1) * rowStride + width * format.bytesPerPixel`.
  public let bytes: [UInt8]
  /// How the pixels must be turned to stand upright, as the file's EXIF tag says.
  ///
  /// The pixels are as stored.
  public let orientation: Orientation

  /// An image made of the given bytes.
  ///
  /// - Parameters:
  ///   - width: columns of pixels, 1 to 16777216.
  ///   - height: rows of pixels, 1 to 16777216.
  ///   - format: how a pixel's samples lie in memory.
  ///   - rowStride: bytes between rows; `nil` if rows follow without a gap.
  ///   - orientation: how the pixels must be turned to stand upright.
  ///   - bytes: the rows.
  /// - Throws: `PatchCoreError` with code `.invalidImage` if the size is not positive or the bytes do not suffice.
  public init(
    width: Int, height: Int, format: Format, rowStride: Int? = nil, orientation: Orientation = .up, bytes: [UInt8]
  ) throws {
    guard width > 0, height > 0, width <= 1 << 24, height <= 1 << 24 else {
      throw PatchCoreError(.invalidImage, "an image of \(width) x \(height) pixels; both sides must be 1 to 16777216")
    }
    let rowBytes = width * format.bytesPerPixel
    let stride = rowStride ?? rowBytes
    guard stride >= rowBytes, stride <= 1 << 36 else {
      throw PatchCoreError(
        .invalidImage,
        "a row stride of \(stride) bytes for rows of \(rowBytes) bytes; give at least \(rowBytes), at most 2^36")
    }
    let span = (height - 1) * stride
    guard bytes.count >= span + rowBytes else {
      throw PatchCoreError(
        .invalidImage,
        "\(bytes.count) bytes for \(width) x \(height) pixels of \(format.rawValue) with a row stride of "
          + "\(stride); \(span + rowBytes) are needed")
    }
    self.width = width
    self.height = height
    self.format = format
    self.rowStride = stride
    self.orientation = orientation
    self.bytes = bytes
  }

  /// An image copied from a buffer, such as a camera's frame.
  ///
  /// - Throws: as the initialiser with bytes.
  public init(
    width: Int, height: Int, format: Format, rowStride: Int? = nil, orientation: Orientation = .up,
    copying buffer: UnsafeRawBufferPointer
  ) throws {
    try self.init(
      width: width, height: height, format: format, rowStride: rowStride, orientation: orientation,
      bytes: Array(buffer))
  }

  /// An upright image of bytes that are known to suffice.
  init(turned bytes: [UInt8], width: Int, height: Int, format: Format) {
    self.width = width
    self.height = height
    self.format = format
    rowStride = width * format.bytesPerPixel
    orientation = .up
    self.bytes = bytes
  }
}
