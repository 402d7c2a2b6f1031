#if OneDNN
import Dispatch
import Foundation
import Synchronization

/// The one thread from which libraries share work among OpenMP's threads.
///
/// OpenMP keeps a pool for every thread that has asked for threads. If each caller asked for itself, the pools would
/// grow in number with the threads that ever called.
///
/// A class because it owns a thread, which waits for work as long as the process lives. `@unchecked Sendable`: `work` is
/// written and read in turn, with a semaphore between.
final class OpenMPThread: @unchecked Sendable {
  /// Started when it is first asked for.
  static let shared = OpenMPThread()

  private let isLent = Atomic<Bool>(false)
  private let asked = DispatchSemaphore(value: 0)
  private let answered = DispatchSemaphore(value: 0)
  private var work: (() -> Void)?

  private init() {
    let thread = Thread { [self] in
      while true {
        asked.wait()
        work?()
        answered.signal()
      }
    }
    thread.name = "patchcore openmp"
    // As a main thread has: OpenMP's own threads take theirs from the system's setting too.
    thread.stackSize = 8 << 20
    thread.start()
  }

  /// Runs work on that thread and waits for its end.
  ///
  /// - Returns: what `body` returns; `nil` if the thread is at work for another caller.
  /// - Throws: what `body` throws.
  func runIfIdle<R>(_ body: () throws -> R) throws -> R? {
    guard !isLent.exchange(true, ordering: .acquiring) else { return nil }
    defer { isLent.store(false, ordering: .releasing) }
    var result: Result<R, any Error>?
    withoutActuallyEscaping({ result = Result(catching: body) }) { escaping in
      work = escaping
      asked.signal()
      answered.wait()
      work = nil
    }
    return try result?.get()
  }
}
#endif
