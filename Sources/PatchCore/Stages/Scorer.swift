/// Turns distances to the memory bank into patch scores and one score per image.
///
/// Roth et al. (2022), section 3.3, equations 6 and 7. Safe to call from many tasks at once. Whether a score is a
/// squared distance is a setting of the scorer alone.
public protocol Scorer: Sendable {
  /// The scores of each image of the embeddings, in order.
  ///
  /// An image's scores do not depend on the others in its batch, nor on the number of threads.
  ///
  /// - Parameters:
  ///   - embeddings: the patches to score.
  ///   - bank: the memory bank.
  ///   - neighbourIndex: an index over that bank.
  /// - Returns: one value per image of `embeddings.grid`; higher means more anomalous.
  /// - Throws: `PatchCoreError` with code `.shapeMismatch` if the dimensions differ.
  func score(
    _ embeddings: PatchEmbeddings, bank: MemoryBank, neighbourIndex: any NeighbourIndex
  ) throws -> [PatchScores]
}

/// Plain data that builds a scorer.
public protocol ScorerConfiguration: StageConfiguration {
  /// Builds the scorer.
  func makeScorer(_ context: StageContext) throws -> any Scorer
}
