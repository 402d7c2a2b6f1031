import Foundation
import PatchCore
import Testing

/// Drawn samples and digests, the same as in Fixtures/drawing.py.
enum DrawnImage {
  static func mixed(_ number: UInt64) -> UInt64 {
    var x = number
    x = (x ^ (x >> 33)) &* 0xFF51_AFD7_ED55_8CCD
    x = (x ^ (x >> 33)) &* 0xC4CE_B9FE_1A85_EC53
    return x ^ (x >> 33)
  }

  /// Noise with flat areas and hard borders: every third block of 16 x 16 samples holds its first value.
  static func samples(seed: Int, width: Int, height: Int, channels: Int, bits: UInt64 = 8) -> [UInt16] {
    let start = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15
    var result: [UInt16] = []
    result.reserveCapacity(width * height * channels)
    for y in 0..<height {
      for x in 0..<width {
        let isFlat = (y / 16 + x / 16) % 3 == 0
        let pixel = isFlat ? (y / 16 * 16) * width + x / 16 * 16 : y * width + x
        for channel in 0..<channels {
          result.append(UInt16(mixed(UInt64(pixel * channels + channel) &+ start) >> (64 - bits)))
        }
      }
    }
    return result
  }

  static func bytes(seed: Int, width: Int, height: Int, channels: Int) -> [UInt8] {
    samples(seed: seed, width: width, height: height, channels: channels).map { UInt8($0) }
  }

  static func image(seed: Int, width: Int, height: Int, channels: Int = 3) throws -> Image {
    try Image(
      width: width, height: height, format: channels == 1 ? .grey8 : .rgb8,
      bytes: bytes(seed: seed, width: width, height: height, channels: channels))
  }

  static func image16(seed: Int, width: Int, height: Int, channels: Int = 3) throws -> Image {
    let samples = samples(seed: seed, width: width, height: height, channels: channels, bits: 16)
    return try Image(
      width: width, height: height, format: channels == 1 ? .grey16 : .rgb16,
      bytes: samples.withUnsafeBytes { Array($0) })
  }

  /// A checksum of whole numbers that depends on their places.
  static func digest(_ values: some Sequence<some FixedWidthInteger>) -> String {
    var sum: UInt64 = 0, place: UInt64 = 0
    for value in values {
      place += 1
      sum &+= UInt64(value) &* mixed(place)
    }
    let text = String(sum, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }
}

extension Image {
  /// The samples without gaps, each as a whole number.
  var samples: [UInt16] {
    (0..<height).flatMap { row -> [UInt16] in
      let line = Array(bytes[row * rowStride..<row * rowStride + width * format.bytesPerPixel])
      return format.is16Bit ? line.withUnsafeBytes { Array($0.bindMemory(to: UInt16.self)) } : line.map(UInt16.init)
    }
  }
}

/// Files beside the tests.
enum Fixture {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")

  static func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: folder.appendingPathComponent(name)))
  }

  static func json<T: Decodable>(_ name: String, as type: T.Type) throws -> T {
    try JSONDecoder().decode(type, from: Data(contentsOf: folder.appendingPathComponent(name)))
  }
}

/// Runs `body` and returns the package's error that it throws.
func packageError(_ body: () throws -> Void) throws -> PatchCoreError {
  try #require(throws: PatchCoreError.self) { try body() }
}
