import CKernels
import Compute
import PatchCore

/// How well proxies rebuild patches: the objective that the learned proxies minimise.
///
/// The error of a row m is `|m - sum_k w_k p_k|^2`, where the weights w are the softmax over the proxies p of
/// `-|m - p_k| / temperature`, or of the same with the sign that the paper prints.
///
/// Everything is in single precision but the sums over rows. Distances come from products, so that one below a
/// thousandth of the norms counts as 0. Rows are handled 128 at a time, whatever the number of threads, so results do
/// not depend on it.
///
/// Roth et al., *Towards Total Recall in Industrial Anomaly Detection* (2022), section 4.4.2, equation 8.
public struct ProxyObjective: Sendable {
  /// The sign of the distance.
  public let exponent: ProxyExponent
  /// What distances are divided by, above 0.
  public let temperature: Double
  let engine: any ComputeEngine

  /// Lower ones make quotients overflow at distances that occur.
  static let leastTemperature = 1e-6
  /// Rows per piece of parallel work.
  private static let rowsPerPiece = 128
  /// Rows between two reports of progress where no gradient is asked for.
  private static let rowsPerReport = 4096
  /// Proxies, and coordinates, of a piece of the gradient.
  private static let proxiesPerTile = 512
  private static let columnsPerTile = 256
  /// Above this a squared distance may overflow.
  private static let largestSquaredNorm = 1e36

  /// An objective.
  ///
  /// - Parameters:
  ///   - exponent: the sign of the distance.
  ///   - temperature: what distances are divided by.
  ///   - engine: computes the products.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` for a temperature that is not above 0.
  public init(exponent: ProxyExponent, temperature: Double, engine: any ComputeEngine) throws {
    guard temperature.isFinite, temperature >= Self.leastTemperature else {
      throw PatchCoreError(
        .invalidConfiguration, stage: "subsampler",
        "temperature is \(temperature); it must be at least 0.000001, equation 8 has 1")
    }
    self.exponent = exponent
    self.temperature = temperature
    self.engine = engine
  }

  /// The mean error of rows.
  ///
  /// - Parameters:
  ///   - rows: `n x d`, n at least 1.
  ///   - proxies: `m x d`, m at least 1.
  ///   - progress: told how far the work is; throws when it should stop.
  /// - Returns: the mean squared Euclidean distance of a row to what the proxies make of it.
  /// - Throws: `PatchCoreError` with code `.shapeMismatch` if the dimensions differ or either is empty, `.notFinite` for
  ///   a NaN or a number whose square overflows; what `progress` throws.
  /// - Complexity: O(n m d) time; O(m d) memory, and about 512 (2 m + 2 d) bytes a thread.
  public func meanError(
    of rows: Matrix, by proxies: Matrix, progress: ProgressReporter = .silent
  ) throws -> Double {
    try check(rows, proxies)
    let state = try ProxyState(proxies)
    let centre = [Float](repeating: 0, count: rows.columns)
    var sum = 0.0
    for first in stride(from: 0, to: rows.rows, by: Self.rowsPerReport) {
      try progress.report("reconstruction", first, of: rows.rows)
      let numbers = Array(first..<min(first + Self.rowsPerReport, rows.rows))
      sum += try errors(of: rows, numbers, centre, by: state, gradient: nil)
    }
    return sum / Double(rows.rows)
  }

  /// The mean error of rows and its derivatives.
  ///
  /// - Parameters:
  ///   - rows: `n x d`, n at least 1.
  ///   - proxies: `m x d`, m at least 1.
  /// - Returns: the mean error and, `m x d`, its derivative by each number of each proxy. A distance of 0, where the
  ///   weight has no derivative, adds none.
  /// - Throws: as `meanError`.
  /// - Complexity: O(n m d) time, O(n (m + d) + m d) memory.
  public func meanErrorAndGradient(of rows: Matrix, by proxies: Matrix) throws -> (error: Double, gradient: Matrix) {
    try check(rows, proxies)
    let state = try ProxyState(proxies)
    let workspace = ProxyWorkspace(rows: rows.rows, proxies: proxies.rows, dimension: rows.columns)
    let sum = try errors(
      of: rows, Array(0..<rows.rows), [Float](repeating: 0, count: rows.columns), by: state, gradient: workspace)
    var gradient = Matrix(rows: proxies.rows, columns: proxies.columns)
    try gradient.withUnsafeMutableBufferPointer { target in
      nonisolated(unsafe) let target = target
      try forEachTile(of: state, workspace, batch: rows.rows) { tile, values, pulls in
        for (position, proxy) in tile.proxies.enumerated() {
          for (offset, column) in tile.columns.enumerated() {
            let place = proxy * state.dimension + column
            target[place] = values[position * tile.columns.count + offset] + pulls[position] * state.values[place]
          }
        }
      }
    }
    return (sum / Double(rows.rows), gradient)
  }

  func check(_ rows: Matrix, _ proxies: Matrix) throws {
    guard rows.rows >= 1, proxies.rows >= 1, rows.columns >= 1, rows.columns == proxies.columns else {
      throw PatchCoreError(
        .shapeMismatch, stage: "subsampler",
        "\(rows.rows) rows of \(rows.columns) dimensions and \(proxies.rows) proxies of \(proxies.columns); "
          + "give at least 1 of each, of one dimension")
    }
  }

  /// The sum of the errors of some rows, and in `workspace`, if there is one, what the gradient is made of.
  func errors(
    of rows: Matrix, _ numbers: [Int], _ centre: [Float], by state: ProxyState, gradient workspace: ProxyWorkspace?
  ) throws -> Double {
    try state.measureNorms(upTo: Self.largestSquaredNorm)
    let pieces = (numbers.count + Self.rowsPerPiece - 1) / Self.rowsPerPiece
    var sums = [Double](repeating: 0, count: pieces)
    try sums.withUnsafeMutableBufferPointer { sums in
      nonisolated(unsafe) let sums = sums
      try parallelLoop(pieces) { piece in
        let first = piece * Self.rowsPerPiece
        let range = first..<min(first + Self.rowsPerPiece, numbers.count)
        sums[piece] = try errors(of: rows, numbers, range, centre, by: state, gradient: workspace)
      }
    }
    return sums.reduce(0, +)
  }

  /// One piece: products, weights, what the proxies make of the rows, and the slopes by the distances.
  private func errors(
    of rows: Matrix, _ numbers: [Int], _ range: Range<Int>, _ centre: [Float],
    by state: ProxyState, gradient workspace: ProxyWorkspace?
  ) throws -> Double {
    let (b, n, d) = (range.count, state.count, state.dimension)
    let scale = exponent.sign / Float(temperature)
    return try withUnsafeTemporaryAllocation(of: Float.self, capacity: b * (2 * d + 2 * n)) { memory in
      let x = memory.baseAddress!
      let errors = x + b * d
      let distances = errors + b * d
      let weights = distances + b * n
      for row in 0..<b {
        rows.withRow(numbers[range.lowerBound + row]) { source in
          for column in 0..<d { x[row &* d &+ column] = source[column] - centre[column] }
        }
      }
      engine.multiply(x, state.values, into: distances, m: b, n: n, k: d)
      for row in 0..<b {
        let norm = pc_squared_norm(x + row * d, d)
        guard norm < Self.largestSquaredNorm else {
          throw PatchCoreError(
            .notFinite, stage: "subsampler",
            "the numbers of candidate \(numbers[range.lowerBound + row]) are not finite or their squares overflow; check "
              + "the images and the weights")
        }
        pc_proxy_weights(distances + row * n, weights + row * n, state.norms, Float(norm), n, scale)
      }
      engine.multiply(weights, state.transposed, into: errors, m: b, n: d, k: n)
      var sum = 0.0
      for row in 0..<b { sum += pc_squared_distance(x + row * d, errors + row * d, d) }
      guard let workspace else { return sum }

      let batch = numbers.count
      let factor = 2 / Float(batch)
      // A row's own part of the slopes: its error times what the proxies make of it.
      let offsets = (0..<b).map { row in
        var offset = 0.0
        for column in row * d..<(row + 1) * d { offset += Double(errors[column] - x[column]) * Double(errors[column]) }
        return Float(offset)
      }
      for place in 0..<b * d { errors[place] -= x[place] }
      workspace.put(weights, rows: b, columns: n, factor: 1, into: .factors, at: range.lowerBound, batch)
      workspace.put(errors, rows: b, columns: d, factor: factor, into: .terms, at: range.lowerBound, batch)
      workspace.put(x, rows: b, columns: d, factor: -1, into: .terms, at: batch + range.lowerBound, batch)
      return withUnsafeTemporaryAllocation(of: Float.self, capacity: b * n) { memory in
        let slopes = memory.baseAddress!
        engine.multiply(errors, state.values, into: slopes, m: b, n: n, k: d)
        for row in 0..<b {
          pc_proxy_slopes(
            slopes + row * n, distances + row * n, weights + row * n, offsets[row], scale * factor, n)
        }
        workspace.put(slopes, rows: b, columns: n, factor: 1, into: .factors, at: batch + range.lowerBound, batch)
        return sum
      }
    }
  }

  /// A rectangle of the gradient.
  struct Tile {
    var proxies: Range<Int>
    var columns: Range<Int>
  }

  /// Computes the gradient, tile by tile.
  ///
  /// `body` is given the tile, its numbers row by row, and for each of its proxies the factor of the proxy that is to be
  /// added.
  func forEachTile(
    of state: ProxyState, _ workspace: ProxyWorkspace, batch: Int,
    _ body: @Sendable (Tile, UnsafePointer<Float>, [Float]) -> Void
  ) throws {
    let (n, d) = (state.count, state.dimension)
    let across = (d + Self.columnsPerTile - 1) / Self.columnsPerTile
    let down = (n + Self.proxiesPerTile - 1) / Self.proxiesPerTile
    try parallelLoop(across * down) { piece in
      let (row, column) = piece.quotientAndRemainder(dividingBy: across)
      let tile = Tile(
        proxies: row * Self.proxiesPerTile..<min((row + 1) * Self.proxiesPerTile, n),
        columns: column * Self.columnsPerTile..<min((column + 1) * Self.columnsPerTile, d))
      let factors = workspace.factors + tile.proxies.lowerBound * 2 * batch
      let pulls = tile.proxies.indices.map { position in
        let slopes = UnsafeBufferPointer(
          start: factors + (position - tile.proxies.lowerBound) * 2 * batch + batch, count: batch)
        return Float(slopes.reduce(0.0) { $0 + Double($1) })
      }
      withUnsafeTemporaryAllocation(of: Float.self, capacity: tile.proxies.count * tile.columns.count) { memory in
        engine.multiply(
          factors, workspace.terms + tile.columns.lowerBound * 2 * batch, into: memory.baseAddress!,
          m: tile.proxies.count, n: tile.columns.count, k: 2 * batch)
        body(tile, UnsafePointer(memory.baseAddress!), pulls)
      }
    }
  }
}
