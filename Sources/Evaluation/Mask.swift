import Foundation
import PatchCore

/// A mask as its file holds it: grey values, 255 where a defect is.
public struct Mask: Sendable, Equatable {
  /// Rows of pixels.
  public let height: Int
  /// Columns of pixels.
  public let width: Int
  /// `height x width` values, row by row.
  public let values: [UInt8]
  /// Whether the file has one bit per pixel; Pillow then resizes by nearest neighbour whatever it is asked.
  public let isOneBit: Bool

  /// Creates a mask.
  ///
  /// - Precondition: `values.count == height * width`.
  public init(height: Int, width: Int, values: [UInt8], isOneBit: Bool = false) {
    precondition(values.count == height * width, "\(values.count) values for \(height) x \(width) pixels")
    self.height = height
    self.width = width
    self.values = values
    self.isOneBit = isOneBit
  }

  /// The brightness of an image: colours are weighed as Pillow's `convert("L")` does, 16-bit samples lose their low
  /// byte, alpha is dropped.
  ///
  /// - Parameters:
  ///   - image: the decoded mask file.
  ///   - isOneBit: whether the file has one bit per pixel.
  public init(_ image: Image, isOneBit: Bool = false) {
    let size = image.format.bytesPerPixel
    var values: [UInt8] = []
    values.reserveCapacity(image.width * image.height)
    image.bytes.withUnsafeBytes { bytes in
      func wide(_ offset: Int) -> UInt8 { UInt8(bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self) >> 8) }
      func brightness(_ at: Int) -> UInt8 {
        switch image.format {
        case .grey8: bytes[at]
        case .grey16: wide(at)
        case .rgb8, .rgba8: Self.luma(bytes[at], bytes[at + 1], bytes[at + 2])
        case .bgr8: Self.luma(bytes[at + 2], bytes[at + 1], bytes[at])
        case .rgb16: Self.luma(wide(at), wide(at + 2), wide(at + 4))
        }
      }
      for row in 0..<image.height {
        for column in 0..<image.width { values.append(brightness(row * image.rowStride + column * size)) }
      }
    }
    self.init(height: image.height, width: image.width, values: values, isOneBit: isOneBit)
  }

  /// ITU-R 601 luma in 16-bit fixed point.
  private static func luma(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> UInt8 {
    let sum: Int = 19595 * Int(red) + 38470 * Int(green) + 7471 * Int(blue)
    return UInt8((sum + 0x8000) >> 16)
  }

  /// A mask of 0 and 255 for data sets whose masks have grey rims: 255 where a value is above the threshold.
  ///
  /// It is then treated as an 8-bit mask.
  public func binarised(above threshold: UInt8) -> Mask {
    Mask(height: height, width: width, values: values.map { $0 > threshold ? 255 : 0 })
  }

  /// Whether the first bytes of a file are those of a PNG with one grey bit per pixel.
  public static func isOneBitPNG(_ start: some Collection<UInt8>) -> Bool {
    let header = Array(start.prefix(26))
    let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    return header.count == 26 && Array(header[..<8]) == signature && header[24] == 1 && header[25] == 0
  }
}
