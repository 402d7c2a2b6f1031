import PatchCore

/// Scores of two classes, collected one by one; `ranked` puts them in order for the metrics.
///
/// Each score takes 4 bytes.
public struct RankingScores: Sendable {
  private var nominal: [UInt32] = []
  private var anomalous: [UInt32] = []

  /// No scores yet.
  public init() {}

  /// Number of nominal scores.
  public var nominalCount: Int { nominal.count }
  /// Number of anomalous scores.
  public var anomalousCount: Int { anomalous.count }

  /// Adds one score.
  ///
  /// - Parameters:
  ///   - score: higher means more anomalous.
  ///   - isAnomalous: the truth.
  ///   - image: named in the error.
  /// - Throws: `PatchCoreError` with code `.notFinite` if the score is NaN or infinite.
  public mutating func add(_ score: Float, isAnomalous: Bool, image: String) throws {
    guard score.isFinite else { throw Self.notFinite(score, image, "the score") }
    let key = ScoreKey.key(score)
    if isAnomalous { anomalous.append(key) } else { nominal.append(key) }
  }

  /// The scores in order.
  ///
  /// - Throws: nothing of its own.
  /// - Complexity: O(n) time. Sorts the scores in place, with memory for the larger class once more.
  public mutating func ranked() throws -> RankedScores {
    try RadixSort.sort(&nominal)
    try RadixSort.sort(&anomalous)
    return RankedScores(nominal: nominal, anomalous: anomalous)
  }

  static func notFinite(_ score: Float, _ image: String, _ what: String) -> PatchCoreError {
    PatchCoreError(
      .notFinite, stage: "evaluate",
      "\(image): \(what) is \(score); results cannot be ranked. Check the weights and "
        + "the preprocessing of the detector")
  }
}
