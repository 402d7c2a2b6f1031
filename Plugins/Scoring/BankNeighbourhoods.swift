import CKernels
import PatchCore

/// The exact neighbourhoods of some rows of a bank within the bank, each with its own row first.
///
/// 32-bit distances pick the candidates, with room for their rounding error; 64-bit distances order them. Ties go to
/// the lower row.
struct BankNeighbourhoods {
  /// For each row asked for, that row and the b - 1 others nearest to it, from near to far.
  private(set) var rows: [[Int]] = []

  /// Rows of the bank per piece of work; a piece stays in the cache while every row asked for is compared with it.
  private static let blockSize = 512

  /// Finds the neighbourhoods.
  ///
  /// - Precondition: `2 <= b <= bank.rows`.
  init(of centres: [Int], in bank: Matrix, b: Int) throws {
    let count = bank.rows, dimension = bank.columns
    // A sum of squares over 64 partial sums is off by at most this part of itself.
    let roundingBound = Float(dimension / 64 + 12) * 0x1p-23
    var distances = Matrix(rows: centres.count, columns: count)
    try distances.withUnsafeMutableBufferPointer { target in
      guard let base = target.baseAddress else { return }
      // Each piece writes its own columns.
      nonisolated(unsafe) let near = base
      try bank.selecting(rows: centres).withUnsafeBufferPointer { rows in
        guard let rows = rows.baseAddress else { return }
        // Only read.
        nonisolated(unsafe) let own = rows
        try parallelLoop((count + Self.blockSize - 1) / Self.blockSize) { block in
          let first = block * Self.blockSize
          let length = min(Self.blockSize, count - first)
          bank.slice(first..<first + length).withUnsafeBufferPointer { source in
            for position in centres.indices {
              pc_squared_distances(
                own + position * dimension, source.baseAddress!, Int64(length), Int64(dimension),
                near + position * count + first)
            }
          }
        }
      }
    }
    for (position, centre) in centres.enumerated() {
      let others = distances.withRow(position) { near in
        let limit = Self.smallest(b - 1, of: near, except: centre) * (1 + 2 * roundingBound)
        return (0..<count).filter { $0 != centre && near[$0] <= limit }
      }
      let ordered = bank.withRow(centre) { centre in
        others.map { row in (distance: bank.withRow(row) { euclideanDistance(centre, $0) }, row: row) }
      }.sorted { ($0.distance, $0.row) < ($1.distance, $1.row) }
      rows.append([centre] + ordered.prefix(b - 1).map(\.row))
    }
  }

  /// The `rank`-th smallest value, one place left out.
  private static func smallest(_ rank: Int, of values: UnsafeBufferPointer<Float>, except place: Int) -> Float {
    guard rank < values.count - 1 else { return .infinity }
    var kept: [Float] = []
    for (index, value) in values.enumerated() where index != place && (kept.count < rank || value < kept[rank - 1]) {
      let slot = kept.firstIndex { value < $0 } ?? kept.count
      kept.insert(value, at: slot)
      if kept.count > rank { kept.removeLast() }
    }
    return kept[rank - 1]
  }
}

/// The distance of two vectors in 64-bit floats.
func euclideanDistance(_ a: UnsafeBufferPointer<Float>, _ b: UnsafeBufferPointer<Float>) -> Double {
  var sum = 0.0
  for index in a.indices {
    let difference = Double(a[index]) - Double(b[index])
    sum += difference * difference
  }
  return sum.squareRoot()
}
