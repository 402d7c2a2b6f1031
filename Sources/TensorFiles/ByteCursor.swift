import Foundation

/// A position in the bytes of a file: every read is checked against the end, and every failure names the file.
struct ByteCursor {
  let storage: TensorStorage
  let file: String
  private(set) var position: Int
  let end: Int

  /// Reads `range` of `storage`, all of it by default.
  init(_ storage: TensorStorage, file: String, range: Range<Int>? = nil) {
    self.storage = storage
    self.file = file
    position = range?.lowerBound ?? 0
    end = range?.upperBound ?? storage.byteCount
  }

  /// Bytes not yet read.
  var remaining: Int { end - position }

  /// Passes over `count` bytes and gives their place.
  mutating func take(_ count: Int, for purpose: String) throws(TensorFileError) -> Range<Int> {
    guard count >= 0, count <= remaining else {
      throw TensorFileError(
        file: file,
        message: "is truncated: \(purpose) needs \(count) bytes at byte \(position), \(remaining) are left; "
          + "copy it again")
    }
    defer { position += count }
    return position..<position + count
  }

  /// One little-endian integer.
  mutating func integer<T: FixedWidthInteger>(_ type: T.Type, for purpose: String) throws(TensorFileError) -> T {
    let place = try take(MemoryLayout<T>.size, for: purpose)
    return T(littleEndian: storage.bytes.loadUnaligned(fromByteOffset: place.lowerBound, as: T.self))
  }

  /// The UTF-8 text of the next `count` bytes.
  mutating func text(_ count: Int, for purpose: String) throws(TensorFileError) -> String {
    let place = try take(count, for: purpose)
    guard let text = String(validating: storage.bytes[place], as: UTF8.self) else {
      throw TensorFileError(file: file, message: "is damaged: \(purpose) at byte \(place.lowerBound) is not UTF-8")
    }
    return text
  }

  /// The text up to the next newline, which is passed over; at most `limit` bytes.
  mutating func line(limit: Int, for purpose: String) throws(TensorFileError) -> String {
    let window = storage.bytes[position..<min(end, position + limit + 1)]
    guard let newline = window.firstIndex(of: UInt8(ascii: "\n")) else {
      throw TensorFileError(file: file, message: "is damaged: \(purpose) at byte \(position) has no end")
    }
    let text = try text(newline - position, for: purpose)
    position = newline + 1
    return text
  }
}
