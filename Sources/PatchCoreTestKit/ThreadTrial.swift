import PatchCore
import Synchronization

/// Computes with a number of threads of its own.
enum ThreadTrial {
  /// The number of threads is one setting of the process: checks that run at once must not change it under each other.
  private static let lock = Mutex(())

  /// Calls the body while `ThreadCount.current` is `count`.
  static func with<R>(_ count: Int, _ body: () throws -> R) rethrows -> R {
    try lock.withLock { _ in
      let before = ThreadCount.current
      ThreadCount.set(count)
      defer { ThreadCount.set(before) }
      return try body()
    }
  }
}
