import CKernels
import Compute
import PatchCore

/// The greedy k-centre selection behind the coreset: each pick is the row farthest from all picks before it.
///
/// Rows are compared by Euclidean distance. A distance is the square root of the sum of squared differences in single
/// precision, summed dimension after dimension (with fused operations where the processor has them). It differs from
/// the true distance of the single-precision rows by at most (p + 3) 2^-24 of it as long as no square underflows, it is
/// 0 between equal rows, and it is the same number in both directions and wherever it is computed; so the selection is
/// exactly that of the plain algorithm, and the same at any thread count. Of rows equally far, the lower one is picked.
///
/// Gonzalez, *Clustering to Minimize the Maximum Intercluster Distance* (1985), doi:10.1016/0304-3975(85)90224-5.
public struct GreedyCoreset: Sendable {
  /// Number of rows, n.
  public let count: Int
  /// Dimension in which rows are compared, p.
  public let dimension: Int
  /// One panel of 16 rows per row of the matrix, dimension after dimension; the last is filled up with zeros.
  private let panels: Matrix

  /// Rows per panel.
  static let panelRows = 16
  /// Panels per piece of parallel work.
  private static let panelsPerPiece = 64
  /// Rows considered at once as the next picks.
  ///
  /// Any number gives the same selection; this one balances the time to find them against the time to search them.
  private static let candidateCount = 2048
  /// Subtractions between two reports of progress: well under a tenth of a second on one core.
  private static let workPerReport = 1 << 32

  /// Prepares rows, projected first if a projection is given.
  ///
  /// - Parameters:
  ///   - rows: `n x d`, n at least 1, all finite.
  ///   - projection: `p x d`; row i gives dimension i of a projected row; `nil` compares rows as they are.
  ///   - engine: computes the projection.
  ///   - progress: told how far the work is; throws when it should stop.
  /// - Throws: `PatchCoreError` with code `.shapeMismatch` if there is no row or dimension or the projection does not
  ///   fit, `.notFinite` for a row with a NaN or an infinity; what `progress` throws.
  /// - Complexity: O(n d p) time, O(n p) memory.
  public init(
    _ rows: Matrix, projection: Matrix? = nil, engine: any ComputeEngine, progress: ProgressReporter = .silent
  ) throws {
    guard rows.rows >= 1, rows.columns >= 1 else {
      throw PatchCoreError(
        .shapeMismatch, stage: "subsampler",
        "\(rows.rows) candidates of \(rows.columns) dimensions; give at least 1 of each")
    }
    if let projection, projection.columns != rows.columns || projection.rows < 1 {
      throw PatchCoreError(
        .shapeMismatch, stage: "subsampler",
        "the projection is for \(projection.columns) dimensions and gives \(projection.rows), the candidates have "
          + "\(rows.columns); make it for that number")
    }
    count = rows.rows
    dimension = projection?.rows ?? rows.columns
    var panels = Matrix(
      rows: (rows.rows + Self.panelRows - 1) / Self.panelRows, columns: Self.panelRows * dimension)
    let rowsPerPiece = Self.panelsPerPiece * Self.panelRows
    let pieces = (rows.rows + rowsPerPiece - 1) / rowsPerPiece
    // Pieces between two reports of progress.
    let group = max(1, Self.workPerReport / (rowsPerPiece * rows.columns * (projection?.rows ?? 16)))
    let (n, p) = (count, dimension)
    for first in stride(from: 0, to: pieces, by: group) {
      try progress.report("projection", min(first * rowsPerPiece, n), of: n)
      try panels.withUnsafeMutableBufferPointer { panels in
        nonisolated(unsafe) let panels = panels
        try parallelLoop(min(group, pieces - first)) { offset in
          let lower = (first + offset) * rowsPerPiece
          let piece = rows.slice(lower..<min(lower + rowsPerPiece, n))
          if let row = piece.firstRowNotFinite() {
            throw PatchCoreError(
              .notFinite, stage: "subsampler",
              "candidate \(lower + row) holds a NaN or an infinity; check the images and the weights")
          }
          let projected = projection.map { Self.project(piece, by: $0, engine) } ?? piece
          projected.withUnsafeBufferPointer { Self.pack($0, dimension: p, into: panels, from: lower) }
        }
      }
    }
    self.panels = panels
  }

  private static func project(_ rows: Matrix, by projection: Matrix, _ engine: any ComputeEngine) -> Matrix {
    var result = Matrix(rows: rows.rows, columns: projection.rows)
    rows.withUnsafeBufferPointer { rowValues in
      projection.withUnsafeBufferPointer { projectionValues in
        result.withUnsafeMutableBufferPointer {
          engine.multiply(
            rowValues.baseAddress!, projectionValues.baseAddress!, into: $0.baseAddress!, m: rows.rows,
            n: projection.rows, k: rows.columns)
        }
      }
    }
    return result
  }

  private static func pack(
    _ rows: UnsafeBufferPointer<Float>, dimension: Int, into panels: UnsafeMutableBufferPointer<Float>, from first: Int
  ) {
    for row in 0..<rows.count / dimension {
      let (panel, lane) = (first + row).quotientAndRemainder(dividingBy: panelRows)
      let target = panel * panelRows * dimension + lane
      for i in 0..<dimension { panels[target + i * panelRows] = rows[row * dimension + i] }
    }
  }

  /// The coordinates in which a row is compared, p numbers.
  public func coordinates(ofRow row: Int) -> [Float] {
    precondition(row >= 0 && row < count, "row \(row) of \(count)")
    let (panel, lane) = row.quotientAndRemainder(dividingBy: Self.panelRows)
    return panels.withRow(panel) { values in (0..<dimension).map { values[$0 * Self.panelRows + lane] } }
  }

  /// The Euclidean distance of every row to one row, in O(n p).
  public func distances(toRow row: Int) throws -> [Float] {
    var held = [Float](repeating: .infinity, count: panels.rows * Self.panelRows)
    try lower(&held, to: coordinates(ofRow: row), count: 1)
    return Array(held.prefix(count))
  }

  /// The mean Euclidean distance of every row to some rows, summed in double precision: the start of the official code.
  ///
  /// - Parameter points: at least one row.
  /// - Returns: n distances.
  /// - Throws: nothing of its own.
  public func meanDistances(to points: [Int]) throws -> [Float] {
    precondition(!points.isEmpty, "the mean of no distance")
    var sums = [Double](repeating: 0, count: count)
    for point in points {
      for (row, distance) in try distances(toRow: point).enumerated() { sums[row] += Double(distance) }
    }
    return sums.map { Float($0 / Double(points.count)) }
  }

  /// Picks rows one after another, the first being the given one.
  ///
  /// - Parameters:
  ///   - picks: how many, from 1 to n.
  ///   - first: the first pick.
  ///   - progress: told how far the work is; throws when it should stop.
  /// - Returns: different rows, in order of selection.
  /// - Throws: what `progress` throws.
  /// - Complexity: O(n p picks) time, O(n) memory besides the rows.
  public func select(_ picks: Int, first: Int, progress: ProgressReporter = .silent) throws -> [Int] {
    precondition(picks >= 1 && picks <= count, "\(picks) of \(count) rows")
    return try select(picks, after: [first], distances: distances(toRow: first), progress: progress)
  }

  /// Picks rows one after another, each starting with a given distance.
  ///
  /// - Parameters:
  ///   - picks: how many, from 1 to n.
  ///   - startDistances: n numbers, at least 0; a row's distance is never above its own.
  ///   - progress: told how far the work is; throws when it should stop.
  /// - Returns: different rows, in order of selection.
  /// - Throws: what `progress` throws.
  /// - Complexity: O(n p picks) time, O(n) memory besides the rows.
  public func select(
    _ picks: Int, startDistances: [Float], progress: ProgressReporter = .silent
  ) throws -> [Int] {
    precondition(picks >= 1 && picks <= count, "\(picks) of \(count) rows")
    precondition(startDistances.count == count, "\(startDistances.count) distances for \(count) rows")
    return try select(picks, after: [], distances: startDistances, progress: progress)
  }

  /// The greedy loop, in blocks.
  ///
  /// Distances only shrink. So while the farthest of the rows that were farthest at the start of a block is still as
  /// far as the last of them was then, no other row can be farther, and the next picks are found among those few rows
  /// alone. The distances of all rows to a block's picks follow in one pass.
  private func select(
    _ picks: Int, after chosen: [Int], distances: [Float], progress: ProgressReporter
  ) throws -> [Int] {
    // A row that is picked, or only fills up the last panel, is marked by a distance that no row can have.
    var held = distances + [Float](repeating: -1, count: panels.rows * Self.panelRows - count)
    for row in chosen { held[row] = -1 }
    var selected = chosen
    selected.reserveCapacity(picks)
    let longestBlock = max(1, Self.workPerReport / (panels.rows * panels.columns))
    var candidates = CandidateRows(capacity: min(Self.candidateCount, count), of: count)
    while selected.count < picks {
      try progress.report("coreset", selected.count, of: picks)
      candidates.choose(from: held)
      let block = nextPicks(among: candidates, held, limit: min(longestBlock, picks - selected.count))
      selected += block.rows
      if selected.count < picks { try lower(&held, to: block.coordinates, count: block.rows.count) }
      for row in block.rows { held[row] = -1 }
    }
    try progress.report("coreset", picks, of: picks)
    return selected
  }

  /// The next picks, as far as the candidates decide them: at least one.
  private func nextPicks(
    among candidates: CandidateRows, _ held: [Float], limit: Int
  ) -> (rows: [Int], coordinates: [Float]) {
    let rows = candidates.rows
    let panelCount = (rows.count + Self.panelRows - 1) / Self.panelRows
    var distances = rows.map { held[$0] }
    let least = distances.min() ?? 0
    let lastAtLeast = rows[distances.lastIndex(of: least) ?? 0]
    var next = distances.firstIndex(of: distances.max() ?? 0) ?? 0
    distances += [Float](repeating: -1, count: panelCount * Self.panelRows - rows.count)

    var picked: [Int] = []
    var coordinates: [Float] = []
    var panels = [Float](repeating: 0, count: panelCount * Self.panelRows * dimension)
    self.panels.withUnsafeBufferPointer { all in
      for (position, row) in rows.enumerated() {
        let source = row / Self.panelRows * Self.panelRows * dimension + row % Self.panelRows
        let target = position / Self.panelRows * Self.panelRows * dimension + position % Self.panelRows
        for i in stride(from: 0, to: dimension * Self.panelRows, by: Self.panelRows) {
          panels[target + i] = all[source + i]
        }
      }
    }
    while true {
      let distance = distances[next]
      guard distance >= 0, distance > least || (distance == least && rows[next] <= lastAtLeast) else { break }
      picked.append(rows[next])
      let pick = self.coordinates(ofRow: rows[next])
      coordinates += pick
      distances[next] = -1
      guard picked.count < limit else { break }
      next = pc_nearer_and_farthest(panels, panelCount, dimension, pick, &distances)
    }
    return (picked, coordinates)
  }

  /// Lowers each row's distance to that to the nearest of some picks, if that is less.
  private func lower(_ held: inout [Float], to picks: [Float], count: Int) throws {
    let panelCount = panels.rows, p = dimension
    try panels.withUnsafeBufferPointer { panels in
      try held.withUnsafeMutableBufferPointer { held in
        nonisolated(unsafe) let panels = panels.baseAddress!, held = held.baseAddress!
        try parallelLoop((panelCount + Self.panelsPerPiece - 1) / Self.panelsPerPiece) { piece in
          let first = piece * Self.panelsPerPiece
          pc_nearer(
            panels + first * Self.panelRows * p, min(Self.panelsPerPiece, panelCount - first), p, picks, count,
            held + first * Self.panelRows)
        }
      }
    }
  }
}
