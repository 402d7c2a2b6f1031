import Foundation

/// A tensor file that cannot be read or written.
///
/// The engine reports it as a `PatchCoreError` with this as its cause.
public struct TensorFileError: Error, Sendable, CustomStringConvertible {
  /// The file, as the caller named it.
  public var file: String
  /// What is wrong, both numbers where there are two, and the remedy.
  public var message: String

  /// Creates an error about a file.
  public init(file: String, message: String) {
    self.file = file
    self.message = message
  }

  /// An error that carries the system's reason (`errno`).
  public static func system(_ file: String, _ message: String) -> TensorFileError {
    TensorFileError(file: file, message: "\(message): \(String(cString: strerror(errno)))")
  }

  /// The file followed by what is wrong.
  public var description: String { "\(file): \(message)" }
}
