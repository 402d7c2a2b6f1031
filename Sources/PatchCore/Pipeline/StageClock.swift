/// Measures how long each stage takes and tells a recorder.
///
/// Stages are named `decode`, `preprocess`, `extractor`, `aggregator`, `subsampler`, `neighbour_index`, `scorer`, `map`,
/// and `regions` where there are thresholds. A fit and the inspection of many images do the stages of several images at
/// once, so what is recorded adds up to the work of all threads and not to the time that passes.
public struct StageClock: Sendable {
  private let record: @Sendable (_ stage: String, _ time: Duration) -> Void

  /// A clock that calls `record` after each piece of work, from any thread.
  public init(_ record: @escaping @Sendable (_ stage: String, _ time: Duration) -> Void) { self.record = record }

  /// A clock that nobody reads.
  public static let ignored = StageClock { _, _ in }

  /// Does a piece of work of a stage and records its time.
  ///
  /// - Parameters:
  ///   - stage: the stage's name.
  ///   - work: the work.
  /// - Returns: what `work` returns.
  /// - Throws: what `work` throws.
  public func measure<R>(_ stage: String, _ work: () throws -> R) rethrows -> R {
    let start = ContinuousClock.now
    defer { record(stage, ContinuousClock.now - start) }
    return try work()
  }
}

extension Duration {
  /// The time in seconds.
  package var inSeconds: Double {
    let (whole, atto) = components
    return Double(whole) + Double(atto) * 1e-18
  }
}
