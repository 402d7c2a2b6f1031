/// The area under the ROC curve: how often an anomalous score lies above a nominal one, ties counted half.
///
/// Exact: pairs are counted in whole numbers (the Mann-Whitney statistic) and divided once. Equal to scikit-learn's
/// `roc_auc_score`, which adds up trapezoids, within its rounding.
public struct AreaUnderROC: Sendable, Equatable {
  /// The area, 0 to 1.
  public let value: Double

  /// Computes the area; `nil` if either class has no score.
  ///
  /// - Complexity: O(n) time.
  public init?(_ scores: RankedScores) {
    let nominal = scores.nominalCount, anomalous = scores.anomalousCount
    guard nominal > 0, anomalous > 0 else { return nil }
    // Twice the pairs in which the anomalous score is greater, plus the equal pairs.
    var halves: UInt128 = 0
    scores.forEachAnomalousThreshold { step in
      halves += UInt128(step.places.count) * UInt128(2 * nominal - step.nominal - step.nominalAbove)
      return true
    }
    value = Double(halves) / (2 * Double(nominal) * Double(anomalous))
  }
}
