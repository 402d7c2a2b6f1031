import CKernels
import PatchCore

/// One run of the greedy loop: the picks so far, and what is known of the other rows.
///
/// Three things spare work, and none changes a distance that decides.
///
/// - Distances only shrink. While the farthest of a few candidates is still as far as the last of them was when they were
///   chosen, no other row can be farther, and the next picks are found among the candidates alone.
/// - A distance that is known to be less than that of the next pick need not be exact. So a row is compared with a
///   block of picks only when its turn comes: when what is known of it puts it among the farthest. Many rows never see
///   the later picks.
/// - On processors with products of bfloat16, a row and a pick are first compared by their sketches: the numbers
///   less a common centre, rounded to bfloat16. A sketch is within 2^-8 of the length of what it stands for, so the
///   distance of two sketches less both errors, and less a bound of the rounding of their product in single precision,
///   is a lower bound of the distance. Only where it is below the distance held is the distance itself computed.
///
/// Rows of equal distance are told apart by their numbers at each step.
struct GreedySelection {
  /// The rows picked, in order.
  private(set) var picks: [Int]

  private let rows: Matrix
  private let centre: [Float]
  private let total: Int
  /// Each row's distance to the picks it has been compared with, or its start distance; -1 for a row that is picked.
  private var held: [Float]
  /// For each row, the number of blocks of picks it has been compared with.
  private var blocksSeen: [Int32]
  /// The number of picks before each block.
  private var blockStarts: [Int]
  private var pickCoordinates: [Float] = []
  private var pickSketches: [UInt32] = []
  private var pickHalves: [Float] = []
  /// How many rows are brought up to date for the next block.
  private var searched: Int
  private var scratch: [Float]

  /// Rows among which a block's picks are found.
  ///
  /// Any number gives the same selection; this one balances the time to find candidates against that to search them.
  private static let candidateCount = 1024
  /// Rows per piece of parallel work.
  private static let rowsPerPiece = 64

  /// - Parameters:
  ///   - rows: `n x p`.
  ///   - centre: p numbers; any serve, near the rows best.
  ///   - distances: n numbers, at least 0, the first distances of the rows.
  ///   - chosen: rows that are picked already, with `distances` at most those to them.
  ///   - total: how many to pick in all, from 1 to n.
  init(_ rows: Matrix, centre: [Float], distances: [Float], chosen: [Int], picks total: Int) {
    self.rows = rows
    self.centre = centre
    self.total = total
    held = distances
    blocksSeen = [Int32](repeating: 0, count: rows.rows)
    blockStarts = [chosen.count]
    picks = []
    searched = min(Self.candidateCount, rows.rows)
    scratch = [Float](repeating: 0, count: rows.rows)
    picks.reserveCapacity(total)
    pickCoordinates.reserveCapacity(total * rows.columns)
    for row in chosen { append(row) }
  }

  /// Whether all rows wanted are picked.
  var isComplete: Bool { picks.count >= total }

  /// Brings the rows that seem farthest up to date and picks among them: often many rows, sometimes none.
  mutating func pickBlock(_ progress: ProgressReporter) throws {
    var candidates = CandidateRows(searched, farthestBy: held, scratch: &scratch)
    try compare(candidates.rows, progress)
    let found = candidates.tighten(held, atMost: Self.candidateCount, scratch: &scratch)
    pick(among: candidates)
    blockStarts.append(picks.count)
    let factor = (Double(Self.candidateCount) / Double(found + 1)).squareRoot()
    let wanted = Double(searched) * min(max(factor, 0.5), 2)
    searched = min(max(Int(wanted), Self.candidateCount), rows.rows)
  }

  private mutating func append(_ row: Int) {
    rows.withRow(row) { values in
      pickCoordinates += values
      var half: Float = 0
      let sketch = [UInt32](unsafeUninitializedCapacity: (rows.columns + 1) / 2) {
        pc_sketch_rows(values.baseAddress!, 1, rows.columns, centre, $0.baseAddress!, &half)
        $1 = $0.count
      }
      pickSketches += sketch
      pickHalves.append(half)
    }
    picks.append(row)
    held[row] = -1
  }

  /// Lowers the distances of some rows to those to the picks that they have not been compared with.
  private mutating func compare(_ chosen: [Int32], _ progress: ProgressReporter) throws {
    let newest = blockStarts.count - 1
    let stale = [Int32](unsafeUninitializedCapacity: chosen.count) { sorted, count in
      var places = [Int32](repeating: 0, count: newest + 1)
      count = pc_group_rows(
        chosen, chosen.count, blocksSeen, held, Int32(newest), &places, sorted.baseAddress!)
    }
    // The first row of a piece has seen the fewest picks.
    let pieces = stride(from: 0, to: stale.count, by: Self.rowsPerPiece).map { first in
      (first: first, seen: blockStarts[Int(blocksSeen[Int(stale[first])])])
    }
    var start = 0
    while start < pieces.count {
      var (end, work) = (start, 0)
      while end < pieces.count, work < GreedyCoreset.workPerReport {
        work += Self.rowsPerPiece * rows.columns * (picks.count - pieces[end].seen)
        end += 1
      }
      if start > 0 { try progress.report("coreset", picks.count, of: total) }
      try compare(stale, pieces[start..<end])
      start = end
    }
    for row in stale { blocksSeen[Int(row)] = Int32(newest) }
  }

  private mutating func compare(_ stale: [Int32], _ pieces: ArraySlice<(first: Int, seen: Int)>) throws {
    let (p, pairs, centre) = (rows.columns, (rows.columns + 1) / 2, centre)
    let (coordinates, sketches, halves) = (pickCoordinates, pickSketches, pickHalves)
    try rows.withUnsafeBufferPointer { rows in
      try held.withUnsafeMutableBufferPointer { held in
        nonisolated(unsafe) let rows = rows.baseAddress!, held = held
        try parallelLoop(pieces.count) { number in
          let piece = pieces[pieces.startIndex + number]
          let members = Array(stale[piece.first..<min(piece.first + Self.rowsPerPiece, stale.count)])
          let panels = RowPanels(of: rows, dimension: p, members)
          var distances = members.map { held[Int($0)] }
          distances += [Float](repeating: -1, count: panels.panels * RowPanels.size - members.count)
          withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 2 * pairs * RowPanels.size) { scratch in
            coordinates.withUnsafeBufferPointer { coordinates in
              sketches.withUnsafeBufferPointer { sketches in
                halves.withUnsafeBufferPointer { halves in
                  let seen = piece.seen
                  pc_nearer_sketched(
                    panels.values, panels.panels, p, centre, coordinates.baseAddress! + seen * p,
                    sketches.baseAddress! + seen * pairs, halves.baseAddress! + seen, halves.count - seen, &distances,
                    scratch.baseAddress!)
                }
              }
            }
          }
          for (row, distance) in zip(members, distances) { held[Int(row)] = distance }
        }
      }
    }
  }

  /// Picks as long as the candidates decide it.
  private mutating func pick(among candidates: CandidateRows) {
    let rows = candidates.rows
    guard !rows.isEmpty else { return }
    let panels = self.rows.withUnsafeBufferPointer {
      RowPanels(of: $0.baseAddress!, dimension: self.rows.columns, rows)
    }
    var distances = rows.map { held[Int($0)] }
    var next = distances.firstIndex(of: distances.max() ?? 0) ?? 0
    distances += [Float](repeating: -1, count: panels.panels * RowPanels.size - rows.count)
    while true {
      let (distance, row) = (distances[next], rows[next])
      let line = candidates.least
      guard distance >= 0, distance > line || (distance == line && row <= candidates.lastAtLeast) else { return }
      append(Int(row))
      distances[next] = -1
      guard !isComplete else { return }
      next = pickCoordinates.withUnsafeBufferPointer {
        pc_nearer_and_farthest(
          panels.values, panels.panels, self.rows.columns, $0.baseAddress! + (picks.count - 1) * self.rows.columns,
          &distances)
      }
    }
  }
}
