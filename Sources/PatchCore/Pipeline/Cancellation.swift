import Dispatch
import Synchronization

/// Carries a task's cancellation to work that runs outside of Swift's tasks.
///
/// A class, because an escaping closure cannot capture an atomic.
final class Cancellation: Sendable {
  private let isRequested = Atomic<Bool>(false)

  /// Asks the work to end.
  func request() { isRequested.store(true, ordering: .relaxed) }

  /// Ends the work if asked.
  ///
  /// - Throws: `CancellationError`.
  func check() throws {
    if isRequested.load(ordering: .relaxed) { throw CancellationError() }
  }

  /// Runs long or native work off Swift's cooperative threads, which must never wait.
  ///
  /// - Parameter work: is given the flag that the task's cancellation raises.
  /// - Returns: what `work` returns.
  /// - Throws: what `work` throws, and `CancellationError` if the task was cancelled before its turn.
  static func carried<R: Sendable>(
    into work: @escaping @Sendable (Cancellation) throws -> R
  ) async throws -> R {
    let cancellation = Cancellation()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global().async {
          continuation.resume(
            with: Result {
              try cancellation.check()
              return try work(cancellation)
            })
        }
      }
    } onCancel: {
      cancellation.request()
    }
  }
}
