import PatchCore

/// Finds the orientation tag in a file's EXIF data.
///
/// Data that is missing or out of order counts as upright: viewers do the same, and the pixels do not depend on it.
enum ExifOrientation {
  /// From the `eXIf` chunk of a PNG file that libpng has accepted.
  static func inPNG(_ bytes: [UInt8]) -> Image.Orientation {
    var position = 8
    while position + 12 <= bytes.count {
      let length = number(bytes, position, 4, bigEndian: true)
      guard length <= bytes.count - position - 12 else { return .up }
      if bytes[position + 4..<position + 8].elementsEqual("eXIf".utf8) {
        return inTIFF(bytes[position + 8..<position + 8 + length])
      }
      position += 12 + length
    }
    return .up
  }

  /// From the first EXIF segment of a JPEG file.
  static func inJPEG(_ bytes: [UInt8]) -> Image.Orientation {
    let label = Array("Exif\0\0".utf8)
    var position = 2
    while position + 4 <= bytes.count, bytes[position] == 0xFF {
      let marker = bytes[position + 1]
      if marker == 0xFF {
        position += 1
        continue
      }
      let length = number(bytes, position + 2, 2, bigEndian: true)
      // Pixels begin at the start of scan; EXIF data stands before it.
      guard marker != 0xDA, length >= 2, position + 2 + length <= bytes.count else { return .up }
      let body = bytes[position + 4..<position + 2 + length]
      if marker == 0xE1, body.starts(with: label) { return inTIFF(body.dropFirst(label.count)) }
      position += 2 + length
    }
    return .up
  }

  /// From the first directory of data laid out as a TIFF file.
  static func inTIFF(_ data: ArraySlice<UInt8>) -> Image.Orientation {
    let bytes = Array(data)
    guard bytes.count >= 14 else { return .up }
    let bigEndian = bytes[0] == 0x4D
    guard bytes[0] == bytes[1], bigEndian || bytes[0] == 0x49, number(bytes, 2, 2, bigEndian: bigEndian) == 42 else {
      return .up
    }
    let directory = number(bytes, 4, 4, bigEndian: bigEndian)
    guard directory >= 8, directory <= bytes.count - 2 else { return .up }
    for entry in 0..<number(bytes, directory, 2, bigEndian: bigEndian) {
      let start = directory + 2 + entry * 12
      guard start + 12 <= bytes.count else { return .up }
      let tag = number(bytes, start, 2, bigEndian: bigEndian), type = number(bytes, start + 2, 2, bigEndian: bigEndian)
      if tag == 0x0112, type == 3 {
        return Image.Orientation(rawValue: number(bytes, start + 8, 2, bigEndian: bigEndian)) ?? .up
      }
    }
    return .up
  }

  private static func number(_ bytes: [UInt8], _ start: Int, _ count: Int, bigEndian: Bool) -> Int {
    let part = bytes[start..<start + count]
    return bigEndian
      ? part.reduce(0) { $0 << 8 | Int($1) } : part.reversed().reduce(0) { $0 << 8 | Int($1) }
  }
}
