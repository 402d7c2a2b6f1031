import Dispatch
import Foundation
import Synchronization

/// How many threads the program computes with: one setting for the engine, the plugins and the native libraries.
///
/// Set once, when the program starts. Results do not depend on it.
public enum ThreadCount {
  fileprivate static let turns = ComputeTurns(ProcessInfo.processInfo.activeProcessorCount)

  /// Whether this thread does one of several pieces that fill all threads.
  @TaskLocal private static var isPiece = false

  /// The number of threads; by default the number of processors the system gives the process.
  ///
  /// It is 1 where the threads are taken by other pieces of work of the same kind, such as other images.
  public static var current: Int { isPiece ? 1 : turns.threads }

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
    turns.setThreads(count)
  }

  /// Runs work on the calling thread when fewer threads than are set compute, or after a second of waiting.
  ///
  /// For work that is all computation and short, as one image is: loops inside it wait for nobody.
  package static func computing<R>(_ body: () throws -> R) rethrows -> R {
    if ComputeTurns.isHeldHere { return try body() }
    turns.take()
    defer { turns.giveBack(1) }
    return try ComputeTurns.holding(body)
  }

  /// Runs short work off Swift's cooperative threads when fewer than `current` threads compute: the task waits, and no
  /// thread with it.
  ///
  /// - Throws: what `work` throws, and `CancellationError` if the task was cancelled before its turn.
  package static func computingApart<R: Sendable>(_ work: @escaping @Sendable () throws -> R) async throws -> R {
    await turns.takeTurn()
    if Task.isCancelled {
      turns.giveBack(1)
      throw CancellationError()
    }
    return try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async {
        let result = Result { try ComputeTurns.holding(work) }
        turns.giveBack(1)
        continuation.resume(with: result)
      }
    }
  }

  /// Runs work that may use `count` threads beside the calling one, if so many are idle.
  ///
  /// Called from within `computing` or a piece of a parallel loop.
  ///
  /// - Parameters:
  ///   - count: threads asked for, all or none.
  ///   - body: told whether it may.
  /// - Returns: what `body` returns.
  /// - Throws: what `body` throws.
  package static func withFurtherThreads<R>(_ count: Int, _ body: (_ granted: Bool) throws -> R) rethrows -> R {
    let granted = turns.takeIdle(count, orNone: true) == count
    defer { if granted { turns.giveBack(count) } }
    return try body(granted)
  }

}

/// Calls `body` once for each number below `count`, on up to `ThreadCount.current` threads, and waits.
///
/// The pieces are fixed by `count` alone, never by the number of threads, so results that depend only on the piece do
/// not depend on the number of threads. The first error by number is thrown after the running pieces end.
///
/// Loops that run at the same time share the threads: a loop takes those that are idle when it starts, and waits for
/// one if there is none. A loop within a piece has the thread of its piece, and so never waits.
public func parallelLoop(_ count: Int, _ body: @Sendable (Int) throws -> Void) throws {
  guard count != 0 else { return }
  try ThreadCount.computing {
    let others = ThreadCount.turns.takeIdle(min(ThreadCount.current, count) - 1, orNone: false)
    guard others > 0 else {
      for piece in 0..<count { try body(piece) }
      return
    }
    let next = Atomic<Int>(0)
    let failure = Mutex<(piece: Int, error: any Error)?>(nil)
    DispatchQueue.concurrentPerform(iterations: others + 1) { thread in
      ComputeTurns.holding {
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
      if thread < others { ThreadCount.turns.giveBack(1) }
    }
    if let failure = failure.withLock({ $0 }) { throw failure.error }
  }
}
