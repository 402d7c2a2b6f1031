import PatchCore

/// Exact search in 64-bit floats by the plainest loop: slow, and right by inspection.
///
/// What checks compare other indexes with, and the index they give to scorers.
public struct ReferenceIndex: NeighbourIndex {
  /// The rows that are searched, `m x d`.
  public let bank: Matrix

  /// An index over a bank of at least one row.
  public init(over bank: Matrix) { self.bank = bank }

  /// Number of rows of the bank, m.
  public var count: Int { bank.rows }
  /// Dimension of a row, d.
  public var dimension: Int { bank.columns }

  /// The nearest rows by squared distance, rounded to 32 bits; ties to the lower row.
  ///
  /// - Throws: `PatchCoreError` with code `.shapeMismatch` if the dimensions differ or k is below 1.
  public func search(_ queries: Matrix, k: Int) throws -> Neighbours {
    guard queries.columns == dimension, k >= 1 else {
      throw PatchCoreError(
        .shapeMismatch, stage: "neighbour_index",
        "queries of dimension \(queries.columns), k = \(k), for a bank of dimension \(dimension)")
    }
    let kept = min(k, count)
    var rows: [Int32] = [], distances: [Float] = []
    for query in 0..<queries.rows {
      // Rounded before they are ordered: numbers that differ only in 64 bits are equal in the result.
      let rounded = ranking(of: queries, query).map { (distance: Float($0.distance), row: $0.row) }
      for (distance, row) in rounded.sorted(by: { $0 < $1 }).prefix(kept) {
        rows.append(Int32(row))
        distances.append(distance)
      }
    }
    return Neighbours(queries: queries.rows, k: kept, rows: rows, squaredDistances: distances)
  }

  /// All rows of the bank by squared distance to a query, ties to the lower row.
  func ranking(of queries: Matrix, _ query: Int) -> [(distance: Double, row: Int)] {
    (0..<count).map { (squaredDistance(queries, query, $0), $0) }.sorted { $0 < $1 }
  }

  /// The squared distance of a query to a row of the bank.
  func squaredDistance(_ queries: Matrix, _ query: Int, _ row: Int) -> Double {
    queries.withRow(query) { a in
      bank.withRow(row) { b in
        var sum = 0.0
        for column in 0..<dimension {
          let difference = Double(a[column]) - Double(b[column])
          sum += difference * difference
        }
        return sum
      }
    }
  }
}
