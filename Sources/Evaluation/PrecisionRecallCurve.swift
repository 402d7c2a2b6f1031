/// The precision-recall curve as points, one for each distinct score, from the highest threshold to the lowest.
///
/// The points of scikit-learn's `precision_recall_curve` in the opposite order: the first is its end point, recall 0 and
/// precision 1, which belongs to no score and has an infinite threshold.
public struct PrecisionRecallCurve: Sendable, Equatable {
  /// One threshold.
  public struct Point: Sendable, Equatable {
    /// The lowest score that is called anomalous.
    public let threshold: Float
    /// The share of what is called anomalous that is.
    public let precision: Double
    /// The share of what is anomalous that is called so.
    public let recall: Double
  }

  /// Recall rises along the points, from 0 to 1.
  public let points: [Point]

  /// Computes the curve; `nil` if either class has no score.
  ///
  /// Thinned, recall is divided into `(maximum - 2) / 4` equal intervals; of the points in each, the first, the last and
  /// those with the least and the greatest precision are kept. The drawing is the same where an interval is no wider
  /// than a pixel, and within an interval where it is wider.
  ///
  /// - Parameters:
  ///   - scores: the ranking.
  ///   - maximum: how many points to keep at most, at least 6; `nil` for all.
  /// - Complexity: O(n) time.
  public init?(_ scores: RankedScores, maximumPoints maximum: Int? = nil) {
    let anomalous = Double(scores.anomalousCount)
    guard scores.nominalCount > 0, scores.anomalousCount > 0 else { return nil }
    precondition(maximum ?? 6 >= 6, "a curve of at least six points")
    var intervals: Double?
    if let maximum, scores.nominalCount + scores.anomalousCount >= maximum { intervals = Double((maximum - 2) / 4) }
    var kept = [Point(threshold: .infinity, precision: 1, recall: 0)]
    var extremes: Extremes?
    scores.forEachThreshold { key, alarms, hits in
      let point = Point(
        threshold: ScoreKey.score(key), precision: Double(hits) / Double(hits + alarms),
        recall: Double(hits) / anomalous)
      guard let intervals else { return kept.append(point) }
      let interval = min(Int(point.recall * intervals), Int(intervals) - 1)
      if extremes?.interval == interval {
        extremes?.add(point)
      } else {
        kept += extremes?.points ?? []
        extremes = Extremes(interval, point)
      }
    }
    points = kept + (extremes?.points ?? [])
  }

  /// The points as comma-separated values: a header, then a line per point; the first threshold is `inf`.
  public var csv: String {
    var lines = ["threshold,precision,recall"]
    for point in points { lines.append("\(point.threshold),\(point.precision),\(point.recall)") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The first, last, least precise and most precise point of an interval of recall.
  private struct Extremes {
    let interval: Int
    private var first: Point
    private var last: Point
    private var least: Point
    private var greatest: Point

    init(_ interval: Int, _ point: Point) {
      self.interval = interval
      (first, last, least, greatest) = (point, point, point, point)
    }

    mutating func add(_ point: Point) {
      last = point
      if point.precision < least.precision { least = point }
      if point.precision > greatest.precision { greatest = point }
    }

    /// By falling threshold, each once.
    var points: [Point] {
      var ordered: [Point] = []
      for point in [first, least, greatest, last].sorted(by: { $0.threshold > $1.threshold })
      where ordered.last?.threshold != point.threshold { ordered.append(point) }
      return ordered
    }
  }
}
