#if TIFF
import CLibTIFF
import Foundation
import PatchCore

extension ImageFile {
  static func decodeTIFF(_ bytes: [UInt8], _ name: String, _ limits: ImageLimits) throws -> Image {
    var info = patchcore_tiff_info()
    var message = [CChar](repeating: 0, count: Int(PATCHCORE_TIFF_MESSAGE))
    return try bytes.withUnsafeBufferPointer { source in
      guard let reader = patchcore_tiff_open(source.baseAddress, source.count, &info, &message) else {
        throw damaged(name, "TIFF", text(message))
      }
      defer { patchcore_tiff_close(reader) }
      let width = Int(info.width), height = Int(info.height)
      try checkPixels(name, width: width, height: height, limits)
      let format: Image.Format =
        info.channels == 1 ? (info.bits == 8 ? .grey8 : .grey16) : (info.bits == 8 ? .rgb8 : .rgb16)
      let stride = width * format.bytesPerPixel
      let pixels = try [UInt8](unsafeUninitializedCapacity: stride * height) { rows, count in
        guard patchcore_tiff_read(reader, rows.baseAddress, stride, &message) == 1 else {
          throw damaged(name, "TIFF", text(message))
        }
        count = stride * height
      }
      return try Image(
        width: width, height: height, format: format,
        orientation: Image.Orientation(rawValue: Int(info.orientation)) ?? .up, bytes: pixels)
    }
  }

  static func encodeTIFF(_ map: AnomalyMap) throws -> [UInt8] {
    var message = [CChar](repeating: 0, count: Int(PATCHCORE_TIFF_MESSAGE))
    var bytes: UnsafeMutablePointer<UInt8>?
    var count = 0
    guard let width = UInt32(exactly: map.width), let height = UInt32(exactly: map.height),
      patchcore_tiff_write_floats(map.values, width, height, &bytes, &count, &message) == 1
    else {
      throw PatchCoreError(
        .nativeFailure, "libtiff cannot encode a map of \(map.width) x \(map.height) pixels: \(text(message))")
    }
    defer { free(bytes) }
    return Array(UnsafeBufferPointer(start: bytes, count: count))
  }
}
#endif
