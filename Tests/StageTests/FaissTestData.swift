#if FAISS
import Foundation
import PatchCore
import TensorFiles

/// What the tests of the FAISS kinds search in.
enum FaissTestData {
  /// Rows scattered around `centres` points: like patch embeddings, near ones belong together.
  static func clustered(rows: Int, dimension: Int, centres: Int, seed: UInt64, spread: Double = 0.15) -> Matrix {
    // The centres are the same for every seed, so that queries and bank are of one kind.
    var generator = SeededGenerator(seed: 4711)
    let points = (0..<centres * dimension).map { _ in generator.nextUniform(limit: 1) }
    generator = SeededGenerator(seed: seed)
    var values: [Float] = []
    values.reserveCapacity(rows * dimension)
    for _ in 0..<rows {
      let centre = generator.next(below: centres)
      for column in 0..<dimension {
        values.append(points[centre * dimension + column] + generator.nextUniform(limit: spread))
      }
    }
    return Matrix(rows: rows, columns: dimension, values)
  }

  /// The k nearest rows of the bank by distances in 64 bits, equal distances by row number.
  static func exact(_ queries: Matrix, _ bank: Matrix, k: Int) -> [[(row: Int, squaredDistance: Double)]] {
    let bankRows = (0..<bank.rows).map { bank[row: $0] }
    return (0..<queries.rows).map { query in
      let vector = queries[row: query]
      let distances = bankRows.map { row in
        zip(vector, row).reduce(0.0) { $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1)) }
      }
      let order = distances.indices.sorted { (distances[$0], $0) < (distances[$1], $1) }
      return order.prefix(k).map { ($0, distances[$0]) }
    }
  }

  /// The share of queries whose nearest row is the true one.
  static func recallAt1(_ found: Neighbours, _ expected: [[(row: Int, squaredDistance: Double)]]) -> Double {
    let hits = (0..<found.queries).filter { Int(found.rows[$0 * found.k]) == expected[$0][0].row }
    return Double(hits.count) / Double(found.queries)
  }

  /// The numbers of the golden script's hash.
  static func hashed(_ count: Int, salt: UInt64) -> [Float] {
    (0..<UInt64(count)).map { position in
      var state = position + salt
      state = (state &* 0x9E37_79B9_7F4A_7C15) ^ (state >> 7)
      state = (state ^ (state >> 29)) &* 0xBF58_476D_1CE4_E5B9
      return Float(state >> 48) / 65536
    }
  }

  /// The bytes of every tensor that an index keeps.
  static func bytes(of archive: StageArchive) -> [String: [UInt8]] {
    archive.tensors.mapValues { $0.withBytes { Array($0) } }
  }

  static var fixtures: URL { URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures") }
}
#endif
