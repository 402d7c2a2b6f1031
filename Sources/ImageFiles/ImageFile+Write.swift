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
    let bytes = try encodePNG(image)
    do {
      try AtomicFile.write(to: path) { writer in try bytes.withUnsafeBytes { try writer.write($0) } }
    } catch let error as TensorFileError {
      throw PatchCoreError(.invalidFile, error)
    }
  }
}
