import PatchCore

/// Scores of two classes, collected one by one or map by map, and how well they tell the classes apart.
///
/// Each score takes 4 bytes, so the pixels of a whole test set fit: 29 million pixels take 117 MB.
public struct RankingScores: Sendable {
  private var nominal: [UInt32] = []
  private var anomalous: [UInt32] = []

  /// No scores yet.
  public init() {}

  /// Number of nominal scores.
  public var nominalCount: Int { nominal.count }
  /// Number of anomalous scores.
  public var anomalousCount: Int { anomalous.count }

  /// Makes room for scores that are to come.
  public mutating func reserveCapacity(_ count: Int) { nominal.reserveCapacity(count) }

  /// Adds one score.
  ///
  /// - Parameters:
  ///   - score: higher means more anomalous.
  ///   - isAnomalous: the truth.
  ///   - image: named in the error.
  /// - Throws: `PatchCoreError` with code `.notFinite` if the score is NaN or infinite.
  public mutating func add(_ score: Float, isAnomalous: Bool, image: String) throws {
    guard score.isFinite else { throw Self.notFinite(score, image, "the score") }
    if isAnomalous { anomalous.append(Self.key(score)) } else { nominal.append(Self.key(score)) }
  }

  /// Adds the pixels of a map.
  ///
  /// - Parameters:
  ///   - map: scores; higher means more anomalous.
  ///   - defects: the truth, of the map's size; `nil` if every pixel is nominal.
  ///   - image: named in errors.
  /// - Throws: `PatchCoreError` with code `.notFinite` if a score is NaN or infinite, `.shapeMismatch` if the sizes
  ///   differ. Nothing is added then.
  public mutating func add(_ map: AnomalyMap, defects: DefectMask?, image: String) throws {
    if let defects {
      guard defects.height == map.height, defects.width == map.width else {
        throw PatchCoreError(
          .shapeMismatch, stage: "evaluate",
          "\(image): the map has \(map.width) x \(map.height) pixels, the mask "
            + "\(defects.width) x \(defects.height)")
      }
    }
    if let bad = map.values.first(where: { !$0.isFinite }) { throw Self.notFinite(bad, image, "a pixel's score") }
    guard let defects, defects.count > 0 else {
      nominal.append(contentsOf: map.values.lazy.map(Self.key))
      return
    }
    for (value, isDefect) in zip(map.values, defects.values) {
      if isDefect { anomalous.append(Self.key(value)) } else { nominal.append(Self.key(value)) }
    }
  }

  /// The area under the ROC curve: how often an anomalous score lies above a nominal one, ties counted half.
  ///
  /// Exact: pairs are counted in whole numbers (the Mann-Whitney statistic) and divided once. Equal to scikit-learn's
  /// `roc_auc_score`, which adds up trapezoids, within its rounding.
  ///
  /// - Returns: 0 to 1; `nil` if either class has no score.
  /// - Throws: nothing of its own.
  /// - Complexity: O(n) time. Sorts the scores in place, with memory for the larger class once more.
  public mutating func areaUnderROC() throws -> Double? {
    guard !nominal.isEmpty, !anomalous.isEmpty else { return nil }
    try RadixSort.sort(&nominal)
    try RadixSort.sort(&anomalous)
    let halves = Self.winsInHalves(of: anomalous, over: nominal)
    return Double(halves) / (2 * Double(nominal.count) * Double(anomalous.count))
  }

  /// Twice the number of pairs in which the first is greater, plus the number of equal pairs; both ascending.
  private static func winsInHalves(of above: [UInt32], over below: [UInt32]) -> UInt128 {
    var halves: UInt128 = 0
    var less = 0, lessOrEqual = 0
    above.withUnsafeBufferPointer { above in
      below.withUnsafeBufferPointer { below in
        for key in above {
          while less < below.count, below[less] < key { less += 1 }
          if lessOrEqual < less { lessOrEqual = less }
          while lessOrEqual < below.count, below[lessOrEqual] == key { lessOrEqual += 1 }
          halves += UInt128(less + lessOrEqual)
        }
      }
    }
    return halves
  }

  /// A key whose unsigned order is the order of the numbers; both zeros have the same one.
  private static func key(_ score: Float) -> UInt32 {
    let bits = (score + 0).bitPattern
    return bits & 0x8000_0000 == 0 ? bits | 0x8000_0000 : ~bits
  }

  private static func notFinite(_ score: Float, _ image: String, _ what: String) -> PatchCoreError {
    PatchCoreError(
      .notFinite, stage: "evaluate",
      "\(image): \(what) is \(score); results cannot be ranked. Check the weights and "
        + "the preprocessing of the detector")
  }
}
