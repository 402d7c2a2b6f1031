import Dispatch
import Foundation

/// Does numbered pieces of work on up to `ThreadCount.current` threads and hands the results on in order.
///
/// One thread takes a piece from its beginning to its end, so the steps of several pieces overlap and no thread waits
/// at the end of a step; loops and networks inside a piece use that thread alone. The calling thread works too, and it
/// alone hands results on. A single piece is done on the calling thread and may use all threads.
///
/// At most two pieces for each thread are begun and not handed on. After an error no piece is begun; it is thrown when
/// its turn comes, so what is thrown and what is handed on before it do not depend on the number of threads. No piece
/// runs when the call returns.
///
/// - Parameters:
///   - count: how many pieces.
///   - work: does the piece of a number, on any thread.
///   - deliver: takes number and result, on the calling thread, in order of the numbers.
/// - Throws: the error of the first piece by number that fails, or what `deliver` throws.
package func inOrder<Value: Sendable>(
  _ count: Int, work: @escaping @Sendable (Int) throws -> Value, deliver: (Int, Value) throws -> Void
) throws {
  let threads = min(ThreadCount.current, count)
  guard threads > 1 else {
    for number in 0..<count { try deliver(number, work(number)) }
    return
  }
  let ordered = OrderedWork(count: count, window: 2 * threads, work: work)
  for _ in 1..<threads { DispatchQueue.global().async { ordered.help() } }
  defer { ordered.close() }
  while let step = ordered.next() {
    switch step {
    case .work(let number): ordered.finish(number, ordered.result(of: number))
    case .deliver(let number, let result): try deliver(number, result.get())
    }
  }
}

/// The pieces of one call of `inOrder`: which are begun, which are done.
///
/// A class, because threads share it, also those that come when all is done. `@unchecked Sendable`: what changes is
/// touched under the lock of `condition` alone.
private final class OrderedWork<Value: Sendable>: @unchecked Sendable {
  enum Step {
    case work(Int)
    case deliver(Int, Result<Value, any Error>)
  }

  private let count: Int
  private let window: Int
  private let work: @Sendable (Int) throws -> Value
  private let condition = NSCondition()
  /// The first piece that nobody has begun.
  private var begun = 0
  /// The first piece that is not handed on.
  private var delivered = 0
  /// No piece from here on is begun.
  private var end: Int
  /// Helpers that are at a piece.
  private var helping = 0
  private var results: [Int: Result<Value, any Error>] = [:]

  init(count: Int, window: Int, work: @escaping @Sendable (Int) throws -> Value) {
    self.count = count
    self.window = window
    self.work = work
    end = count
  }

  /// Does a piece on this thread alone.
  func result(of number: Int) -> Result<Value, any Error> {
    Result { try ThreadCount.computing { try ThreadCount.withOne { try work(number) } } }
  }

  /// Does pieces until none is left.
  func help() {
    while let number = beginHelping() { finish(number, result(of: number), asHelper: true) }
  }

  private func beginHelping() -> Int? {
    condition.withLock {
      while begun < end, begun >= delivered + window { condition.wait() }
      guard begun < end else { return nil }
      begun += 1
      helping += 1
      return begun - 1
    }
  }

  /// What the calling thread does next; `nil` when every result is handed on.
  func next() -> Step? {
    condition.withLock {
      while true {
        if let result = results.removeValue(forKey: delivered) {
          delivered += 1
          condition.broadcast()
          return .deliver(delivered - 1, result)
        }
        if delivered == count { return nil }
        if begun < end, begun < delivered + window {
          begun += 1
          return .work(begun - 1)
        }
        // The piece that is next to be handed on is with a helper.
        condition.wait()
      }
    }
  }

  /// Keeps a result until its turn comes.
  func finish(_ number: Int, _ result: Result<Value, any Error>, asHelper: Bool = false) {
    condition.withLock {
      if asHelper { helping -= 1 }
      if case .failure = result { end = min(end, begun) }
      results[number] = result
      condition.broadcast()
    }
  }

  /// Begins no further piece, and waits for those that helpers are at.
  ///
  /// A helper that the system has not started yet finds nothing to do and is not waited for.
  func close() {
    condition.withLock {
      end = 0
      condition.broadcast()
      while helping > 0 { condition.wait() }
      results = [:]
    }
  }
}
