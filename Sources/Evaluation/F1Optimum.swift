/// The threshold with the greatest F1, and the errors it makes.
///
/// F1 = 2 TP / (2 TP + FP + FN), with every score of at least the threshold called anomalous. Every distinct score is
/// tried; of thresholds with the same F1 the lowest is taken, as `argmax` takes it over scikit-learn's
/// `precision_recall_curve` in the authors' code. The threshold is chosen on the test data itself: it describes the
/// ranking and is no threshold to work with.
///
/// Roth et al. (2022), table 1 and supplementary C.4 (misclassifications at the F1-optimal working point).
public struct F1Optimum: Sendable, Equatable, Codable {
  /// The lowest score that is called anomalous.
  public let threshold: Float
  /// The greatest F1, 0 to 1.
  public let f1: Double
  /// The share of what is called anomalous that is.
  public let precision: Double
  /// The share of what is anomalous that is called so.
  public let recall: Double
  /// Nominal scores at or above the threshold.
  public let falsePositives: Int
  /// Anomalous scores below it.
  public let falseNegatives: Int

  private enum CodingKeys: String, CodingKey {
    case threshold, f1, precision, recall
    case falsePositives = "false_positives"
    case falseNegatives = "false_negatives"
  }

  /// Finds the threshold; `nil` if either class has no score.
  ///
  /// F1 is compared in whole numbers, so thresholds with the same F1 are known as such.
  ///
  /// - Complexity: O(n) time.
  public init?(_ scores: RankedScores) {
    let positives = scores.anomalousCount
    guard scores.nominalCount > 0, positives > 0 else { return nil }
    // A threshold that no anomalous score equals calls more nominal scores anomalous than the one above it, for nothing.
    var best = (key: UInt32(0), hits: 0, alarms: 0)
    scores.forEachAnomalousThreshold { step in
      let new = step.anomalous.multipliedFullWidth(by: best.hits + best.alarms + positives)
      let old = best.hits.multipliedFullWidth(by: step.anomalous + step.nominal + positives)
      if (new.high, new.low) >= (old.high, old.low) { best = (step.key, step.anomalous, step.nominal) }
      return true
    }
    threshold = ScoreKey.score(best.key)
    f1 = 2 * Double(best.hits) / Double(best.hits + best.alarms + positives)
    precision = Double(best.hits) / Double(best.hits + best.alarms)
    recall = Double(best.hits) / Double(positives)
    falsePositives = best.alarms
    falseNegatives = positives - best.hits
  }
}
