import Foundation
import PatchCore

/// Image files: PNG, and JPEG and TIFF where the build has them.
///
/// Pixels come out as they are stored: 8-bit images equal Pillow's `convert("RGB")`, grey ones keep one sample, alpha is
/// dropped and not composited, colour profiles and gamma are not applied. 16-bit samples are kept. The EXIF orientation
/// is reported in `Image.orientation` and not applied.
public enum ImageFile {
  /// The extensions of files that are taken for images in a folder, in lower case.
  ///
  /// What a file holds decides how it is decoded, not its extension.
  public static let extensions = ["jpeg", "jpg", "png", "tif", "tiff"]

  /// Whether a file's name ends like an image's, in upper or lower case.
  public static func hasImageExtension(_ path: String) -> Bool {
    extensions.contains((path as NSString).pathExtension.lowercased())
  }

  /// Decodes a file.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - limits: the largest image to decode.
  /// - Returns: the image; of a file with several pages, the first.
  /// - Throws: `PatchCoreError` with code `.invalidFile` if the file cannot be read or is too large, else as
  ///   `decode(bytes:name:limits:)`.
  public static func decode(contentsOf path: String, limits: ImageLimits = .default) throws -> Image {
    try decode(bytes: bytes(ofFile: path, limits: limits), name: path, limits: limits)
  }

  /// Decodes a file's bytes.
  ///
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - name: what errors call it.
  ///   - limits: the largest image to decode.
  /// - Returns: the image.
  /// - Throws: `PatchCoreError` with code `.invalidImage` if the bytes are no image, damaged, truncated or beyond the
  ///   limits, `.notInThisBuild` if the build lacks the format.
  public static func decode(bytes: [UInt8], name: String, limits: ImageLimits = .default) throws -> Image {
    guard bytes.count <= limits.maximumFileBytes else {
      throw tooManyBytes(name, bytes.count, limit: limits.maximumFileBytes)
    }
    switch Format(of: bytes) {
    case .png: return try decodePNG(bytes, name, limits)
    case .jpeg:
      #if JPEG
      return try decodeJPEG(bytes, name, limits)
      #else
      throw notInThisBuild(name, "JPEG", package: "libturbojpeg0-dev")
      #endif
    case .tiff:
      #if TIFF
      return try decodeTIFF(bytes, name, limits)
      #else
      throw notInThisBuild(name, "TIFF", package: "libtiff-dev")
      #endif
    case nil:
      throw PatchCoreError(
        .invalidImage,
        bytes.isEmpty
          ? "\(name): the file is empty" : "\(name): is not an image that can be read; convert it to PNG, JPEG or TIFF")
    }
  }

  /// A format that is recognised by its first bytes.
  enum Format {
    case png, jpeg, tiff

    init?(of bytes: [UInt8]) {
      if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
        self = .png
      } else if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
        self = .jpeg
      } else if [[0x49, 0x49, 42, 0], [0x4D, 0x4D, 0, 42], [0x49, 0x49, 43, 0], [0x4D, 0x4D, 0, 43]]
        .contains(where: { bytes.starts(with: $0) })
      {
        self = .tiff
      } else {
        return nil
      }
    }
  }

  static func checkPixels(_ name: String, width: Int, height: Int, _ limits: ImageLimits) throws {
    let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
    guard !overflow, pixels <= limits.maximumPixels, width <= 1 << 24, height <= 1 << 24 else {
      throw PatchCoreError(
        .invalidImage,
        "\(name): \(width) x \(height) pixels (\(overflow ? "too many to count" : String(pixels))) are more than the "
          + "limit of \(limits.maximumPixels); make it smaller, or raise ImageLimits.maximumPixels in a program of your own"
      )
    }
  }

  static func damaged(_ name: String, _ format: String, _ reason: String) -> PatchCoreError {
    PatchCoreError(.invalidImage, "\(name): the \(format) file is damaged or not supported: \(reason)")
  }

  private static func notInThisBuild(
    _ name: String, _ format: String, package: String, otherwise: String = "convert the file to PNG"
  ) -> PatchCoreError {
    PatchCoreError(
      .notInThisBuild,
      "\(name): \(format) files are not in this build; build with the trait \(format) (Debian: \(package)), or "
        + otherwise)
  }

  /// Refuses to go on in a build that cannot write TIFF files, before work is done whose result could not be kept.
  ///
  /// - Parameter name: the option or file that asks for them, for the message.
  /// - Throws: `PatchCoreError` with code `.notInThisBuild` without the trait `TIFF`.
  public static func requireTIFF(for name: String) throws {
    #if !TIFF
    throw notInThisBuild(name, "TIFF", package: "libtiff-dev", otherwise: "leave it out")
    #endif
  }

  private static func tooManyBytes(_ name: String, _ count: Int, limit: Int) -> PatchCoreError {
    PatchCoreError(
      .invalidFile,
      "\(name): \(count) bytes are more than the limit of \(limit); if the file is to be trusted, raise "
        + "ImageLimits.maximumFileBytes")
  }

  /// A file's bytes, for `decode(bytes:name:limits:)` and for a digest of the same bytes.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - limits: the largest file to read.
  /// - Returns: the whole file.
  /// - Throws: `PatchCoreError` with code `.invalidFile` if it cannot be read or is too large.
  public static func bytes(ofFile path: String, limits: ImageLimits = .default) throws -> [UInt8] {
    let limit = limits.maximumFileBytes
    func failure(_ what: String) -> PatchCoreError {
      PatchCoreError(.invalidFile, "\(path): \(what): \(String(cString: strerror(errno)))")
    }
    // Without O_NONBLOCK, opening a pipe would wait for its writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw failure("cannot be opened") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure("cannot be read") }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw PatchCoreError(.invalidFile, "\(path): is not a regular file")
    }
    let size = Int(status.st_size)
    guard size <= limit else { throw tooManyBytes(path, size, limit: limit) }
    return try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      while count < size {
        let got = read(descriptor, buffer.baseAddress! + count, size - count)
        if got < 0 {
          if errno == EINTR { continue }
          throw failure("cannot be read")
        }
        if got == 0 { break }
        count += got
      }
    }
  }
}
