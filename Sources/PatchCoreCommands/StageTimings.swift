import Evaluation
import Foundation
import PatchCore
import Synchronization

/// Adds up the time of each stage over a run.
///
/// Stages of several images run at once: the seconds of a stage are added up over the threads that did it, and may
/// exceed the time that passed, `wall`.
final class StageTimings: Sendable {
  private let seconds = Mutex<[(stage: String, seconds: Double)]>([])
  private let wall = Mutex<Double>(0)

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

  /// Does the work whose stages are measured, and adds the time that passes.
  func measuring<R>(_ work: () throws -> R) rethrows -> R {
    let start = ContinuousClock.now
    defer { wall.withLock { $0 += (ContinuousClock.now - start).inSeconds } }
    return try work()
  }

  /// Seconds by stage, and `wall`.
  var byName: [String: Double] {
    Dictionary(uniqueKeysWithValues: seconds.withLock { $0 } + [(EvaluationReport.wallKey, wall.withLock { $0 })])
  }

  /// One line: `extractor 1.20 s, scorer 0.31 s; wall 0.80 s, 12.5 images a second, threads 2`.
  ///
  /// - Parameter images: how many images the work was on.
  /// - Returns: the line.
  func summary(images: Int) -> String {
    let stages = seconds.withLock { $0 }.map { String(format: "%@ %.2f s", $0.stage as NSString, $0.seconds) }
    let passed = wall.withLock { $0 }
    let rate = passed > 0 ? String(format: ", %.1f images a second", Double(images) / passed) : ""
    return stages.joined(separator: ", ")
      + String(format: "; %@ %.2f s", EvaluationReport.wallKey as NSString, passed) + rate
      + ", threads \(ThreadCount.current)"
  }
}
