import CKernels
import PatchCore

/// The sketches of some queries at every level.
///
/// A class because it owns the memory, which the innermost loops of a search read without counting references. For one
/// thread.
final class SketchedQueries {
  /// One query at one level.
  struct Row {
    /// How far the integers are, times the level's scale, from an exact image.
    var loss = Double.infinity
    /// Sum of squares of the integers.
    var squares = 0.0
    /// What the 128 added to each number of a bank's row adds to a score.
    var shift = 0
  }

  /// Number of queries.
  let count: Int
  private let lengths: [Int]
  private let integers: [UnsafeMutablePointer<Int8>]
  private let rows: [UnsafeMutablePointer<Row>]

  /// Sketches n queries of d numbers.
  init(_ queries: UnsafePointer<Float>, count n: Int, _ sketches: RowSketches, _ engine: any ComputeEngine) {
    count = n
    let levels = sketches.levels
    lengths = levels.map(\.shape.length)
    integers = levels.map { .allocate(capacity: n * $0.shape.length) }
    rows = levels.map { _ in .allocate(capacity: n) }
    let image = sketches.basis.image(of: queries, count: n, engine)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: lengths.max() ?? 0) { values in
      let values = values.baseAddress!
      for (number, level) in levels.enumerated() {
        let length = level.shape.length
        for query in 0..<n {
          let error = sketches.basis.fill(values, row: query, of: image, level.shape, restMean: level.restMean)
          let target = integers[number] + query * length
          var row = Row()
          row.loss = SketchLevel.total(pc_quantise(values, length, level.scale, target), error)
          var squares = 0, sum = 0
          for i in 0..<length {
            let integer = Int(target[i])
            squares &+= integer &* integer
            sum &+= integer
          }
          row.squares = Double(squares)
          row.shift = 128 * sum
          (rows[number] + query).initialize(to: row)
        }
      }
    }
  }

  deinit {
    integers.forEach { $0.deallocate() }
    rows.forEach { $0.deallocate() }
  }

  /// All queries at a level, one after another.
  func integers(atLevel level: Int) -> UnsafePointer<Int8> { UnsafePointer(integers[level]) }

  /// What is known of all queries at a level.
  func rows(atLevel level: Int) -> UnsafePointer<Row> { UnsafePointer(rows[level]) }
}
