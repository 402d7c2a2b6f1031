import PatchCore

/// A camera that is drawn: small frames of a woven texture, with a blot where asked for.
struct Camera {
  /// What lies before the camera.
  enum Part { case good, blotted }

  private let side = 96
  /// Rows start at multiples of 64 bytes, as many cameras have it.
  private let rowStride = 320

  /// A frame's buffer as an image.
  func image(of part: Part, number: Int) throws -> Image {
    try frame(of: part, number: number).withUnsafeBytes {
      try Image(width: side, height: side, format: .bgr8, rowStride: rowStride, copying: $0)
    }
  }

  private func frame(of part: Part, number: Int) -> [UInt8] {
    var generator = SeededGenerator(seed: UInt64(number))
    var bytes = [UInt8](repeating: 0, count: side * rowStride)
    for y in 0..<side {
      for x in 0..<side {
        let thread = (x / 6 + y / 6).isMultiple(of: 2) ? 150 : 110
        let isBlot = part == .blotted && (x - 60) * (x - 60) + (y - 36) * (y - 36) < 100
        let brightness = (isBlot ? 40 : thread) + generator.next(below: 16)
        let pixel = y * rowStride + x * 3
        (bytes[pixel], bytes[pixel + 1], bytes[pixel + 2]) = (
          UInt8(brightness - 20), UInt8(brightness), UInt8(brightness + 20)
        )
      }
    }
    return bytes
  }
}
