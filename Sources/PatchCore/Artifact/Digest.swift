import Crypto
import TensorFiles

/// SHA-256 digests in lower-case hexadecimal, by which outputs name the files they come from.
public enum Digest {
  /// The digest of a file's bytes.
  ///
  /// - Parameter path: a regular file; mapped, not read into memory.
  /// - Returns: 64 hexadecimal digits.
  /// - Throws: `PatchCoreError` with code `.invalidFile` if the file cannot be opened.
  public static func sha256(ofFile path: String) throws -> String {
    do {
      let storage = try TensorStorage.mapping(fileAt: path)
      defer { withExtendedLifetime(storage) {} }
      return sha256(storage.bytes)
    } catch {
      throw PatchCoreError(.invalidFile, error)
    }
  }

  /// The digest of bytes in memory.
  public static func sha256(_ bytes: UnsafeRawBufferPointer) -> String {
    var hash = SHA256()
    hash.update(bufferPointer: bytes)
    return hexadecimal(hash.finalize())
  }

  /// The digest of an array of bytes.
  public static func sha256(_ bytes: [UInt8]) -> String { bytes.withUnsafeBytes { sha256($0) } }

  private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
