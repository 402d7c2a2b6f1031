#if TIFF
import CLibTIFF
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
}
#endif
