import CKernels

/// The rows now farthest from the picks: the greedy loop finds its next picks among them.
struct CandidateRows {
  /// The rows, ascending.
  private(set) var rows: [Int] = []
  private var chosen: [Int32]
  private var scratch: [Float]
  private let total: Int

  /// - Parameters:
  ///   - capacity: how many rows to choose, from 1 to `total`.
  ///   - total: the number of rows to choose from.
  init(capacity: Int, of total: Int) {
    chosen = [Int32](repeating: 0, count: capacity)
    scratch = [Float](repeating: 0, count: total)
    self.total = total
  }

  /// Chooses the rows with the largest distances, equal ones by row number.
  mutating func choose(from distances: [Float]) {
    let count = pc_far_rows(distances, total, chosen.count, &chosen, &scratch)
    rows = chosen.prefix(count).map(Int.init)
  }
}
