import CKernels
import PatchCore

/// How queries and bank are cut: by their sizes alone, so that results do not depend on the number of threads.
private enum Piece {
  /// Queries per product.
  static let queries = 256
  /// Queries that one thread compares with the sketches of a small bank.
  static let sketchedQueries = 200
  /// Blocks of rows of a small bank: their sketches stay in a cache.
  static let fewBlocks = 128
  /// Queries that all threads compare with the sketches of a large bank: enough to read it from memory few times.
  static let togetherQueries = 1024
  /// Bank rows per product: enough to make little of packing and merging, few enough to keep the product in a cache.
  static let bankRows = 2048
  /// Neighbours kept at once before they are merged, over all pieces of a group of queries.
  static let keptNeighbours = 1 << 23
}

extension ComputeEngine {
  /// The k nearest rows of a bank for each query, exactly, with squared Euclidean distances.
  ///
  /// As `nearest(queries:bank:k:)` with a prepared bank, for one search over a bank.
  ///
  /// - Parameters:
  ///   - queries: `n x d`, all finite.
  ///   - bank: `m x d`, all finite.
  ///   - k: at least 1.
  /// - Returns: `min(k, m)` rows per query, ascending by squared distance, equal distances by row number.
  /// - Throws: `PatchCoreError` with code `.shapeMismatch` if the dimensions differ, `.invalidConfiguration` if k is
  ///   less than 1.
  public func nearest(queries: Matrix, bank: Matrix, k: Int) throws -> Neighbours {
    try nearest(queries: queries, bank: PreparedBank(bank), k: k)
  }

  /// The k nearest rows of a bank for each query, exactly, with squared Euclidean distances.
  ///
  /// Distances are sums of squared differences in double precision, rounded to `Float`; rows are ordered by the rounded
  /// distance, equal ones by row number. A query equal to a row has distance 0. The result is that of a search in
  /// double precision, except that two rows may change places if their distances differ by less than 2^-22 of their
  /// size; below 2^-126 the difference is absolute, 2^-148, and above the largest `Float` all distances are infinite.
  ///
  /// The distances of all pairs, |q|^2 - 2 q.b + |b|^2 with the products by the engine in 32 bits, serve only to leave
  /// out rows that cannot be among the nearest. Such a value is off by at most 2 g |q| |b| + 4 u (|q| + |b|)^2, where
  /// u = 2^-24 and g = d u / (1 - d u), in whatever order and with or without fused operations a library sums (Higham,
  /// *Accuracy and Stability of Numerical Algorithms* (2002), section 3.1), so every row within twice that of the k-th
  /// smallest value is measured directly. The engine therefore has no influence on the result.
  ///
  /// - Parameters:
  ///   - queries: `n x d`, all finite.
  ///   - bank: `m x d`, all finite.
  ///   - k: at least 1.
  /// - Returns: `min(k, m)` rows per query, ascending by squared distance, equal distances by row number.
  /// - Throws: `PatchCoreError` with code `.shapeMismatch` if the dimensions differ, `.invalidConfiguration` if k is
  ///   less than 1.
  /// - Complexity: O(n m d) time; O(n k) memory and about 2 MiB per thread, 4 MiB with sketches; what these
  ///   leave to measure takes 40 bytes a row, of 2^27 pairs of a query and a row at once.
  public func nearest(queries: Matrix, bank: PreparedBank, k: Int) throws -> Neighbours {
    guard queries.columns == bank.dimension else {
      throw PatchCoreError(
        .shapeMismatch, stage: "neighbour_index",
        "the bank's rows have \(bank.dimension) dimensions, the queries \(queries.columns); "
          + "search with the aggregator the bank was made with, or fit again")
    }
    guard k >= 1 else {
      throw PatchCoreError(
        .invalidConfiguration, stage: "neighbour_index", "\(k) neighbours were asked for; ask for at least 1")
    }
    let kept = min(k, bank.count)
    var result = Neighbours(
      queries: queries.rows, k: kept, rows: [Int32](repeating: 0, count: queries.rows * kept),
      squaredDistances: [Float](repeating: 0, count: queries.rows * kept))
    guard kept > 0, queries.rows > 0 else { return result }
    if let sketches = bank.sketches, k <= RowSketches.mostNeighbours {
      try search(queries, bank.vectors, sketches, k, into: &result)
      return result
    }

    let keptPerQuery = (0..<bank.pieces).reduce(0) { $0 + min(k, bank.rows(ofPiece: $1).count) }
    let group = max(1, min(queries.rows, Piece.keptNeighbours / keptPerQuery))
    for first in stride(from: 0, to: queries.rows, by: group) {
      let range = first..<min(first + group, queries.rows)
      try searchGroup(queries.slice(range), bank, k, into: &result, from: first)
    }
    return result
  }

  /// Searches with the bank's sketches.
  private func search(
    _ queries: Matrix, _ bank: Matrix, _ sketches: RowSketches, _ k: Int, into result: inout Neighbours
  ) throws {
    let d = queries.columns
    try queries.withUnsafeBufferPointer { queryValues in
      nonisolated(unsafe) let queries = queryValues.baseAddress!
      guard bank.format == .float32 else {
        return try search(queries, count: result.queries, sketches, k, into: &result) { query, row in
          bank.withRow(row) { Float(pc_squared_distance(queries + query * d, $0.baseAddress!, d)) }
        }
      }
      try bank.withUnsafeBufferPointer { bankValues in
        nonisolated(unsafe) let rows = bankValues.baseAddress!
        try search(queries, count: result.queries, sketches, k, into: &result) { query, row in
          Float(pc_squared_distance(queries + query * d, rows + row * d, d))
        }
      }
    }
  }

  private func search(
    _ queries: UnsafePointer<Float>, count: Int, _ sketches: RowSketches, _ k: Int, into result: inout Neighbours,
    measuring measure: @Sendable (_ query: Int, _ row: Int) -> Float
  ) throws {
    try result.rows.withUnsafeMutableBufferPointer { rows in
      try result.squaredDistances.withUnsafeMutableBufferPointer { distances in
        nonisolated(unsafe) let (queries, rows, distances) = (queries, rows, distances)
        @Sendable func search(_ piece: Range<Int>) throws {
          let first = piece.lowerBound
          let found = try sketches.search(
            queries + first * sketches.basis.dimension, count: piece.count, k: k, self
          ) { query, row in measure(first + query, row) }
          for (query, nearest) in zip(piece, found) {
            for (place, neighbour) in nearest.neighbours.enumerated() {
              rows[query * k + place] = neighbour.row
              distances[query * k + place] = neighbour.squaredDistance
            }
          }
        }
        guard sketches.blocks <= Piece.fewBlocks else {
          return try evenPieces(of: count, atMost: Piece.togetherQueries).forEach(search)
        }
        // Steps of such a search are short: threads that wait for each other at each would lose as much as they gain.
        let pieces = evenPieces(of: count, atMost: Piece.sketchedQueries)
        try parallelLoop(pieces.count) { try search(pieces[$0]) }
      }
    }
  }

  /// Searches every piece of the bank for every query of a group, then merges the pieces.
  private func searchGroup(
    _ queries: Matrix, _ bank: PreparedBank, _ k: Int, into result: inout Neighbours, from first: Int
  ) throws {
    let queryPieces = evenPieces(of: queries.rows, atMost: Piece.queries)
    var found = [[Neighbour]](repeating: [], count: queryPieces.count * bank.pieces)
    try found.withUnsafeMutableBufferPointer { found in
      nonisolated(unsafe) let found = found
      try parallelLoop(found.count) { piece in
        let (query, bankPiece) = piece.quotientAndRemainder(dividingBy: bank.pieces)
        found[piece] = search(queries.slice(queryPieces[query]), bank, rows: bank.rows(ofPiece: bankPiece), k)
      }
    }

    let kept = result.k
    result.rows.withUnsafeMutableBufferPointer { rows in
      result.squaredDistances.withUnsafeMutableBufferPointer { distances in
        var all: [Neighbour] = []
        for (query, range) in queryPieces.enumerated() {
          for offset in 0..<range.count {
            all.removeAll(keepingCapacity: true)
            for bankPiece in 0..<bank.pieces {
              let count = min(k, bank.rows(ofPiece: bankPiece).count)
              all += found[query * bank.pieces + bankPiece][offset * count..<(offset + 1) * count]
            }
            if bank.pieces > 1 { all.sort() }
            let target = (first + range.lowerBound + offset) * kept
            for place in 0..<kept {
              rows[target + place] = all[place].row
              distances[target + place] = all[place].squaredDistance
            }
          }
        }
      }
    }
  }

  /// The nearest rows of one piece of the bank for one piece of the queries: `min(k, rows.count)` each, sorted.
  private func search(_ queries: Matrix, _ bank: PreparedBank, rows: Range<Int>, _ k: Int) -> [Neighbour] {
    let (n, m, d) = (queries.rows, rows.count, queries.columns)
    let kept = min(k, m)
    var result: [Neighbour] = []
    result.reserveCapacity(n * kept)
    queries.withUnsafeBufferPointer { queryValues in
      bank.vectors.slice(rows).withUnsafeBufferPointer { bankValues in
        bank.squaredNorms.withUnsafeBufferPointer { allNorms in
          guard d > 0, let query = queryValues.baseAddress, let bankRows = bankValues.baseAddress else {
            for _ in 0..<n { result += rows.prefix(kept).map { Neighbour(row: Int32($0), squaredDistance: 0) } }
            return
          }
          let norms = allNorms.baseAddress! + rows.lowerBound
          var candidates = [Int32](repeating: 0, count: m)
          var measured: [Neighbour] = []

          func measure(_ position: Int, among candidates: some Sequence<Int>) {
            measured.removeAll(keepingCapacity: true)
            for candidate in candidates {
              let distance = Float(pc_squared_distance(query + position * d, bankRows + candidate * d, d))
              measured.append(Neighbour(row: Int32(rows.lowerBound + candidate), squaredDistance: distance))
            }
            measured.sort()
            result += measured.prefix(kept)
          }

          guard kept < m else {
            for position in 0..<n { measure(position, among: 0..<m) }
            return
          }
          let largestNorm = UnsafeBufferPointer(start: norms, count: m).max().map(Double.init) ?? 0
          withUnsafeTemporaryAllocation(of: Float.self, capacity: n * m + m) { memory in
            let products = memory.baseAddress!
            multiply(query, bankRows, into: products, m: n, n: m, k: d)
            for position in 0..<n {
              let norm = pc_squared_norm(query + position * d, d)
              guard let slack = filterSlack(queryNorm: norm, rowNorm: largestNorm, dimension: d) else {
                measure(position, among: 0..<m)
                continue
              }
              let count = pc_near_rows(
                products + position * m, norms, m, kept, slack, &candidates, products + n * m)
              measure(position, among: candidates[..<count].lazy.map(Int.init))
            }
          }
        }
      }
    }
    return result
  }
}

extension PreparedBank {
  fileprivate var pieces: Int { (count + Piece.bankRows - 1) / Piece.bankRows }

  fileprivate func rows(ofPiece piece: Int) -> Range<Int> {
    piece * Piece.bankRows..<min((piece + 1) * Piece.bankRows, count)
  }
}

/// Cuts `count` into as few ranges of nearly equal length as the limit allows.
private func evenPieces(of count: Int, atMost limit: Int) -> [Range<Int>] {
  let pieces = (count + limit - 1) / limit
  return (0..<pieces).map { $0 * count / pieces..<($0 + 1) * count / pieces }
}

/// How far above the k-th smallest value of |b|^2 - 2 q.b a row may lie that is among the k nearest; `nil` if such
/// values may overflow.
///
/// Twice the error stated at `nearest`, and the rounding of the distances themselves. A product may also lose what is
/// below the smallest normal number.
private func filterSlack(queryNorm: Double, rowNorm: Double, dimension: Int) -> Double? {
  let unit = 0x1p-24, tiny = 0x1p-125
  let query = queryNorm.squareRoot(), row = rowNorm.squareRoot() * (1 + 0x1p-23) + tiny.squareRoot()
  let square = (query + row) * (query + row)
  guard square < 0x1p126, Double(dimension) * unit < 0.5 else { return nil }
  let growth = Double(dimension) * unit / (1 - Double(dimension) * unit)
  let error = 2 * growth * query * row + 4 * unit * square + Double(dimension + 4) * tiny
  return 2 * error + 4 * unit * square
}
