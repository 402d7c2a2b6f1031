import Dispatch
import Foundation
import Synchronization

/// Who computes: as many threads at once as the program may use, whoever calls.
///
/// There are more only where a thread has waited for its turn longer than `patience`.
///
/// A class because the lists of those who wait are shared.
final class ComputeTurns: Sendable {
  /// How long a thread waits for its turn, in seconds, before it computes beside the others: those may be long at work,
  /// or wait for this very thread, as when a stage starts threads of its own.
  private static let patience = 1.0

  private enum Waiter {
    case thread(DispatchSemaphore)
    case task(CheckedContinuation<Void, Never>)

    func isThread(waitingFor semaphore: DispatchSemaphore) -> Bool {
      if case .thread(let own) = self { own === semaphore } else { false }
    }
  }

  private struct State {
    var threads: Int
    var busy = 0
    var waiting: [Waiter] = []

    /// Takes a turn if nobody waits for one.
    mutating func takeIfIdle() -> Bool {
      guard waiting.isEmpty, busy < threads else { return false }
      busy += 1
      return true
    }

    /// Gives idle threads to those who wait, first come first served.
    mutating func serve() -> [Waiter] {
      let served = Array(waiting.prefix(max(0, threads - busy)))
      waiting.removeFirst(served.count)
      busy += served.count
      return served
    }
  }

  private let state: Mutex<State>

  init(_ threads: Int) { state = Mutex(State(threads: threads)) }

  var threads: Int { state.withLock { $0.threads } }

  func setThreads(_ count: Int) {
    wake(
      state.withLock { state in
        state.threads = count
        return state.serve()
      })
  }

  /// Takes a turn for the calling thread, and waits for it.
  func take() {
    let waiter = state.withLock { state -> DispatchSemaphore? in
      if state.takeIfIdle() { return nil }
      let semaphore = DispatchSemaphore(value: 0)
      state.waiting.append(.thread(semaphore))
      return semaphore
    }
    guard let semaphore = waiter else { return }
    if semaphore.wait(timeout: .now() + Self.patience) == .success { return }
    state.withLock { state in
      // Nobody served it in the meantime.
      guard let place = state.waiting.firstIndex(where: { $0.isThread(waitingFor: semaphore) }) else { return }
      state.waiting.remove(at: place)
      state.busy += 1
    }
  }

  /// Takes a turn for the calling task, however long that takes; no thread waits.
  ///
  /// A thread that has a turn must not wait for such a task.
  func takeTurn() async {
    await withCheckedContinuation { continuation in
      let isServed = state.withLock { state in
        if state.takeIfIdle() { return true }
        state.waiting.append(.task(continuation))
        return false
      }
      if isServed { continuation.resume() }
    }
  }

  /// Takes idle threads without waiting: as many as there are up to `count`, or, if so asked, all of `count` or none.
  func takeIdle(_ count: Int, orNone: Bool) -> Int {
    guard count > 0 else { return 0 }
    return state.withLock { state in
      let idle = state.waiting.isEmpty ? max(0, state.threads - state.busy) : 0
      let taken = orNone && idle < count ? 0 : min(idle, count)
      state.busy += taken
      return taken
    }
  }

  /// Gives turns back.
  func giveBack(_ count: Int) {
    wake(
      state.withLock { state in
        state.busy -= count
        return state.serve()
      })
  }

  private func wake(_ waiters: [Waiter]) {
    for waiter in waiters {
      switch waiter {
      case .thread(let semaphore): semaphore.signal()
      case .task(let continuation): continuation.resume()
      }
    }
  }

  // Whether the calling thread has a turn: a mark of the thread's, not of the task's, whose parts run on many.
  private static let mark: pthread_key_t = {
    var key = pthread_key_t()
    precondition(pthread_key_create(&key, nil) == 0, "no room for a thread's mark")
    return key
  }()

  static var isHeldHere: Bool { pthread_getspecific(mark) != nil }

  /// Marks the calling thread while `body` runs.
  static func holding<R>(_ body: () throws -> R) rethrows -> R {
    let before = pthread_getspecific(mark)
    pthread_setspecific(mark, UnsafeRawPointer(bitPattern: 1))
    defer { pthread_setspecific(mark, before) }
    return try body()
  }
}
