/// How often magnitudes occur, in intervals of a thirty-second of a power of two.
///
/// Intervals on a logarithmic scale need no range beforehand, so one pass over the images is enough.
struct ActivationHistogram: Sendable {
  /// The bits of a float32's mantissa below those that tell intervals apart.
  private static let droppedBits: UInt32 = 18
  private static let intervals = 1 << 13

  private var counts = [Int](repeating: 0, count: intervals)

  /// Counts finite numbers.
  mutating func add(_ values: UnsafeBufferPointer<Float>) {
    counts.withUnsafeMutableBufferPointer { counts in
      for value in values { counts[Int(value.magnitude.bitPattern >> Self.droppedBits)] += 1 }
    }
  }

  /// The end of an interval.
  private static func end(_ interval: Int) -> Float { Float(bitPattern: UInt32(interval + 1) << droppedBits) }

  private static func middle(_ interval: Int) -> Double {
    (Double(Float(bitPattern: UInt32(interval) << droppedBits)) + Double(end(interval))) / 2
  }

  /// The limit at which rounding to `levels` steps leaves the least squared error.
  ///
  /// Numbers up to half a step become 0, others up to the limit are off by a twelfth of a step's square on average, and
  /// what exceeds the limit becomes the limit.
  ///
  /// - Returns: the end of an interval, no larger than that of the largest number; 1 if there are only zeros.
  func bestLimit(levels: Int) -> Float {
    guard let largest = counts.indices.last(where: { counts[$0] > 0 && $0 > 0 }) else { return 1 }
    var best = (limit: Self.end(largest), error: Double.infinity)
    // Nothing below a sixty-fourth of the largest number is ever best: the cut would cost more than all steps.
    for candidate in stride(from: largest, through: max(0, largest - 6 * 32), by: -1) {
      let limit = Self.end(candidate)
      let step = Double(limit) / Double(levels)
      var error = 0.0
      for interval in 1...largest where counts[interval] > 0 {
        let magnitude = Self.middle(interval)
        let single =
          magnitude < step / 2
          ? magnitude * magnitude
          : magnitude <= Double(limit)
            ? step * step / 12 : (magnitude - Double(limit)) * (magnitude - Double(limit))
        error += Double(counts[interval]) * single
      }
      if error < best.error { best = (limit, error) }
    }
    return best.limit
  }
}
