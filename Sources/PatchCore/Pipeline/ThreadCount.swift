import Dispatch
import Foundation
import Synchronization

/// How many threads the program computes with: one setting for the engine, the plugins and the native libraries.
///
/// Set once, when the program starts. Results do not depend on it.
public enum ThreadCount {
  private static let value = Atomic<Int>(ProcessInfo.processInfo.activeProcessorCount)

  /// Whether this thread does one of several pieces that fill all threads.
  @TaskLocal private static var isPiece = false

  /// The number of threads; by default the number of processors the system gives the process.
  ///
  /// It is 1 where the threads are taken by other pieces of work of the same kind, such as other images.
  public static var current: Int { isPiece ? 1 : value.load(ordering: .relaxed) }

  /// Calls `body` on this thread alone: `current` is 1 in it.
  package static func withOne<R>(_ body: () throws -> R) rethrows -> R {
    try $isPiece.withValue(true, operation: body)
  }

  /// Calls `body` with `current` as it was set, also inside of `withOne`: for what is made once and kept.
  package static func withAll<R>(_ body: () throws -> R) rethrows -> R {
    try $isPiece.withValue(false, operation: body)
  }

  /// Sets the number of threads.
  ///
  /// - Precondition: `count >= 1`.
  public static func set(_ count: Int) {
    precondition(count >= 1, "at least one thread")
    value.store(count, ordering: .relaxed)
  }
}

/// Calls `body` once for each number below `count`, on up to `ThreadCount.current` threads, and waits.
///
/// The pieces are fixed by `count` alone, never by the number of threads, so results that depend only on the piece do
/// not depend on the number of threads. The first error by number is thrown after the running pieces end.
public func parallelLoop(_ count: Int, _ body: @Sendable (Int) throws -> Void) throws {
  let threads = min(ThreadCount.current, count)
  guard threads > 1 else {
    for piece in 0..<count { try body(piece) }
    return
  }
  let next = Atomic<Int>(0)
  let failure = Mutex<(piece: Int, error: any Error)?>(nil)
  DispatchQueue.concurrentPerform(iterations: threads) { _ in
    while true {
      let piece = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard piece < count else { return }
      do {
        try body(piece)
      } catch {
        failure.withLock { if $0 == nil || piece < $0!.piece { $0 = (piece, error) } }
        next.store(count, ordering: .relaxed)
      }
    }
  }
  if let failure = failure.withLock({ $0 }) { throw failure.error }
}
