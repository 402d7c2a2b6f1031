import CKernels
import PatchCore

/// The sketches of some queries at every level.
///
/// A class because it owns the memory that kernels read.
///
/// Unchecked because nothing changes once it is made.
final class SketchedQueries: @unchecked Sendable {
  /// Number of queries.
  let count: Int
  /// What the first two levels round, `count x 128`.
  let leading: Matrix
  private let lengths: [Int]
  private let integers: [UnsafeMutablePointer<Int8>]
  private let queries: [UnsafeMutablePointer<pc_sketch_query>]

  /// Queries per piece of parallel work.
  private static let pieceRows = 56

  /// Sketches n queries of d numbers.
  init(_ queries: UnsafePointer<Float>, count n: Int, _ sketches: RowSketches, _ engine: any ComputeEngine) throws {
    let levels = sketches.levels, basis = sketches.basis
    let lengths = levels.map(\.shape.length), leadingLength = SketchShape.panelled * lengths[0]
    let integers = lengths.map { UnsafeMutablePointer<Int8>.allocate(capacity: n * $0) }
    let rows = levels.map { _ in UnsafeMutablePointer<pc_sketch_query>.allocate(capacity: n) }
    (count, self.lengths, self.integers, self.queries) = (n, lengths, integers, rows)
    var leading = Matrix(rows: n, columns: leadingLength)
    let pieces = (n + Self.pieceRows - 1) / Self.pieceRows
    try leading.withUnsafeMutableBufferPointer { leading in
      nonisolated(unsafe) let (queries, integers, rows, leading) = (queries, integers, rows, leading.baseAddress!)
      try parallelLoop(pieces) { piece in
        let first = piece * Self.pieceRows, count = min(Self.pieceRows, n - first)
        let image = basis.image(of: queries + first * basis.dimension, count: count, engine)
        withUnsafeTemporaryAllocation(of: Float.self, capacity: lengths.max() ?? 0) { values in
          let values = values.baseAddress!
          for query in 0..<count {
            var before = SketchHalf()
            for (number, level) in levels.enumerated() {
              let length = lengths[number], target = integers[number] + (first + query) * length
              let error = basis.fill(values, row: query, of: image, level.shape, restMean: level.restMean)
              if number < SketchShape.panelled {
                (leading + (first + query) * leadingLength + number * length).update(from: values, count: length)
              }
              let half = SketchHalf(
                lost: pc_quantise(values, length, level.scale, target),
                UnsafeBufferPointer(start: target, count: length), after: level.shape.continues ? before : SketchHalf())
              (rows[number] + first + query).initialize(
                to: pc_sketch_query(
                  loss: SketchLevel.total(half.lost, error), squares: Double(half.squares),
                  shift: Int64(128 * half.sum)))
              before = half
            }
          }
        }
      }
    }
    self.leading = leading
  }

  deinit {
    integers.forEach { $0.deallocate() }
    queries.forEach { $0.deallocate() }
  }

  /// All queries at a level, one after another.
  func integers(atLevel level: Int) -> UnsafePointer<Int8> { UnsafePointer(integers[level]) }

  /// What is known of all queries at a level.
  func queries(atLevel level: Int) -> UnsafePointer<pc_sketch_query> { UnsafePointer(queries[level]) }

  /// What kernels read; valid as long as the queries live.
  var views: [pc_sketch_queries] {
    lengths.indices.map { pc_sketch_queries(integers: integers(atLevel: $0), queries: queries(atLevel: $0)) }
  }
}

/// Sums over the integers of a sketch, those of a first half weighted as scores are.
private struct SketchHalf {
  var lost = 0.0
  var squares = 0
  var sum = 0

  init() {}

  init(lost: Double, _ integers: UnsafeBufferPointer<Int8>, after first: SketchHalf) {
    var squares = 0, sum = 0
    for integer in integers {
      squares &+= Int(integer) &* Int(integer)
      sum &+= Int(integer)
    }
    self.lost = (lost * lost + first.lost * first.lost).squareRoot()
    self.squares = squares + 4 * first.squares
    self.sum = sum + 4 * first.sum
  }
}
