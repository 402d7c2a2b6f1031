import CCompactWeights
import ConvNet
import PatchCore
import TensorFiles

extension CompactNetwork {
  /// The weights in the program, as the safetensors file that they are: float16 and float32 tensors, and text that says
  /// how they were made.
  ///
  /// Nothing is copied: the tensors are views of the program's own memory.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidFile` if the program was built with a damaged file.
  public static func embeddedWeights() throws -> SafetensorsFile {
    do {
      return try SafetensorsFile(
        storage: TensorStorage(borrowing: embeddedBytes, from: Program()), name: embeddedName)
    } catch {
      throw PatchCoreError(.invalidFile, stage: "extractor", error)
    }
  }

  /// The name of the weights in the program and the SHA-256 of their file.
  public static var embeddedOrigin: WeightsOrigin {
    WeightsOrigin(name: embeddedName, digest: Digest.sha256(embeddedBytes))
  }

  private static let embeddedName = "compact (embedded)"

  private static var embeddedBytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: compact_weights_bytes(), count: compact_weights_length())
  }

  /// The owner of bytes that stay as long as the program runs; a class because storage holds its owner by reference.
  private final class Program: Sendable {}
}
