extension Image {
  /// How stored pixels must be turned to stand upright; the raw value is the number of the EXIF tag.
  public enum Orientation: Int, Sendable, CaseIterable {
    /// As stored.
    case up = 1
    /// Mirror left to right.
    case upMirrored = 2
    /// Turn by 180 degrees.
    case down = 3
    /// Mirror top to bottom.
    case downMirrored = 4
    /// Exchange rows and columns.
    case leftMirrored = 5
    /// Turn by 90 degrees clockwise.
    case right = 6
    /// Exchange rows and columns, then turn by 180 degrees.
    case rightMirrored = 7
    /// Turn by 90 degrees anticlockwise.
    case left = 8

    /// Whether turning exchanges width and height.
    public var swapsSides: Bool { rawValue >= 5 }
  }

  /// The same picture with its pixels turned upright, rows without gaps and orientation `up`.
  ///
  /// O(pixels); returns itself if the image is upright already.
  public func upright() -> Image {
    if orientation == .up { return self }
    let pixelBytes = format.bytesPerPixel
    let (outWidth, outHeight) = orientation.swapsSides ? (height, width) : (width, height)
    // Where the first upright pixel lies in the stored rows, and the steps to its right and lower neighbours.
    let lastColumn = (width - 1) * pixelBytes, lastRow = (height - 1) * rowStride
    let (start, right, below) =
      switch orientation {
      case .up: (0, pixelBytes, rowStride)
      case .upMirrored: (lastColumn, -pixelBytes, rowStride)
      case .down: (lastRow + lastColumn, -pixelBytes, -rowStride)
      case .downMirrored: (lastRow, pixelBytes, -rowStride)
      case .leftMirrored: (0, rowStride, pixelBytes)
      case .right: (lastRow, -rowStride, pixelBytes)
      case .rightMirrored: (lastRow + lastColumn, -rowStride, -pixelBytes)
      case .left: (lastColumn, rowStride, -pixelBytes)
      }
    let count = outWidth * outHeight * pixelBytes
    let turned = [UInt8](unsafeUninitializedCapacity: count) { target, initialised in
      bytes.withUnsafeBufferPointer { source in
        var position = 0
        for y in 0..<outHeight {
          var from = start + y * below
          for _ in 0..<outWidth {
            for byte in 0..<pixelBytes { target[position + byte] = source[from + byte] }
            position += pixelBytes
            from += right
          }
        }
      }
      initialised = count
    }
    return Image(turned: turned, width: outWidth, height: outHeight, format: format)
  }
}
