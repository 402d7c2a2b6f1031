import Foundation

/// A safetensors file that was opened for reading: named tensors and text.
///
/// The layout is an 8-byte little-endian header length, a JSON header, and the data section. The whole header is
/// checked on opening as strictly as the reference library does: every byte of the data section belongs to exactly one
/// tensor. Tensors are views of the mapped file; one whose address is not a multiple of its element's width is copied
/// to aligned memory, so that typed pointers to any tensor are valid.
public struct SafetensorsFile: Sendable {
  /// The largest header in bytes that is read or written, as in the reference library.
  public static let headerLimit = 100_000_000

  /// The text under `__metadata__`.
  public let metadata: [String: String]
  /// The tensors by name.
  public let tensors: [String: Tensor]
  /// The names of all tensors, ordered by their UTF-8 bytes.
  public let names: [String]
  /// Where the data section begins, in bytes from the start of the file.
  public let dataOffset: Int
  private let storage: TensorStorage

  /// Maps a file and checks its header.
  ///
  /// The file must not shrink while its tensors are in use; `write` replaces files, which is safe.
  ///
  /// - Parameter path: The file.
  /// - Throws: `TensorFileError` naming the tensor and the numbers that disagree.
  public init(contentsOf path: String) throws(TensorFileError) {
    try self.init(storage: .mapping(fileAt: path), name: path)
  }

  /// Reads a safetensors file that is in memory.
  ///
  /// - Parameters:
  ///   - storage: The bytes of the whole file; the tensors share them.
  ///   - name: What errors call it.
  /// - Throws: `TensorFileError` naming the tensor and the numbers that disagree.
  public init(storage: TensorStorage, name: String) throws(TensorFileError) {
    var cursor = ByteCursor(storage, file: name)
    let length = try cursor.integer(UInt64.self, for: "the header's length")
    guard length <= UInt64(Self.headerLimit) else {
      throw TensorFileError(
        file: name,
        message: "is not a safetensors file: its header would have \(length) bytes, the limit is \(Self.headerLimit)")
    }
    let place = try cursor.take(Int(length), for: "the header")
    var parser = SafetensorsHeaderParser(storage, file: name, range: place)
    let header = try parser.parse()
    let dataCount = storage.byteCount - place.upperBound
    try header.check(dataCount: dataCount, file: name)

    var tensors: [String: Tensor] = [:]
    tensors.reserveCapacity(header.entries.count)
    for entry in header.entries {
      tensors[entry.name] = .aligned(
        elementType: entry.elementType, shape: entry.shape, storage: storage,
        byteOffset: place.upperBound + entry.begin)
    }
    self.tensors = tensors
    names = tensors.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    metadata = header.metadata
    dataOffset = place.upperBound
    self.storage = storage
  }

  /// Number of bytes in the data section.
  public var dataByteCount: Int { storage.byteCount - dataOffset }

  /// Calls `body` with the data section, such as for a digest.
  public func withDataBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeRawBufferPointer(rebasing: storage.bytes[dataOffset...]))
  }
}
