/// What the first bytes of a file say that it is, in words that fit after "is not ..., but".
struct FileSignature: CustomStringConvertible {
  private static let legacyMagic: [UInt8] = [
    0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19,
  ]
  private static let prefixes: [(bytes: [UInt8], words: String)] = [
    ([0x89] + Array("PNG".utf8), "a PNG image"),
    ([0xFF, 0xD8, 0xFF], "a JPEG image"),
    (Array("II*\0".utf8), "a TIFF image"),
    (Array("MM\0*".utf8), "a TIFF image"),
    (Array("BM".utf8), "a BMP image"),
    (Array("GIF8".utf8), "a GIF image"),
    (Array("%PDF".utf8), "a PDF document"),
    ([0x93] + Array("NUMPY".utf8), "a NumPy array"),
    ([0x89] + Array("HDF".utf8), "an HDF5 file"),
    ([0x1F, 0x8B], "gzip data; unpack it first"),
    ([0xFD] + Array("7zXZ".utf8), "xz data; unpack it first"),
    ([0x28, 0xB5, 0x2F, 0xFD], "zstd data; unpack it first"),
    (Array("BZh".utf8), "bzip2 data; unpack it first"),
    ([0x7F] + Array("ELF".utf8), "a program"),
    (Array("GGUF".utf8), "a GGUF model"),
    (Array("version https://git-lfs".utf8), "a git-lfs pointer; fetch the file itself with git lfs pull"),
  ]

  private let storage: TensorStorage
  private var bytes: UnsafeRawBufferPointer { storage.bytes }

  /// Looks at the bytes of a file.
  init(_ storage: TensorStorage) { self.storage = storage }

  /// Whether a zip archive begins here.
  var isZip: Bool { bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) || bytes.starts(with: [0x50, 0x4B, 0x05, 0x06]) }

  /// Whether the file begins as `torch.save` did before PyTorch 1.6, in any pickle protocol.
  var isLegacyCheckpoint: Bool {
    guard isPickle else { return false }
    let isFramed = bytes.count > 2 && bytes[2] == 0x95
    return bytes.dropFirst(isFramed ? 11 : 2).starts(with: Self.legacyMagic)
  }

  /// Whether the bytes begin as a safetensors file does: a length, and a header that begins with a brace.
  var isSafetensors: Bool {
    guard bytes.count > 8, bytes[8] == UInt8(ascii: "{") else { return false }
    return UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self)) <= UInt64(SafetensorsFile.headerLimit)
  }

  private var isPickle: Bool { bytes.count > 2 && bytes[0] == 0x80 && (2...5).contains(bytes[1]) }

  /// What the file is.
  var description: String {
    if bytes.isEmpty { return "empty" }
    if isZip { return "a zip archive" }
    if isLegacyCheckpoint { return "a PyTorch checkpoint of the format before 1.6" }
    if isSafetensors { return "a safetensors file" }
    if isPickle { return "a Python pickle that torch.save did not write" }
    if let match = Self.prefixes.first(where: { bytes.starts(with: $0.bytes) }) { return match.words }
    if bytes.dropFirst(257).starts(with: "ustar".utf8) { return "a tar archive; unpack it first" }
    let head = bytes.prefix(4096)
    if head.allSatisfy({ $0 == 0 }) { return "filled with zeros, as an interrupted download leaves it" }
    let isText = head.allSatisfy { $0 >= 0x20 && $0 != 0x7F || [0x09, 0x0A, 0x0D].contains($0) }
    if isText {
      let text = String(decoding: head, as: UTF8.self).lowercased()
      if text.contains("<html") || text.contains("<!doctype") {
        return "an HTML page, probably an error page saved in place of the download"
      }
      return "text"
    }
    let first = bytes.prefix(8).map { byte in
      let digits = String(byte, radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }
    return "data of an unknown kind (it begins with the bytes \(first.joined(separator: " ")))"
  }
}
