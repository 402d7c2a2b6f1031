import Foundation
import PatchCore

extension ImageFile {
  /// Writes an image as a PNG file.
  ///
  /// The file is written under a temporary name and renamed, so that a reader sees the old file or the whole new one.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidFile` naming the path if it cannot be written.
  public static func write(_ image: Image, to path: String) throws {
    let bytes = try encodePNG(image)
    do {
      try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw PatchCoreError(.invalidFile, "\(path): cannot be written: \(error.localizedDescription)", cause: error)
    }
  }
}
