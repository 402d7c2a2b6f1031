import PatchCore
import TensorFiles

extension ImageFile {
  /// Writes an image as a PNG file.
  ///
  /// The file is written under a temporary name and renamed, so that a reader sees the old file or the whole new one.
  ///
  /// - Parameters:
  ///   - image: the image; stored as `encodePNG` does.
  ///   - path: the file to create or replace; its folder must exist.
  /// - Throws: `PatchCoreError` with code `.invalidFile` naming the path if it cannot be written.
  public static func write(_ image: Image, to path: String) throws {
    try write(try encodePNG(image), to: path)
  }

  /// Writes a map as a TIFF file of 32-bit floats: one page, one grey sample per pixel, not compressed.
  ///
  /// MVTec AD's evaluation script reads such files. `decode` refuses them: scores are no brightness. The file is written
  /// under a temporary name and renamed.
  ///
  /// - Parameters:
  ///   - map: the scores, kept bit by bit.
  ///   - path: the file to create or replace; its folder must exist.
  /// - Throws: `PatchCoreError` with code `.notInThisBuild` without the trait `TIFF`, `.invalidFile` naming the path if
  ///   it cannot be written, `.nativeFailure` if libtiff cannot encode it.
  public static func writeTIFF(_ map: AnomalyMap, to path: String) throws {
    try requireTIFF(for: path)
    #if TIFF
    try write(try encodeTIFF(map), to: path)
    #endif
  }

  private static func write(_ bytes: [UInt8], to path: String) throws {
    do {
      try AtomicFile.write(to: path) { writer in try bytes.withUnsafeBytes { try writer.write($0) } }
    } catch let error as TensorFileError {
      throw PatchCoreError(.invalidFile, error)
    }
  }
}
