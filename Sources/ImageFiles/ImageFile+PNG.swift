import CLibPNG
import Foundation
import PatchCore

extension ImageFile {
  static func decodePNG(_ bytes: [UInt8], _ name: String, _ limits: ImageLimits) throws -> Image {
    var info = patchcore_png_info()
    var message = [CChar](repeating: 0, count: Int(PATCHCORE_PNG_MESSAGE))
    return try bytes.withUnsafeBufferPointer { source in
      guard let reader = patchcore_png_open(source.baseAddress, source.count, &info, &message) else {
        throw damaged(name, "PNG", text(message))
      }
      defer { patchcore_png_close(reader) }
      let width = Int(info.width), height = Int(info.height)
      try checkPixels(name, width: width, height: height, limits)
      let format: Image.Format =
        info.channels == 1 ? (info.bits == 8 ? .grey8 : .grey16) : (info.bits == 8 ? .rgb8 : .rgb16)
      let stride = width * format.bytesPerPixel
      let pixels = try [UInt8](unsafeUninitializedCapacity: stride * height) { rows, count in
        guard patchcore_png_read(reader, rows.baseAddress, stride, &message) == 1 else {
          throw damaged(name, "PNG", text(message))
        }
        count = stride * height
      }
      return try Image(
        width: width, height: height, format: format, orientation: ExifOrientation.inPNG(bytes), bytes: pixels)
    }
  }

  /// The bytes of a PNG file that holds an image's pixels, without its orientation.
  ///
  /// The same image gives the same bytes. BGR is written as RGB; alpha is dropped.
  ///
  /// - Throws: `PatchCoreError` with code `.nativeFailure` if libpng cannot encode it.
  public static func encodePNG(_ image: Image) throws -> [UInt8] {
    let channels = image.format == .grey8 || image.format == .grey16 ? 1 : 3
    var info = patchcore_png_info(
      width: UInt32(image.width), height: UInt32(image.height), channels: Int32(channels),
      bits: image.format.is16Bit ? 16 : 8)
    let rows = image.format == .bgr8 || image.format == .rgba8 ? packedRGB(image) : image.bytes
    let stride = image.format == .bgr8 || image.format == .rgba8 ? image.width * 3 : image.rowStride
    var message = [CChar](repeating: 0, count: Int(PATCHCORE_PNG_MESSAGE))
    var bytes: UnsafeMutablePointer<UInt8>?
    var count = 0
    guard patchcore_png_write(&info, rows, stride, &bytes, &count, &message) == 1 else {
      throw PatchCoreError(.nativeFailure, "libpng cannot encode the image: \(text(message))")
    }
    defer { free(bytes) }
    return Array(UnsafeBufferPointer(start: bytes, count: count))
  }

  private static func packedRGB(_ image: Image) -> [UInt8] {
    let step = image.format.bytesPerPixel
    let order = image.format == .bgr8 ? [2, 1, 0] : [0, 1, 2]
    var packed: [UInt8] = []
    packed.reserveCapacity(image.width * image.height * 3)
    for row in 0..<image.height {
      for column in 0..<image.width {
        for sample in order { packed.append(image.bytes[row * image.rowStride + column * step + sample]) }
      }
    }
    return packed
  }

  /// A C string in a buffer, up to its end.
  static func text(_ message: [CChar]) -> String {
    String(decoding: message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
