import PatchCore

/// Made-up data for checks: the same numbers on every machine.
public enum ConformanceData {
  /// Rows scattered about a few centres, as patch embeddings are; no two rows are equal in practice.
  ///
  /// - Parameters:
  ///   - rows: number of rows, n.
  ///   - columns: dimension of a row, d.
  ///   - seed: rows of different seeds share their centres.
  /// - Returns: `n x d`, numbers between -2 and 2.
  public static func clusters(rows: Int, columns: Int, seed: UInt64) -> Matrix {
    var centreGenerator = SeededGenerator(seed: 17)
    let centres = (0..<20 * columns).map { _ in centreGenerator.nextUniform(limit: 1.5) }
    var generator = SeededGenerator(seed: seed)
    var values: [Float] = []
    values.reserveCapacity(rows * columns)
    for _ in 0..<rows {
      let centre = generator.next(below: 20) * columns
      for column in 0..<columns { values.append(centres[centre + column] + generator.nextUniform(limit: 0.5)) }
    }
    return Matrix(rows: rows, columns: columns, values)
  }

  /// Patch embeddings of several images, scattered as `clusters` scatters.
  ///
  /// - Returns: `images * height * width x dimension`.
  public static func embeddings(
    images: Int, height: Int, width: Int, dimension: Int, seed: UInt64
  ) -> PatchEmbeddings {
    let grid = PatchGrid(images: images, height: height, width: width)
    return PatchEmbeddings(vectors: clusters(rows: grid.count, columns: dimension, seed: seed), grid: grid)
  }

  /// Feature maps or images with numbers between -1 and 1.
  public static func map(batch: Int, shape: FeatureShape, seed: UInt64) -> FeatureMap {
    var generator = SeededGenerator(seed: seed)
    return FeatureMap(
      batch: batch, shape: shape, (0..<batch * shape.count).map { _ in generator.nextUniform(limit: 1) })
  }
}

extension Matrix {
  /// All numbers, row by row.
  var values: [Float] { withUnsafeBufferPointer { Array($0) } }

  /// All numbers times a factor.
  func scaled(by factor: Float) -> Matrix { Matrix(rows: rows, columns: columns, values.map { $0 * factor }) }

  /// A matrix of equal numbers.
  static func constant(rows: Int, columns: Int, _ value: Float) -> Matrix {
    Matrix(rows: rows, columns: columns, [Float](repeating: value, count: rows * columns))
  }
}

extension FeatureMap {
  /// All numbers in NCHW order.
  var values: [Float] { withUnsafeBufferPointer { Array($0) } }

  /// One image as a batch of its own.
  func image(_ number: Int) -> FeatureMap {
    let all = values
    return FeatureMap(batch: 1, shape: shape, Array(all[number * shape.count..<(number + 1) * shape.count]))
  }
}

extension PatchEmbeddings {
  /// The embeddings of some images, in the order given.
  func images(_ numbers: [Int]) -> PatchEmbeddings {
    let size = grid.patchesPerImage
    let rows = numbers.flatMap { $0 * size..<($0 + 1) * size }
    return PatchEmbeddings(
      vectors: vectors.selecting(rows: rows),
      grid: PatchGrid(images: numbers.count, height: grid.height, width: grid.width))
  }
}
