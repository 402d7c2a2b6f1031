import Foundation
import PatchCore
import TensorFiles

/// Writes a small file whole or not at all.
enum AtomicOutput {
  static func write(_ data: Data, to path: String) throws {
    do {
      try AtomicFile.write(to: path) { writer in try data.withUnsafeBytes { try writer.write($0) } }
    } catch let error as TensorFileError {
      throw PatchCoreError(.invalidFile, error)
    }
  }
}
