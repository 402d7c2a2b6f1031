import TensorFiles

/// What a stage keeps in the artifact: named tensors and a few words about them.
public struct StageArchive: Sendable {
  /// Tensors by name; names use letters, digits, dots, dashes and underscores.
  public var tensors: [String: Tensor]
  /// Text by key, such as the version of a native format.
  public var notes: [String: String]

  /// Creates an archive.
  public init(tensors: [String: Tensor] = [:], notes: [String: String] = [:]) {
    self.tensors = tensors
    self.notes = notes
  }

  /// Whether there is nothing to keep.
  public var isEmpty: Bool { tensors.isEmpty && notes.isEmpty }

  /// The tensor of a name.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidArtifact` if it is not there.
  public func tensor(_ name: String) throws -> Tensor {
    guard let tensor = tensors[name] else {
      throw PatchCoreError(.invalidArtifact, "the artifact lacks the tensor \(name); fit again")
    }
    return tensor
  }
}
