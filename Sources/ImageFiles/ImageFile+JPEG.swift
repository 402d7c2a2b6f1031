#if JPEG
import CTurboJPEG
import PatchCore

extension ImageFile {
  /// Accurate arithmetic and smooth upsampling, as libjpeg and Pillow have by default; any warning stops, and so does
  /// a file with so many scans that only malice explains them.
  private static var flags: Int32 { TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS }

  static func decodeJPEG(_ bytes: [UInt8], _ name: String, _ limits: ImageLimits) throws -> Image {
    guard let decoder = tjInitDecompress() else {
      throw PatchCoreError(.nativeFailure, "TurboJPEG cannot start: \(String(cString: tjGetErrorStr2(nil)))")
    }
    defer { tjDestroy(decoder) }
    func failure() -> PatchCoreError { damaged(name, "JPEG", String(cString: tjGetErrorStr2(decoder))) }

    var columns: Int32 = 0, rows: Int32 = 0, subsampling: Int32 = 0, space: Int32 = 0
    guard tjDecompressHeader3(decoder, bytes, UInt(bytes.count), &columns, &rows, &subsampling, &space) == 0 else {
      throw failure()
    }
    let width = Int(columns), height = Int(rows)
    try checkPixels(name, width: width, height: height, limits)
    let isGrey = space == Int32(TJCS_GRAY.rawValue)
    let isCMYK = space == Int32(TJCS_CMYK.rawValue) || space == Int32(TJCS_YCCK.rawValue)
    let samples = isGrey ? 1 : isCMYK ? 4 : 3
    let layout = isGrey ? TJPF_GRAY : isCMYK ? TJPF_CMYK : TJPF_RGB
    let stride = width * samples
    let pixels = try [UInt8](unsafeUninitializedCapacity: stride * height) { buffer, count in
      guard
        tjDecompress2(
          decoder, bytes, UInt(bytes.count), buffer.baseAddress, columns, Int32(stride), rows, layout.rawInt32, flags)
          == 0
      else { throw failure() }
      count = stride * height
    }
    return try Image(
      width: width, height: height, format: isGrey ? .grey8 : .rgb8, orientation: ExifOrientation.inJPEG(bytes),
      bytes: isCMYK ? rgb(invertedCMYK: pixels) : pixels)
  }

  /// The colours of printing inks, stored inverted as Adobe's programs do, by the rule that Pillow uses: each ink takes
  /// its share of the light that black leaves.
  private static func rgb(invertedCMYK pixels: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(pixels.count / 4 * 3)
    for pixel in stride(from: 0, to: pixels.count, by: 4) {
      let light = Int(pixels[pixel + 3])
      for ink in 0..<3 {
        // The product divided by 255, rounded, without a division.
        let product = (255 - Int(pixels[pixel + ink])) * light + 128
        result.append(UInt8(max(0, light - ((product >> 8) + product) >> 8)))
      }
    }
    return result
  }
}

extension TJPF {
  fileprivate var rawInt32: Int32 { Int32(rawValue) }
}
#endif
