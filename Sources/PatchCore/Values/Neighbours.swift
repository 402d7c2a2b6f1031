/// The k nearest rows of a bank for each of n queries, with squared Euclidean distances.
public struct Neighbours: Sendable, Equatable {
  /// Number of queries, n.
  public let queries: Int
  /// Neighbours per query, k.
  public let k: Int
  /// `n x k` bank rows; for each query from near to far, equal distances by row number.
  public var rows: [Int32]
  /// `n x k` squared Euclidean distances, ascending for each query.
  public var squaredDistances: [Float]

  /// Collects search results.
  ///
  /// - Precondition: both arrays hold `queries * k` values.
  public init(queries: Int, k: Int, rows: [Int32], squaredDistances: [Float]) {
    precondition(rows.count == queries * k && squaredDistances.count == queries * k, "n x k values each")
    self.queries = queries
    self.k = k
    self.rows = rows
    self.squaredDistances = squaredDistances
  }
}
