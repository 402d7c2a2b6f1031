import Foundation
import Synchronization

/// How many threads this process has while some work runs, counted again and again by a thread of its own.
struct ThreadSample {
  /// How often they were counted.
  let looks: Int
  /// The most there were.
  let most: Int

  /// What the sampling thread finds; a class, because two threads share it.
  private final class Samples: Sendable {
    let found = Mutex((looks: 0, most: 0))
    let isDone = Atomic<Bool>(false)
    let ended = DispatchSemaphore(value: 0)
  }

  /// Counts every two milliseconds until the work ends.
  init(_ work: () throws -> Void) rethrows {
    let samples = Samples()
    Thread.detachNewThread {
      while !samples.isDone.load(ordering: .acquiring) {
        let count = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task"))?.count ?? 0
        samples.found.withLock { $0 = ($0.looks + 1, max($0.most, count)) }
        usleep(2000)
      }
      samples.ended.signal()
    }
    defer {
      samples.isDone.store(true, ordering: .releasing)
      samples.ended.wait()
    }
    try work()
    (looks, most) = samples.found.withLock { $0 }
  }
}
