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
/// Much is not computed, because it could not change a number that decides: see `GreedySelection`.
///
/// Gonzalez, *Clustering to Minimize the Maximum Intercluster Distance* (1985), doi:10.1016/0304-3975(85)90224-5.
public struct GreedyCoreset: Sendable {
  /// Number of rows, n.
  public let count: Int
  /// Dimension in which rows are compared, p.
  public let dimension: Int
  /// The rows as they are compared, `n x p`.
  private let rows: Matrix
  /// Near the middle of the rows, p numbers: sketches are taken about it.
  private let centre: [Float]

  /// Rows per piece of parallel work.
  private static let rowsPerPiece = 1024
  /// Rows whose mean is the centre.
  private static let centreRows = 1024
  /// Subtractions between two reports of progress: well under a tenth of a second on one core.
  static let workPerReport = 1 << 32

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
    let (n, p) = (count, dimension)
    var compared = projection == nil ? try rows.converted(to: .float32) : Matrix(rows: n, columns: p)
    let pieces = (n + Self.rowsPerPiece - 1) / Self.rowsPerPiece
    // Pieces between two reports of progress.
    let group = max(1, Self.workPerReport / (Self.rowsPerPiece * rows.columns * (projection?.rows ?? 16)))
    for first in stride(from: 0, to: pieces, by: group) {
      try progress.report("projection", min(first * Self.rowsPerPiece, n), of: n)
      let target = projection == nil ? nil : compared.withUnsafeMutableBufferPointer { $0.baseAddress }
      nonisolated(unsafe) let projected = target
      try parallelLoop(min(group, pieces - first)) { offset in
        let lower = (first + offset) * Self.rowsPerPiece
        let piece = rows.slice(lower..<min(lower + Self.rowsPerPiece, n))
        if let row = piece.firstRowNotFinite() {
          throw PatchCoreError(
            .notFinite, stage: "subsampler",
            "candidate \(lower + row) holds a NaN or an infinity; check the images and the weights")
        }
        guard let projection, let projected else { return }
        Self.project(piece, by: projection, into: projected + lower * p, engine)
      }
    }
    self.rows = compared
    centre = Self.mean(of: compared)
  }

  private static func project(
    _ rows: Matrix, by projection: Matrix, into target: UnsafeMutablePointer<Float>, _ engine: any ComputeEngine
  ) {
    rows.withUnsafeBufferPointer { rowValues in
      projection.withUnsafeBufferPointer { projectionValues in
        engine.multiply(
          rowValues.baseAddress!, projectionValues.baseAddress!, into: target, m: rows.rows, n: projection.rows,
          k: rows.columns)
      }
    }
  }

  /// The mean of rows that stand at equal intervals.
  private static func mean(of rows: Matrix) -> [Float] {
    let count = min(rows.rows, centreRows)
    var sums = [Double](repeating: 0, count: rows.columns)
    for step in 0..<count {
      rows.withRow(step * rows.rows / count) { row in
        for i in row.indices { sums[i] += Double(row[i]) }
      }
    }
    return sums.map { Float($0 / Double(count)) }
  }

  /// The coordinates in which a row is compared, p numbers.
  public func coordinates(ofRow row: Int) -> [Float] {
    rows[row: row]
  }

  /// The Euclidean distance of every row to one row, in O(n p).
  public func distances(toRow row: Int) throws -> [Float] {
    let pick = coordinates(ofRow: row)
    return try forEachPiece { $0.distances(to: pick) }
  }

  /// The mean Euclidean distance of every row to some rows, summed in double precision: the start of the official code.
  ///
  /// - Parameter points: at least one row.
  /// - Returns: n distances.
  /// - Throws: nothing of its own.
  public func meanDistances(to points: [Int]) throws -> [Float] {
    precondition(!points.isEmpty, "the mean of no distance")
    let picks = points.map(coordinates(ofRow:))
    return try forEachPiece { panels in
      var sums = [Double](repeating: 0, count: panels.count)
      for pick in picks {
        let distances = panels.distances(to: pick)
        for row in sums.indices { sums[row] += Double(distances[row]) }
      }
      return sums.map { Float($0 / Double(picks.count)) }
    }
  }

  /// A number for each row, computed piece by piece.
  private func forEachPiece(_ body: @Sendable (RowPanels) -> [Float]) throws -> [Float] {
    let (n, p) = (count, dimension)
    var result = [Float](repeating: 0, count: n)
    try rows.withUnsafeBufferPointer { rows in
      try result.withUnsafeMutableBufferPointer { result in
        nonisolated(unsafe) let rows = rows.baseAddress!, result = result.baseAddress!
        try parallelLoop((n + Self.rowsPerPiece - 1) / Self.rowsPerPiece) { piece in
          let lower = piece * Self.rowsPerPiece
          let panels = RowPanels(of: rows + lower * p, dimension: p, first: min(Self.rowsPerPiece, n - lower))
          body(panels).withUnsafeBufferPointer { values in
            (result + lower).update(from: values.baseAddress!, count: panels.count)
          }
        }
      }
    }
    return result
  }

  /// Picks rows one after another, the first being the given one.
  ///
  /// - Parameters:
  ///   - picks: how many, from 1 to n.
  ///   - first: the first pick.
  ///   - progress: told how far the work is; throws when it should stop.
  /// - Returns: different rows, in order of selection.
  /// - Throws: what `progress` throws.
  /// - Complexity: O(n p picks) time, O(n + p picks) memory besides the rows.
  public func select(_ picks: Int, first: Int, progress: ProgressReporter = .silent) throws -> [Int] {
    precondition(picks >= 1 && picks <= count, "\(picks) of \(count) rows")
    return try select(picks, after: [first], distances: distances(toRow: first), progress)
  }

  /// Picks rows one after another, each starting with a given distance.
  ///
  /// - Parameters:
  ///   - picks: how many, from 1 to n.
  ///   - startDistances: n numbers, at least 0; a row's distance is never above its own.
  ///   - progress: told how far the work is; throws when it should stop.
  /// - Returns: different rows, in order of selection.
  /// - Throws: what `progress` throws.
  /// - Complexity: O(n p picks) time, O(n + p picks) memory besides the rows.
  public func select(
    _ picks: Int, startDistances: [Float], progress: ProgressReporter = .silent
  ) throws -> [Int] {
    precondition(picks >= 1 && picks <= count, "\(picks) of \(count) rows")
    precondition(startDistances.count == count, "\(startDistances.count) distances for \(count) rows")
    return try select(picks, after: [], distances: startDistances, progress)
  }

  private func select(
    _ picks: Int, after chosen: [Int], distances: [Float], _ progress: ProgressReporter
  ) throws -> [Int] {
    var selection = GreedySelection(rows, centre: centre, distances: distances, chosen: chosen, picks: picks)
    while !selection.isComplete {
      try progress.report("coreset", selection.picks.count, of: picks)
      try selection.pickBlock(progress)
    }
    try progress.report("coreset", picks, of: picks)
    return selection.picks
  }
}
