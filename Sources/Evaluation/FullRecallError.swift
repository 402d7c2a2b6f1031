/// The errors of the highest threshold that misses no anomalous image: the lowest anomalous score.
///
/// Roth et al. (2022), supplementary B and figure S3 (classification error at 100% recall).
public struct FullRecallError: Sendable, Equatable, Codable {
  /// The lowest anomalous score, which is called anomalous with all above it.
  public let threshold: Float
  /// Nominal scores at or above it.
  public let falsePositives: Int
  /// False positives as a share of all scores, nominal and anomalous.
  public let errorRate: Double

  private enum CodingKeys: String, CodingKey {
    case threshold
    case falsePositives = "false_positives"
    case errorRate = "error_rate"
  }

  /// Counts the errors; `nil` if either class has no score.
  ///
  /// - Complexity: O(n) time.
  public init?(_ scores: RankedScores) {
    guard scores.nominalCount > 0, scores.anomalousCount > 0 else { return nil }
    var lowest = (key: UInt32(0), alarms: 0)
    scores.forEachAnomalousThreshold { step in
      lowest = (step.key, step.nominal)
      return true
    }
    threshold = ScoreKey.score(lowest.key)
    falsePositives = lowest.alarms
    errorRate = Double(lowest.alarms) / Double(scores.nominalCount + scores.anomalousCount)
  }
}
