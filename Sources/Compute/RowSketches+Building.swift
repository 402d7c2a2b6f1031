import CKernels
import PatchCore
import TensorFiles

extension RowSketches {
  /// Rows that axes, means and steps of rounding are taken from.
  private static let sampleCount = 4096
  /// How much farther than the sample's largest number sketches reach; what lies beyond is cut off and counts as lost.
  private static let reach: Float = 1.05
  /// Steps whose inverse and multiples single precision holds.
  static let usableSteps: ClosedRange<Float> = 1e-30...1e30
  /// Rows per piece of parallel work.
  private static let pieceRows = 512
  /// Principal coordinates that rows are ordered by.
  private static let orderingAxes = 12
  /// Rows that stand side by side in any order: as many as the first half of a sketch leaves out together.
  private static let orderedRows = 64

  /// Whether sketches suit banks of this size.
  static func suit(rows: Int, dimension: Int) -> Bool {
    rows >= fewestRows && (SketchShape.smallestDimension...SketchShape.largestDimension).contains(dimension)
  }

  /// Bytes that making the sketches of a bank takes, the sketches included.
  static func workingBytes(rows: Int, dimension d: Int) -> Int {
    guard suit(rows: rows, dimension: d) else { return 0 }
    // Twice each level, while it is put in order; the last one once more, as it is copied; the order as well.
    let shapes = SketchShape.levels(forDimension: d)
    let perRow = shapes.reduce(2 * MemoryLayout<Int32>.stride + (shapes.last?.length ?? 0)) {
      $0 + 2 * ($1.length + MemoryLayout<Int32>.stride)
    }
    let axes = 255 * d * MemoryLayout<Double>.stride, covariance = d * d * 3 * MemoryLayout<Double>.stride
    return rows * (perRow + orderingAxes * MemoryLayout<Float>.stride)
      + min(rows, sampleCount) * d * 4 * MemoryLayout<Float>.stride + axes + covariance
  }

  /// Sketches of a bank.
  ///
  /// The same bank and engine give the same sketches at any thread count.
  ///
  /// - Returns: `nil` for a bank of too few rows, or of dimensions or sizes that sketches do not suit.
  /// - Complexity: O(m d + d^3) time; up to d + 480 bytes per row, and as much again while they are made.
  init?(of bank: Matrix, engine: any ComputeEngine) throws {
    let (m, d) = (bank.rows, bank.columns)
    guard Self.suit(rows: m, dimension: d) else { return nil }
    let shapes = SketchShape.levels(forDimension: d)
    let sampled = min(m, Self.sampleCount)
    let sample = bank.selecting(rows: (0..<sampled).map { $0 * m / sampled })
    guard
      let (mean, axes) = PrincipalAxes.find(sample, count: Self.axisCount(shapes))
    else { return nil }
    let basis = SketchBasis(mean: mean, axes: axes)
    guard let steps = Self.steps(for: sample, basis, shapes, engine) else { return nil }

    // Sketches in the order of the rows.
    let integers = shapes.map { TensorStorage(byteCount: m * $0.length) }
    let losses = shapes.map { _ in TensorStorage(byteCount: m * MemoryLayout<Float>.stride) }
    let ordering = min(Self.orderingAxes, basis.count)
    var leading = [Float](repeating: 0, count: m * ordering)
    try leading.withUnsafeMutableBufferPointer { leading in
      nonisolated(unsafe) let leading = leading
      try parallelLoop((m + Self.pieceRows - 1) / Self.pieceRows) { piece in
        let first = piece * Self.pieceRows
        let rows = bank.slice(first..<min(first + Self.pieceRows, m))
        let image = rows.withUnsafeBufferPointer { basis.image(of: $0.baseAddress!, count: rows.rows, engine) }
        var lostBefore = [Double](repeating: 0, count: rows.rows)
        for (level, shape) in shapes.enumerated() {
          var values = [Float](repeating: 0, count: shape.length)
          var rounded = [Int8](repeating: 0, count: shape.length)
          let before = shape.continues ? lostBefore : [Double](repeating: 0, count: rows.rows)
          let target = integers[level].mutableBytes
          let lossTarget = losses[level].mutableBytes.assumingMemoryBound(to: Float.self)
          for row in 0..<rows.rows {
            let error = basis.fill(&values, row: row, of: image, shape, restMean: steps[level].restMean)
            let lost = pc_quantise(values, shape.length, steps[level].scale, &rounded)
            lostBefore[row] = lost
            let all = (lost * lost + before[row] * before[row]).squareRoot()
            lossTarget[first + row] = Float(SketchLevel.total(all, error)).nextUp
            for i in 0..<shape.length {
              target[(first + row) * shape.length + i] = UInt8(truncatingIfNeeded: Int(rounded[i]) + 128)
            }
          }
        }
        for row in 0..<rows.rows {
          for axis in 0..<ordering {
            leading[(first + row) * ordering + axis] = Float(image.coordinates[row * basis.count + axis])
          }
        }
      }
    }
    let allFinite = losses.allSatisfy { $0.bytes.assumingMemoryBound(to: Float.self).allSatisfy(\.isFinite) }
    guard allFinite else { return nil }

    var rows = (0..<Int32(m)).map { $0 }
    pc_order_rows(leading, ordering, ordering, &rows, m, Self.orderedRows)
    rows += [Int32](repeating: -1, count: (m + Self.blockRows - 1) / Self.blockRows * Self.blockRows - m)
    levels = shapes.indices.map { level in
      Self.level(
        shapes[level], steps[level], integers[level].bytes, losses[level].bytes.assumingMemoryBound(to: Float.self),
        firstHalf: shapes[level].continues ? integers[level - 1].bytes : nil, order: rows,
        inPanels: level < SketchShape.panelled)
    }
    let leadingIntegers = (0..<SketchShape.panelled).map { integers[$0].bytes }
    centres = Self.centres(leadingIntegers, scales: steps.map(\.scale), order: rows)
    withExtendedLifetime((integers, losses)) {}
    self.basis = basis
    order = Tensor(rows, shape: [rows.count])
    count = m
  }

  /// Axes that the levels need.
  static func axisCount(_ shapes: [SketchShape]) -> Int { shapes.compactMap(\.axes?.upperBound).max() ?? 1 }

  /// The mean of each block's sketches at the levels in panels.
  private static func centres(_ integers: [UnsafeRawBufferPointer], scales: [Float], order: [Int32]) -> Matrix {
    let length = Int(PC_SKETCH_LENGTH)
    var centres = Matrix(rows: order.count / blockRows, columns: integers.count * length)
    let columns = centres.columns
    centres.withUnsafeMutableBufferPointer { centres in
      var sums = [Int](repeating: 0, count: columns)
      for block in 0..<order.count / blockRows {
        for index in sums.indices { sums[index] = 0 }
        let rows = order[block * blockRows..<(block + 1) * blockRows].prefix { $0 >= 0 }
        for row in rows {
          for (level, integers) in integers.enumerated() {
            for i in 0..<length { sums[level * length + i] += Int(integers[Int(row) * length + i]) - 128 }
          }
        }
        for index in sums.indices {
          centres[block * columns + index] = Float(sums[index]) / Float(rows.count) * scales[index / length]
        }
      }
    }
    return centres
  }

  /// The step of each level and the mean of the norms that it leaves out.
  private static func steps(
    for sample: Matrix, _ basis: SketchBasis, _ shapes: [SketchShape], _ engine: any ComputeEngine
  ) -> [(scale: Float, restMean: Float)]? {
    let image = sample.withUnsafeBufferPointer { basis.image(of: $0.baseAddress!, count: sample.rows, engine) }
    var steps: [(scale: Float, restMean: Float)] = []
    for shape in shapes {
      let rests = (0..<sample.rows).reduce(0.0) { $0 + basis.rest(row: $1, of: image, shape) }
      let restMean = Float(rests / Double(sample.rows))
      var values = [Float](repeating: 0, count: shape.length)
      var largest: Float = 0
      for row in 0..<sample.rows {
        guard basis.fill(&values, row: row, of: image, shape, restMean: restMean).isFinite else { return nil }
        largest = values.reduce(largest) { max($0, abs($1)) }
      }
      var scale = largest * reach / 127
      if shape.continues, let first = steps.last {
        // The shorter step of both, so that neither is cut off.
        scale = max(scale, first.scale / SketchShape.coarseness)
        steps[steps.count - 1].scale = scale * SketchShape.coarseness
      }
      guard restMean.isFinite, steps.last.map({ usableSteps.contains($0.scale) }) ?? true, usableSteps.contains(scale)
      else { return nil }
      steps.append((scale, restMean))
    }
    return steps
  }

  /// A level with its rows in order.
  private static func level(
    _ shape: SketchShape, _ step: (scale: Float, restMean: Float), _ integers: UnsafeRawBufferPointer,
    _ rowLosses: UnsafeBufferPointer<Float>, firstHalf: UnsafeRawBufferPointer?, order: [Int32], inPanels: Bool
  ) -> SketchLevel {
    let length = shape.length
    var values = [UInt8](repeating: 128, count: order.count * length)
    var starts = [Int32](repeating: SketchLevel.noRow, count: order.count)
    var losses = [Float](repeating: 0, count: order.count / blockRows)
    for (slot, row) in order.enumerated() where row >= 0 {
      let row = Int(row)
      var squares = 0
      for i in 0..<length {
        let integer = integers[row * length + i]
        values[slot * length + i] = integer
        squares &+= (Int(integer) - 128) &* (Int(integer) - 128)
      }
      var firstSquares = 0
      if let firstHalf {
        for i in 0..<length {
          let integer = Int(firstHalf[row * length + i]) - 128
          firstSquares &+= integer &* integer
        }
      }
      starts[slot] = SketchLevel.start(squares: squares, firstHalf: firstSquares)
      losses[slot / blockRows] = max(losses[slot / blockRows], rowLosses[row])
    }
    if inPanels {
      let rows = values
      pc_sketch_panels(rows, order.count, &values)
    }
    return SketchLevel(
      shape: shape, scale: step.scale, restMean: step.restMean,
      values: Tensor(values), starts: Tensor(starts, shape: [starts.count]),
      losses: Tensor(losses, shape: [losses.count]))
  }
}
