/// Scores of two classes in order: what every metric of a ranking is computed from.
///
/// A threshold t calls everything with a score of at least t anomalous. Equal scores fall under the same thresholds, so
/// metrics only ever see how many scores of each class lie at or above each distinct score.
public struct RankedScores: Sendable {
  /// Keys of nominal scores, ascending; those of pixels come in two lists, which spares a copy.
  private let nominal: [UInt32]
  private let moreNominal: [UInt32]
  /// Keys of anomalous scores, ascending.
  private let anomalous: [UInt32]

  init(nominal: [UInt32], _ moreNominal: [UInt32] = [], anomalous: [UInt32]) {
    self.nominal = nominal
    self.moreNominal = moreNominal
    self.anomalous = anomalous
  }

  /// Number of nominal scores.
  public var nominalCount: Int { nominal.count + moreNominal.count }
  /// Number of anomalous scores.
  public var anomalousCount: Int { anomalous.count }

  /// One distinct anomalous score, and how many scores lie above it and at or above it.
  struct Step {
    /// The score's key.
    let key: UInt32
    /// Nominal scores above it.
    let nominalAbove: Int
    /// Nominal scores at or above it.
    let nominal: Int
    /// Anomalous scores at or above it.
    let anomalous: Int
    /// The places of the anomalous scores that are equal to it, counted from the lowest anomalous score.
    let places: Range<Int>
  }

  /// Calls `body` for each distinct anomalous score, from the highest, until it returns `false`.
  func forEachAnomalousThreshold(_ body: (Step) -> Bool) {
    nominal.withUnsafeBufferPointer { first in
      moreNominal.withUnsafeBufferPointer { second in
        anomalous.withUnsafeBufferPointer { anomalous in
          var restOfFirst = first.count, restOfSecond = second.count, rest = anomalous.count
          let nominalCount = first.count + second.count
          while rest > 0 {
            let key = anomalous[rest - 1], end = rest
            while rest > 0, anomalous[rest - 1] == key { rest -= 1 }
            while restOfFirst > 0, first[restOfFirst - 1] > key { restOfFirst -= 1 }
            while restOfSecond > 0, second[restOfSecond - 1] > key { restOfSecond -= 1 }
            let above = nominalCount - restOfFirst - restOfSecond
            while restOfFirst > 0, first[restOfFirst - 1] == key { restOfFirst -= 1 }
            while restOfSecond > 0, second[restOfSecond - 1] == key { restOfSecond -= 1 }
            let step = Step(
              key: key, nominalAbove: above, nominal: nominalCount - restOfFirst - restOfSecond,
              anomalous: anomalous.count - rest, places: rest..<end)
            guard body(step) else { return }
          }
        }
      }
    }
  }

  /// Calls `body` for each distinct score, from the highest, with the number of scores of each class at or above it.
  func forEachThreshold(_ body: (_ key: UInt32, _ nominal: Int, _ anomalous: Int) -> Void) {
    nominal.withUnsafeBufferPointer { first in
      moreNominal.withUnsafeBufferPointer { second in
        anomalous.withUnsafeBufferPointer { anomalous in
          var restOfFirst = first.count, restOfSecond = second.count, rest = anomalous.count
          let nominalCount = first.count + second.count
          while restOfFirst > 0 || restOfSecond > 0 || rest > 0 {
            var key: UInt32 = 0
            if restOfFirst > 0 { key = first[restOfFirst - 1] }
            if restOfSecond > 0 { key = max(key, second[restOfSecond - 1]) }
            if rest > 0 { key = max(key, anomalous[rest - 1]) }
            while restOfFirst > 0, first[restOfFirst - 1] == key { restOfFirst -= 1 }
            while restOfSecond > 0, second[restOfSecond - 1] == key { restOfSecond -= 1 }
            while rest > 0, anomalous[rest - 1] == key { rest -= 1 }
            body(key, nominalCount - restOfFirst - restOfSecond, anomalous.count - rest)
          }
        }
      }
    }
  }
}
