import CKernels
import PatchCore

/// Asks another index for candidates, measures them, and keeps the nearest.
///
/// Distances are those of the exact search: sums of squared differences in 64 bits, rounded to `Float`, whatever the
/// inner index says of them. The nearest of the candidates come in order, equal distances by row number.
struct RerankedIndex: NeighbourIndex {
  /// Queries of one piece of work.
  private static let queriesPerPiece = 16

  let inner: any NeighbourIndex
  let bank: Matrix
  let candidates: Int

  var count: Int { bank.rows }
  var dimension: Int { bank.columns }

  func search(_ queries: Matrix, k: Int) throws -> Neighbours {
    let found = try inner.search(queries, k: max(candidates, k))
    let kept = min(k, count), n = queries.rows
    var rows = [Int32](repeating: 0, count: n * kept)
    var distances = [Float](repeating: 0, count: n * kept)
    try rows.withUnsafeMutableBufferPointer { rows in
      try distances.withUnsafeMutableBufferPointer { distances in
        // Each piece writes its own queries.
        nonisolated(unsafe) let rows = rows, distances = distances
        try parallelLoop((n + Self.queriesPerPiece - 1) / Self.queriesPerPiece) { piece in
          for query in piece * Self.queriesPerPiece..<min(n, (piece + 1) * Self.queriesPerPiece) {
            for (slot, hit) in measured(found, queries, query).prefix(kept).enumerated() {
              rows[query * kept + slot] = hit.row
              distances[query * kept + slot] = hit.distance
            }
          }
        }
      }
    }
    return Neighbours(queries: n, k: kept, rows: rows, squaredDistances: distances)
  }

  /// A query's candidates by exact distance, nearest first.
  private func measured(_ found: Neighbours, _ queries: Matrix, _ query: Int) -> [(distance: Float, row: Int32)] {
    queries.withRow(query) { vector in
      guard let vector = vector.baseAddress else { return [] }
      return found.rows[query * found.k..<(query + 1) * found.k].map { row in
        bank.withRow(Int(row)) { (Float(pc_squared_distance(vector, $0.baseAddress!, dimension)), row) }
      }.sorted { ($0.0, $0.1) < ($1.0, $1.1) }
    }
  }

  /// What the inner index keeps, each name behind `index.`.
  func archive() throws -> StageArchive {
    let archive = try inner.archive()
    return StageArchive(
      tensors: Dictionary(uniqueKeysWithValues: archive.tensors.map { (Self.prefix + $0.key, $0.value) }),
      notes: Dictionary(uniqueKeysWithValues: archive.notes.map { (Self.prefix + $0.key, $0.value) }))
  }

  /// What an archive keeps for the inner index.
  static func innerArchive(of archive: StageArchive) -> StageArchive {
    func inner<V>(_ entries: [String: V]) -> [String: V] {
      Dictionary(
        uniqueKeysWithValues: entries.compactMap { key, value in
          key.hasPrefix(prefix) ? (String(key.dropFirst(prefix.count)), value) : nil
        })
    }
    return StageArchive(tensors: inner(archive.tensors), notes: inner(archive.notes))
  }

  private static let prefix = "index."
}
