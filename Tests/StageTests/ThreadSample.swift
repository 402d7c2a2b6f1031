import Foundation
import Synchronization

/// What the threads of this process do while some work runs, sampled by a thread of its own.
struct ThreadSample {
  /// How many threads wanted a processor at each sample, the sampling one left out.
  let running: [Int]
  /// The most threads there were at a sample.
  let most: Int

  /// The number that half of the samples do not exceed: threads that hand work over want a processor both for a moment.
  var usual: Int { running.sorted()[running.count / 2] }

  /// Samples every two milliseconds until the work ends.
  init(_ work: () throws -> Void) rethrows {
    let found = Mutex((running: [Int](), most: 0))
    let isDone = Atomic<Bool>(false)
    try withoutActuallyEscaping({
      while !isDone.load(ordering: .acquiring) {
        let (running, count) = Self.look()
        found.withLock { $0 = ($0.running + [running], max($0.most, count)) }
        usleep(2000)
      }
    }) { look in
      nonisolated(unsafe) let look = look
      let ended = DispatchSemaphore(value: 0)
      Thread.detachNewThread {
        look()
        ended.signal()
      }
      defer {
        isDone.store(true, ordering: .releasing)
        ended.wait()
      }
      try work()
    }
    (running, most) = found.withLock { $0 }
  }

  /// Threads that run or would like to, and all.
  private static func look() -> (running: Int, count: Int) {
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
    let states = tasks.compactMap { task in
      // After the name, which ends with the last bracket.
      (try? String(contentsOfFile: "/proc/self/task/\(task)/stat", encoding: .utf8))?
        .split(separator: ")").last?.split(separator: " ").first
    }
    return (states.count { $0 == "R" } - 1, tasks.count)
  }
}
