/// The ROC curve as points, one for each distinct score, from the highest threshold to the lowest.
///
/// The points of scikit-learn's `roc_curve` with `drop_intermediate=False`: the first is (0, 0) with an infinite
/// threshold.
public struct ROCCurve: Sendable, Equatable {
  /// One threshold.
  public struct Point: Sendable, Equatable {
    /// The lowest score that is called anomalous.
    public let threshold: Float
    /// The share of nominal scores that is called anomalous.
    public let falsePositiveRate: Double
    /// The share of anomalous scores that is called so.
    public let truePositiveRate: Double
  }

  /// Both rates rise along the points, from 0 to 1.
  public let points: [Point]

  /// Computes the curve; `nil` if either class has no score.
  ///
  /// Thinned, a point is kept once both rates together have grown by 2 / (maximum - 2) since the last one that was,
  /// and the first and last always. Every point left out lies closer than that to the one kept before it: with 1000
  /// points 0.2% of an axis, under a pixel of a drawing 500 pixels wide.
  ///
  /// - Parameters:
  ///   - scores: the ranking.
  ///   - maximum: how many points to keep at most, at least 3; `nil` for all.
  /// - Complexity: O(n) time.
  public init?(_ scores: RankedScores, maximumPoints maximum: Int? = nil) {
    let nominal = Double(scores.nominalCount), anomalous = Double(scores.anomalousCount)
    guard nominal > 0, anomalous > 0 else { return nil }
    precondition(maximum ?? 3 >= 3, "a curve of at least three points")
    var gap = 0.0
    if let maximum, scores.nominalCount + scores.anomalousCount >= maximum { gap = 2 / Double(maximum - 2) }
    var kept = [Point(threshold: .infinity, falsePositiveRate: 0, truePositiveRate: 0)]
    var last = (x: 0.0, y: 0.0)
    scores.forEachThreshold { key, alarms, hits in
      let x = Double(alarms) / nominal, y = Double(hits) / anomalous
      let isEnd = alarms == scores.nominalCount && hits == scores.anomalousCount
      guard isEnd || x - last.x + y - last.y >= gap else { return }
      kept.append(Point(threshold: ScoreKey.score(key), falsePositiveRate: x, truePositiveRate: y))
      last = (x, y)
    }
    points = kept
  }

  /// The points as comma-separated values: a header, then a line per point; the first threshold is `inf`.
  public var csv: String {
    var lines = ["threshold,false_positive_rate,true_positive_rate"]
    for point in points { lines.append("\(point.threshold),\(point.falsePositiveRate),\(point.truePositiveRate)") }
    return lines.joined(separator: "\n") + "\n"
  }
}
