/// What a fit will compute and hold, known before it starts.
public struct FitPlan: Sendable, Hashable {
  /// Number of training images.
  public var images: Int
  /// The network's input, `3 x height x width`.
  public var input: FeatureShape
  /// The tapped layers' maps of one image.
  public var layers: [FeatureShape]
  /// The patch grid and dimension of one image.
  public var patches: PatchShape
  /// Rows of the memory bank.
  public var bankRows: Int

  /// Patch embeddings of all images.
  public var candidateRows: Int { images * patches.height * patches.width }
  /// Bytes of the embeddings of all images.
  public var candidateBytes: Int { candidateRows * patches.dimension * MemoryLayout<Float>.size }
  /// Bytes of the memory bank.
  public var bankBytes: Int { bankRows * patches.dimension * MemoryLayout<Float>.size }
}
