/// Scores of nominal images, or of their pixels, from which a threshold is taken.
///
/// Each takes 4 bytes, and order statistics are found by counting, without a sorted copy: the 2.5 million pixels of 50
/// maps of 224 x 224 take 10 MB. Results do not depend on the order in which the scores came, but for the rounding of
/// mean and deviation.
public struct NominalScores: Sendable {
  /// Numbers whose unsigned order is that of the scores.
  private var keys: [UInt32] = []

  /// No scores yet.
  public init() {}

  /// Number of scores.
  public var count: Int { keys.count }

  /// Makes room for scores that are to come.
  mutating func reserveCapacity(_ count: Int) { keys.reserveCapacity(count) }

  /// Adds one score.
  ///
  /// - Parameters:
  ///   - score: higher means more anomalous.
  ///   - image: named in the error.
  /// - Throws: `PatchCoreError` with code `.notFinite` if the score is NaN or infinite.
  public mutating func add(_ score: Float, image: String) throws {
    guard score.isFinite else { throw Self.notFinite("the score", score, image) }
    keys.append(Self.key(score))
  }

  /// Adds the pixels of a map that the network saw.
  ///
  /// - Parameters:
  ///   - map: the scores.
  ///   - placement: says which pixels were seen.
  ///   - image: named in the error.
  /// - Throws: `PatchCoreError` with code `.notFinite` if a score is NaN or infinite; nothing is added then.
  /// - Precondition: the placement is that of a map of this size.
  public mutating func add(_ map: AnomalyMap, placement: MapPlacement, image: String) throws {
    precondition(
      placement.columns.upperBound <= map.width && placement.rows.upperBound <= map.height,
      "the placement of another map")
    let before = keys.count
    var bad: Float?
    map.values.withUnsafeBufferPointer { values in
      for row in placement.rows {
        for column in placement.columns {
          let value = values[row * map.width + column]
          if !value.isFinite { bad = value }
          keys.append(Self.key(value))
        }
      }
    }
    if let bad {
      keys.removeSubrange(before...)
      throw Self.notFinite("a pixel's score", bad, image)
    }
  }

  /// The threshold that a rule takes from the scores.
  ///
  /// - Parameters:
  ///   - rule: the rule.
  ///   - what: what the scores are of, for messages.
  /// - Returns: the threshold, computed in 64-bit floats and rounded once.
  /// - Throws: `PatchCoreError` with code `.invalidDataset` if there are too few scores, `.notFinite` if the result
  ///   overflows.
  public func threshold(_ rule: ThresholdRule, of what: String = "images") throws -> Float {
    try rule.checkCount(count, of: what)
    let value: Float
    switch rule {
    case .maximum: value = score(ofRank: count - 1)
    case .quantile(let settings):
      let position = settings.q * Double(count - 1)
      let rank = min(Int(position), count - 1)
      let lower = Double(score(ofRank: rank)), upper = Double(score(ofRank: min(rank + 1, count - 1)))
      // From the nearer end, as NumPy does, so that the result is never beyond either.
      let share = position - Double(rank), step = upper - lower
      value = Float(share < 0.5 ? lower + step * share : upper - step * (1 - share))
    case .meanSigma(let settings):
      let (mean, deviation) = moments
      value = Float(mean + settings.sigmas * (deviation ?? 0))
    case .falsePositiveRate(let settings):
      value = score(ofRank: count - 1 - Self.largestCount(of: count, within: settings.rate))
    }
    guard value.isFinite else {
      throw PatchCoreError(.notFinite, "thresholds: the rule \(rule) gives \(value); choose smaller settings")
    }
    return value
  }

  /// Number, extremes, mean and deviation.
  ///
  /// - Precondition: there is a score.
  public var summary: ScoreSummary {
    let (mean, deviation) = moments
    return ScoreSummary(
      count: count, least: score(ofRank: 0), greatest: score(ofRank: count - 1), mean: mean, deviation: deviation)
  }

  /// The largest number of `count` that is at most the given share of it.
  private static func largestCount(of count: Int, within share: Double) -> Int {
    // The quotient is compared, not the product: 29 of 100 is 0.29, but 0.29 times 100 is below 29.
    var number = Int(share * Double(count))
    while number > 0, Double(number) / Double(count) > share { number -= 1 }
    while number + 1 < count, Double(number + 1) / Double(count) <= share { number += 1 }
    return number
  }

  /// Mean and standard deviation with n - 1, in two passes; no deviation of a single score.
  private var moments: (mean: Double, deviation: Double?) {
    let mean = sum { $0 } / Double(count)
    guard count > 1 else { return (mean, nil) }
    return (mean, (sum { ($0 - mean) * ($0 - mean) } / Double(count - 1)).squareRoot())
  }

  /// The sum over all scores, by pieces, so that rounding errors of many millions stay small.
  private func sum(_ term: (Double) -> Double) -> Double {
    keys.withUnsafeBufferPointer { keys in
      var total = 0.0
      for start in stride(from: 0, to: keys.count, by: 4096) {
        var part = 0.0
        for place in start..<min(start + 4096, keys.count) { part += term(Double(Self.score(keys[place]))) }
        total += part
      }
      return total
    }
  }

  /// The score of a rank in ascending order, from 0: by counting upper halves of keys, then lower ones.
  private func score(ofRank rank: Int) -> Float {
    keys.withUnsafeBufferPointer { keys in
      var rest = rank
      func digit(_ keys: UnsafeBufferPointer<UInt32>, above upper: UInt32?) -> UInt32 {
        var counts = [Int](repeating: 0, count: 1 << 16)
        counts.withUnsafeMutableBufferPointer { counts in
          if let upper {
            for key in keys where key >> 16 == upper { counts[Int(key & 0xFFFF)] += 1 }
          } else {
            for key in keys { counts[Int(key >> 16)] += 1 }
          }
        }
        for (value, count) in counts.enumerated() {
          if rest < count { return UInt32(value) }
          rest -= count
        }
        preconditionFailure("rank \(rank) of \(keys.count) scores")
      }
      let upper = digit(keys, above: nil)
      return Self.score(upper << 16 | digit(keys, above: upper))
    }
  }

  private static func key(_ score: Float) -> UInt32 {
    // Both zeros have one key.
    let bits = (score + 0).bitPattern
    return bits & 0x8000_0000 == 0 ? bits | 0x8000_0000 : ~bits
  }

  private static func score(_ key: UInt32) -> Float {
    Float(bitPattern: key & 0x8000_0000 == 0 ? ~key : key & 0x7FFF_FFFF)
  }

  private static func notFinite(_ what: String, _ value: Float, _ image: String) -> PatchCoreError {
    PatchCoreError(
      .notFinite, "thresholds: \(image): \(what) is \(value); check the weights and the preprocessing of the detector")
  }
}

/// What is kept of the scores behind a threshold.
public struct ScoreSummary: Sendable, Hashable, Codable {
  /// Number of scores, at least 1.
  public var count: Int
  /// The lowest score.
  public var least: Float
  /// The highest score.
  public var greatest: Float
  /// The mean.
  public var mean: Double
  /// The standard deviation (divided by n - 1); `nil` for one score.
  public var deviation: Double?

  /// Creates a summary.
  public init(count: Int, least: Float, greatest: Float, mean: Double, deviation: Double?) {
    self.count = count
    self.least = least
    self.greatest = greatest
    self.mean = mean
    self.deviation = deviation
  }

  /// What cannot be; `nil` if nothing is.
  var problem: String? {
    if count < 1 { return "it counts \(count) scores" }
    guard least.isFinite, greatest.isFinite, mean.isFinite, deviation?.isFinite ?? true, (deviation ?? 0) >= 0 else {
      return "it holds a number that cannot be"
    }
    return least <= greatest ? nil : "its least score \(least) is above its greatest \(greatest)"
  }
}
