import PatchCore

extension GreedyCoreset {
  /// A forced pick, beside the row that would have been picked.
  public struct ReplayStep: Sendable, Equatable {
    /// The forced pick.
    public var row: Int
    /// Its distance to the picks before it, or its start distance if that is less.
    public var distance: Float
    /// The row farthest from the picks before.
    public var farthestRow: Int
    /// That row's distance.
    public var farthestDistance: Float

    /// How much nearer the forced pick was than the farthest row; 0 if it was as far.
    public var shortfall: Float { farthestDistance - distance }
  }

  /// Forces picks one after another, and tells for each how it compares with the row that would have been picked.
  ///
  /// Shows whether a selection made elsewhere is a greedy one up to rounding: two selections that differ by rounding at
  /// one step need share no later one.
  ///
  /// - Parameters:
  ///   - picks: rows, in order of selection.
  ///   - startDistances: n numbers, at least 0; a row's distance is never above its own.
  ///   - progress: told how far the work is; throws when it should stop.
  /// - Returns: one step per pick.
  /// - Throws: `PatchCoreError` with code `.shapeMismatch` if a pick is no row; what `progress` throws.
  /// - Complexity: O(n p picks) time.
  public func replay(
    _ picks: [Int], startDistances: [Float], progress: ProgressReporter = .silent
  ) throws -> [ReplayStep] {
    precondition(startDistances.count == count, "\(startDistances.count) distances for \(count) rows")
    var held = startDistances
    return try picks.enumerated().map { step, row in
      try progress.report("replay", step, of: picks.count)
      guard held.indices.contains(row) else {
        throw PatchCoreError(
          .shapeMismatch, stage: "subsampler",
          "pick \(step) is row \(row) of \(count) candidates; replay it on the candidates it was made from")
      }
      var farthest = 0
      held.withUnsafeBufferPointer { held in
        for other in held.indices where held[other] > held[farthest] { farthest = other }
      }
      let result = ReplayStep(
        row: row, distance: held[row], farthestRow: farthest, farthestDistance: held[farthest])
      let distances = try distances(toRow: row)
      for other in held.indices { held[other] = min(held[other], distances[other]) }
      return result
    }
  }
}
