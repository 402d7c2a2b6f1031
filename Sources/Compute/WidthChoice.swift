/// Whether a single image is computed on several threads or on one, by how long either took lately.
///
/// On idle processors several threads win. Where other programs hold the processors, every layer waits for the thread
/// that got none, and one thread alone is faster, often by far. Both ways give the same numbers.
package struct WidthChoice: Sendable {
  private enum State {
    /// Several threads, with how many of the last runs in a row were slow, and the faster of them.
    case wide(slow: Int, least: Double)
    /// One thread, once, to compare with the slow run that took `wide` seconds.
    case comparing(wide: Double)
    /// One thread, for so many further runs.
    case single(left: Int)
    /// Several threads, once, to see whether the processors are idle again.
    case trying
  }

  /// A run on several threads is slow if it takes so many times the fastest one.
  package static let slow = 1.4
  /// So many slow runs in a row raise doubt; one may be chance.
  package static let slowRuns = 2
  /// Runs on one thread before several are tried again: doubled with every trial that fails, up to the largest.
  package static let stays = 8...64

  private var state = State.wide(slow: 0, least: .infinity)
  private var fastest = Double.infinity
  private var singleTime = Double.infinity
  private var stay = stays.lowerBound

  /// Several threads, until runs are slow.
  package init() {}

  /// Whether the next run should use several threads.
  package var isWide: Bool {
    switch state {
    case .wide, .trying: true
    case .comparing, .single: false
    }
  }

  /// Takes in the seconds of a run that was made as `isWide` said.
  package mutating func add(_ seconds: Double) {
    switch state {
    case .wide(let slow, let least):
      fastest = min(fastest, seconds)
      guard seconds > Self.slow * fastest else {
        state = .wide(slow: 0, least: .infinity)
        return
      }
      let lesser = min(least, seconds)
      state = slow + 1 < Self.slowRuns ? .wide(slow: slow + 1, least: lesser) : .comparing(wide: lesser)
    case .comparing(let wide):
      singleTime = seconds
      if seconds < wide {
        state = .single(left: stay)
      } else {
        // The processor itself is slower than it was.
        (state, fastest) = (.wide(slow: 0, least: .infinity), wide)
      }
    case .single(let left):
      singleTime = min(singleTime, seconds)
      state = left > 1 ? .single(left: left - 1) : .trying
    case .trying:
      if seconds < singleTime {
        (state, stay) = (.wide(slow: 0, least: .infinity), Self.stays.lowerBound)
      } else {
        stay = min(2 * stay, Self.stays.upperBound)
        state = .single(left: stay)
      }
    }
  }
}
