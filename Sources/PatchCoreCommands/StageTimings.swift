import Foundation
import PatchCore
import Synchronization

/// Adds up the time of each stage over a run.
final class StageTimings: Sendable {
  private let seconds = Mutex<[(stage: String, seconds: Double)]>([])

  /// A clock that adds to this.
  var clock: StageClock {
    StageClock { stage, time in
      let elapsed = time.inSeconds
      self.seconds.withLock { list in
        if let position = list.firstIndex(where: { $0.stage == stage }) {
          list[position].seconds += elapsed
        } else {
          list.append((stage, elapsed))
        }
      }
    }
  }

  /// Seconds by stage, in the order in which stages first ran.
  var list: [(stage: String, seconds: Double)] { seconds.withLock { $0 } }

  /// One line: `extractor 1.20 s, scorer 0.31 s`.
  var summary: String {
    list.map { String(format: "%@ %.2f s", $0.stage as NSString, $0.seconds) }.joined(separator: ", ")
  }
}
