import CKernels

/// The rows with the largest distances of some, and the line below which no other can be.
struct CandidateRows {
  /// The rows, ascending.
  private(set) var rows: [Int32]
  /// The least of their distances: no other row has a larger one.
  private(set) var least: Float
  /// The last of the rows with that distance: no other row that has it stands before.
  private(set) var lastAtLeast: Int32

  /// Chooses rows, of equally far ones those with the lower numbers.
  ///
  /// - Parameters:
  ///   - count: how many, from 1 to the number of distances.
  ///   - distances: one for each row.
  ///   - scratch: room for as many numbers.
  init(_ count: Int, farthestBy distances: [Float], scratch: inout [Float]) {
    rows = [Int32](unsafeUninitializedCapacity: count) {
      $1 = pc_far_rows(distances, distances.count, count, $0.baseAddress!, &scratch)
    }
    (least, lastAtLeast) = (.infinity, 0)
    for row in rows where distances[Int(row)] <= least { (least, lastAtLeast) = (distances[Int(row)], row) }
  }

  /// Keeps those that are still as far as the line, now that distances have shrunk, and at most `count` of them.
  ///
  /// - Returns: how many were as far.
  mutating func tighten(_ distances: [Float], atMost count: Int, scratch: inout [Float]) -> Int {
    rows.removeAll { distances[Int($0)] < max(least, 0) }
    let found = rows.count
    guard found > count else { return found }
    let farthest = CandidateRows(count, farthestBy: rows.map { distances[Int($0)] }, scratch: &scratch)
    let last = rows[Int(farthest.lastAtLeast)]
    lastAtLeast = farthest.least == least ? min(lastAtLeast, last) : last
    least = farthest.least
    rows = farthest.rows.map { rows[Int($0)] }
    return found
  }
}
