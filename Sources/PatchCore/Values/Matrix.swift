import TensorFiles

/// `n x d` numbers of 32 bits, row after row: embeddings, memory banks, queries.
///
/// A value: copies share memory until one is written. The memory is on the heap, in a file mapped for reading (a bank
/// inside an artifact) or in a spool file (embeddings larger than memory).
public struct Matrix: Sendable {
  /// Number of rows, n.
  public let rows: Int
  /// Number of columns, d.
  public let columns: Int
  private var storage: TensorStorage
  private let byteOffset: Int

  /// Zeros on the heap.
  public init(rows: Int, columns: Int) {
    self.init(rows: rows, columns: columns, storage: TensorStorage(byteCount: Self.byteCount(rows, columns)))
  }

  /// A copy of row-major values.
  ///
  /// - Precondition: `values.count == rows * columns`.
  public init(rows: Int, columns: Int, _ values: [Float]) {
    precondition(values.count == rows * columns, "\(values.count) values for a \(rows) x \(columns) matrix")
    self.init(rows: rows, columns: columns)
    // An empty buffer has no address to copy to.
    if !values.isEmpty { withUnsafeMutableBufferPointer { _ = $0.update(fromContentsOf: values) } }
  }

  /// Zeros in an unlinked temporary file, for data larger than memory.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidFile` if the disk has no room.
  public static func spooled(rows: Int, columns: Int, inDirectory directory: String) throws -> Matrix {
    do {
      let storage = try TensorStorage.spooling(byteCount: byteCount(rows, columns), inDirectory: directory)
      return Matrix(rows: rows, columns: columns, storage: storage)
    } catch {
      throw PatchCoreError(.invalidFile, error)
    }
  }

  /// The rows of a two-dimensional float32 tensor, without a copy.
  ///
  /// - Throws: `PatchCoreError` with code `.shapeMismatch` for another shape or type.
  public init(_ tensor: Tensor) throws {
    guard tensor.shape.count == 2, tensor.elementType == .float32 else {
      throw PatchCoreError(
        .shapeMismatch, "expected a two-dimensional F32 tensor, found \(tensor.elementType.rawValue) \(tensor.shape)")
    }
    self.init(rows: tensor.shape[0], columns: tensor.shape[1], storage: tensor.storage, byteOffset: tensor.byteOffset)
  }

  private init(rows: Int, columns: Int, storage: TensorStorage, byteOffset: Int = 0) {
    self.rows = rows
    self.columns = columns
    self.storage = storage
    self.byteOffset = byteOffset
  }

  private static func byteCount(_ rows: Int, _ columns: Int) -> Int {
    precondition(rows >= 0 && columns >= 0, "negative shape \(rows) x \(columns)")
    return rows * columns * MemoryLayout<Float>.stride
  }

  /// Number of elements, n times d.
  public var count: Int { rows * columns }

  /// The same numbers as a float32 tensor of shape [n, d], without a copy.
  public var tensor: Tensor {
    Tensor(elementType: .float32, shape: [rows, columns], storage: storage, byteOffset: byteOffset)
  }

  /// Calls `body` with all elements, row-major.
  public func withUnsafeBufferPointer<R>(_ body: (UnsafeBufferPointer<Float>) throws -> R) rethrows -> R {
    defer { withExtendedLifetime(storage) {} }
    let bytes = UnsafeRawBufferPointer(rebasing: storage.bytes[byteOffset..<byteOffset + count * 4])
    return try body(bytes.assumingMemoryBound(to: Float.self))
  }

  /// Calls `body` with all elements for writing, row-major.
  ///
  /// Copies the memory first if it is shared or mapped for reading.
  public mutating func withUnsafeMutableBufferPointer<R>(
    _ body: (UnsafeMutableBufferPointer<Float>) throws -> R
  ) rethrows -> R {
    if !storage.isWritable || !isKnownUniquelyReferenced(&storage) {
      var copy = Matrix(rows: rows, columns: columns)
      withUnsafeBufferPointer { source in
        copy.withUnsafeMutableBufferPointer { _ = $0.update(fromContentsOf: source) }
      }
      self = copy
    }
    defer { withExtendedLifetime(storage) {} }
    let bytes = UnsafeMutableRawBufferPointer(rebasing: storage.mutableBytes[byteOffset..<byteOffset + count * 4])
    return try body(bytes.assumingMemoryBound(to: Float.self))
  }

  /// Calls `body` with one row of d elements.
  public func withRow<R>(_ row: Int, _ body: (UnsafeBufferPointer<Float>) throws -> R) rethrows -> R {
    precondition(row >= 0 && row < rows, "row \(row) of \(rows)")
    return try withUnsafeBufferPointer {
      try body(UnsafeBufferPointer(rebasing: $0[row * columns..<(row + 1) * columns]))
    }
  }

  /// A copy of one row.
  public subscript(row row: Int) -> [Float] { withRow(row) { Array($0) } }

  /// One element.
  public subscript(row: Int, column: Int) -> Float { withRow(row) { $0[column] } }

  /// A copy of the given rows, in the given order.
  public func selecting(rows indices: [Int]) -> Matrix {
    var result = Matrix(rows: indices.count, columns: columns)
    withUnsafeBufferPointer { source in
      result.withUnsafeMutableBufferPointer { target in
        for (position, row) in indices.enumerated() {
          precondition(row >= 0 && row < rows, "row \(row) of \(rows)")
          let from = UnsafeBufferPointer(rebasing: source[row * columns..<(row + 1) * columns])
          _ = UnsafeMutableBufferPointer(rebasing: target[position * columns..<(position + 1) * columns])
            .update(fromContentsOf: from)
        }
      }
    }
    return result
  }

  /// A view of consecutive rows, without a copy.
  public func slice(_ range: Range<Int>) -> Matrix {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of \(rows)")
    return Matrix(
      rows: range.count, columns: columns, storage: storage,
      byteOffset: byteOffset + range.lowerBound * columns * MemoryLayout<Float>.stride)
  }

  /// The first row that holds a NaN or an infinity, or `nil` if every number is finite.
  public func firstRowNotFinite() -> Int? {
    withUnsafeBufferPointer { values in
      // A sum of (x - x) is 0 exactly if all are finite: a loop the compiler turns into vector code.
      for row in 0..<rows {
        var sum: Float = 0
        for column in row * columns..<(row + 1) * columns { sum += values[column] - values[column] }
        if sum != 0 || sum.isNaN { return row }
      }
      return nil
    }
  }
}
