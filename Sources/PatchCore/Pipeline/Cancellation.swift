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
}
