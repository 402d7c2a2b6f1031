/// Average precision: the precision at each threshold, weighed by the recall that the threshold adds.
///
/// `sum over thresholds, falling, of (R(k) - R(k - 1)) P(k)`, one threshold per distinct score, as scikit-learn's
/// `average_precision_score`. Nothing is interpolated, so it is not the area under the drawn precision-recall curve.
public struct AveragePrecision: Sendable, Equatable {
  /// The average precision, 0 to 1.
  public let value: Double

  /// Computes the average precision; `nil` if either class has no score.
  ///
  /// - Complexity: O(n) time.
  public init?(_ scores: RankedScores) {
    guard scores.nominalCount > 0, scores.anomalousCount > 0 else { return nil }
    var sum = 0.0
    scores.forEachAnomalousThreshold { step in
      sum += Double(step.places.count) * Double(step.anomalous) / Double(step.anomalous + step.nominal)
      return true
    }
    value = sum / Double(scores.anomalousCount)
  }
}
