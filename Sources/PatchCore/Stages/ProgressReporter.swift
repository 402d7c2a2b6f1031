/// Tells a handler how far long work is, and stops the work when asked.
///
/// `report` throws `CancellationError` once the current task is cancelled, and whatever the handler throws; the work
/// ends there and leaves nothing half-written.
public struct ProgressReporter: Sendable {
  /// How far a piece of work is.
  public struct Event: Sendable {
    /// What is being done, such as "embedding" or "coreset".
    public var activity: String
    /// Units done.
    public var completed: Int
    /// Units in all.
    public var total: Int
  }

  private let handler: @Sendable (Event) throws -> Void

  /// A reporter that calls `handler` on the thread that works.
  public init(_ handler: @escaping @Sendable (Event) throws -> Void) {
    self.handler = handler
  }

  /// A reporter that tells nobody, but still honours cancellation.
  public static let silent = ProgressReporter { _ in }

  /// Reports progress.
  ///
  /// - Throws: `CancellationError` if the current task is cancelled, or the handler's error.
  public func report(_ activity: String, _ completed: Int, of total: Int) throws {
    try Task.checkCancellation()
    try handler(Event(activity: activity, completed: completed, total: total))
  }
}
