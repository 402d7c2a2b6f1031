import Crypto
import TensorFiles

/// SHA-256 in hexadecimal: identifies weights, images and artifacts.
public enum Digest {
  /// The digest of bytes in memory.
  public static func sha256(_ bytes: UnsafeRawBufferPointer) -> String {
    var running = Running()
    running.update(bytes)
    return running.finish()
  }

  /// The digest of bytes in memory.
  public static func sha256(_ bytes: [UInt8]) -> String { bytes.withUnsafeBytes { sha256($0) } }

  /// The digest of a file's bytes.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidFile` if the file cannot be read.
  public static func sha256(ofFile path: String) throws -> String {
    do {
      let storage = try TensorStorage.mapping(fileAt: path)
      defer { withExtendedLifetime(storage) {} }
      var running = Running()
      // Piece by piece, so that a large checkpoint does not fill the memory.
      let piece = 1 << 20
      for start in stride(from: 0, to: storage.byteCount, by: piece) {
        let range = start..<min(start + piece, storage.byteCount)
        running.update(UnsafeRawBufferPointer(rebasing: storage.bytes[range]))
        storage.releasePages(range)
      }
      return running.finish()
    } catch {
      throw PatchCoreError(.invalidFile, error)
    }
  }

  /// A digest that takes its bytes piece by piece.
  public struct Running {
    private var hash = SHA256()

    /// The digest of nothing yet.
    public init() {}

    /// Adds bytes.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) { hash.update(bufferPointer: bytes) }

    /// Adds bytes.
    public mutating func update(_ bytes: some Sequence<UInt8>) { hash.update(data: Array(bytes)) }

    /// The digest of all bytes added, as 32 bytes.
    func finishedBytes() -> [UInt8] { Array(hash.finalize()) }

    /// The digest of all bytes added.
    public func finish() -> String {
      finishedBytes().map { byte in
        let text = String(byte, radix: 16)
        return byte < 16 ? "0" + text : text
      }.joined()
    }
  }
}
