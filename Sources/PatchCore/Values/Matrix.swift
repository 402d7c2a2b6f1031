import TensorFiles

/// `n x d` numbers, row after row: embeddings, memory banks, queries.
///
/// They are read as 32-bit floats and may be kept in fewer bits, see `format`. A value: copies share memory until one is
/// written. The memory is on the heap, in a file mapped for reading (a bank inside an artifact) or in a spool file
/// (embeddings larger than memory). What was read or written of a spool is given back to the system at once, so work that
/// goes through `slice` piece by piece holds no more than its pieces.
public struct Matrix: Sendable {
  /// Number of rows, n.
  public let rows: Int
  /// Number of columns, d.
  public let columns: Int
  /// How the numbers are kept.
  public let format: NumberFormat
  private var storage: TensorStorage
  private let byteOffset: Int
  /// Of int8: step and offset of each row, 32-bit floats.
  private var rowScales: TensorStorage?
  private let scaleOffset: Int

  /// Zeros on the heap, kept in a format.
  public init(rows: Int, columns: Int, format: NumberFormat = .float32) {
    self.init(
      rows: rows, columns: columns, format: format,
      storage: TensorStorage(byteCount: Self.byteCount(rows, columns, format)), scales: Self.zeroScales(rows, format))
  }

  /// Numbers that are undefined until they are written.
  static func undefined(rows: Int, columns: Int) -> Matrix {
    Matrix(
      rows: rows, columns: columns, format: .float32,
      storage: TensorStorage(uninitialisedByteCount: byteCount(rows, columns, .float32)), scales: nil)
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
  public static func spooled(
    rows: Int, columns: Int, format: NumberFormat = .float32, inDirectory directory: String
  ) throws -> Matrix {
    do {
      let storage = try TensorStorage.spooling(byteCount: byteCount(rows, columns, format), inDirectory: directory)
      return Matrix(
        rows: rows, columns: columns, format: format, storage: storage, scales: zeroScales(rows, format))
    } catch {
      throw PatchCoreError(.invalidFile, error)
    }
  }

  /// The rows of a two-dimensional tensor, without a copy.
  ///
  /// - Parameters:
  ///   - tensor: F32, BF16 or I8, `n x d`.
  ///   - scales: of I8: F32, `n x 2`, step and offset of each row.
  /// - Throws: `PatchCoreError` with code `.shapeMismatch` for another shape or type, or scales that are missing or too
  ///   many.
  public init(_ tensor: Tensor, scales: Tensor? = nil) throws {
    guard tensor.shape.count == 2, let format = NumberFormat(tensor.elementType) else {
      throw PatchCoreError(
        .shapeMismatch,
        "expected a two-dimensional tensor of F32, BF16 or I8, found \(tensor.elementType.rawValue) \(tensor.shape)")
    }
    let expected = format == .int8 ? [tensor.shape[0], 2] : nil
    guard scales?.shape == expected, scales.map({ $0.elementType == .float32 }) ?? true else {
      throw PatchCoreError(
        .shapeMismatch,
        "a tensor of \(tensor.elementType.rawValue) \(tensor.shape) needs "
          + (expected.map { "the scales F32 \($0)" } ?? "no scales") + ", found "
          + (scales.map { "\($0.elementType.rawValue) \($0.shape)" } ?? "none"))
    }
    self.init(
      rows: tensor.shape[0], columns: tensor.shape[1], format: format, storage: tensor.storage,
      byteOffset: tensor.byteOffset, scales: scales?.storage, scaleOffset: scales?.byteOffset ?? 0)
  }

  private init(
    rows: Int, columns: Int, format: NumberFormat, storage: TensorStorage, byteOffset: Int = 0,
    scales: TensorStorage?, scaleOffset: Int = 0
  ) {
    self.rows = rows
    self.columns = columns
    self.format = format
    self.storage = storage
    self.byteOffset = byteOffset
    rowScales = scales
    self.scaleOffset = scaleOffset
  }

  private static let bytesPerScale = 2 * MemoryLayout<Float>.stride

  private static func byteCount(_ rows: Int, _ columns: Int, _ format: NumberFormat) -> Int {
    precondition(rows >= 0 && columns >= 0, "negative shape \(rows) x \(columns)")
    return rows * columns * format.byteWidth
  }

  private static func zeroScales(_ rows: Int, _ format: NumberFormat) -> TensorStorage? {
    format == .int8 ? TensorStorage(byteCount: rows * bytesPerScale) : nil
  }

  /// Number of elements, n times d.
  public var count: Int { rows * columns }
  /// Bytes that the numbers take.
  public var byteCount: Int { rows * format.bytesPerRow(columns) }
  /// Whether the numbers lie in a temporary file.
  public var isSpooled: Bool { storage.isSpool }

  /// The same numbers as a tensor of shape [n, d] and the type of the format, without a copy.
  public var tensor: Tensor {
    Tensor(elementType: format.elementType, shape: [rows, columns], storage: storage, byteOffset: byteOffset)
  }

  /// Of int8: step and offset of each row as a float32 tensor of shape [n, 2], without a copy; otherwise `nil`.
  ///
  /// A number q stands for `step q + offset`, rounded after each of the two operations.
  public var scales: Tensor? {
    rowScales.map { Tensor(elementType: .float32, shape: [rows, 2], storage: $0, byteOffset: scaleOffset) }
  }

  // MARK: - Reading

  /// Calls `body` with all elements, row-major.
  ///
  /// Numbers kept in fewer than 32 bits are widened into memory of their own first, 4 bytes for each: take a large
  /// matrix in slices.
  public func withUnsafeBufferPointer<R>(_ body: (UnsafeBufferPointer<Float>) throws -> R) rethrows -> R {
    defer { withExtendedLifetime(storage) { releaseIfSpooled() } }
    if format == .float32 {
      return try body(UnsafeRawBufferPointer(bytes).assumingMemoryBound(to: Float.self))
    }
    return try withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { wide in
      if let base = wide.baseAddress { for row in 0..<rows { widen(row, into: base + row * columns) } }
      return try body(UnsafeBufferPointer(wide))
    }
  }

  /// Calls `body` with one row of d elements.
  public func withRow<R>(_ row: Int, _ body: (UnsafeBufferPointer<Float>) throws -> R) rethrows -> R {
    precondition(row >= 0 && row < rows, "row \(row) of \(rows)")
    return try slice(row..<row + 1).withUnsafeBufferPointer(body)
  }

  /// A copy of one row.
  public subscript(row row: Int) -> [Float] { withRow(row) { Array($0) } }

  /// One element.
  public subscript(row: Int, column: Int) -> Float { withRow(row) { $0[column] } }

  /// A view of consecutive rows, without a copy.
  public func slice(_ range: Range<Int>) -> Matrix {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of \(rows)")
    return Matrix(
      rows: range.count, columns: columns, format: format, storage: storage,
      byteOffset: byteOffset + range.lowerBound * columns * format.byteWidth, scales: rowScales,
      scaleOffset: scaleOffset + range.lowerBound * Self.bytesPerScale)
  }

  private var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: storage.bytes[byteOffset..<byteOffset + count * format.byteWidth])
  }

  private func releaseIfSpooled() {
    if storage.isSpool { storage.releasePages(byteOffset..<byteOffset + count * format.byteWidth) }
  }

  private func widen(_ row: Int, into target: UnsafeMutablePointer<Float>) {
    guard let base = bytes.baseAddress else { return }
    let source = base + row * columns * format.byteWidth
    switch format {
    case .float32: target.update(from: source.assumingMemoryBound(to: Float.self), count: columns)
    case .bfloat16: NumberCoding.widen(bfloat16: source, into: target, count: columns)
    case .int8:
      let (step, offset) = scale(row)
      NumberCoding.widen(
        int8: source.assumingMemoryBound(to: Int8.self), step: step, offset: offset, into: target, count: columns)
    }
  }

  private func scale(_ row: Int) -> (step: Float, offset: Float) {
    guard let rowScales else { return (1, 0) }
    let place = scaleOffset + row * Self.bytesPerScale
    return (
      rowScales.bytes.loadUnaligned(fromByteOffset: place, as: Float.self),
      rowScales.bytes.loadUnaligned(fromByteOffset: place + 4, as: Float.self)
    )
  }

  /// The first row that holds a NaN or an infinity, or `nil` if every number is finite.
  public func firstRowNotFinite() -> Int? {
    defer { withExtendedLifetime(storage) { releaseIfSpooled() } }
    guard columns > 0, let base = bytes.baseAddress else { return nil }
    return (0..<rows).first { row in
      let source = base + row * columns * format.byteWidth
      switch format {
      case .float32:
        return NumberCoding.hasSpecial(source.assumingMemoryBound(to: Float.self), count: columns)
      case .bfloat16: return NumberCoding.hasSpecial(bfloat16: source, count: columns)
      case .int8:
        let (step, offset) = scale(row)
        // The numbers of the row lie between these two.
        return !(step * -128 + offset).isFinite || !(step * 127 + offset).isFinite
      }
    }
  }

  // MARK: - Writing

  /// Calls `body` with all elements for writing, row-major.
  ///
  /// Copies the memory first if it is shared, mapped for reading or kept in fewer than 32 bits, which it then no longer
  /// is.
  public mutating func withUnsafeMutableBufferPointer<R>(
    _ body: (UnsafeMutableBufferPointer<Float>) throws -> R
  ) rethrows -> R {
    if format != .float32 || !storage.isWritable || !isKnownUniquelyReferenced(&storage) {
      var copy = Matrix(rows: rows, columns: columns)
      copy.replaceRows(from: 0, with: self)
      self = copy
    }
    defer { withExtendedLifetime(storage) { releaseIfSpooled() } }
    let bytes = UnsafeMutableRawBufferPointer(rebasing: storage.mutableBytes[byteOffset..<byteOffset + count * 4])
    return try body(bytes.assumingMemoryBound(to: Float.self))
  }

  /// Writes rows over those from `first` on, rounded to the format that this matrix has.
  ///
  /// - Precondition: the rows have `columns` numbers each and end within this matrix; for int8 they are finite.
  public mutating func replaceRows(from first: Int, with source: Matrix) {
    precondition(
      source.columns == columns && first >= 0 && first + source.rows <= rows,
      "\(source.rows) x \(source.columns) from row \(first) of \(rows) x \(columns)")
    let sharesScales = rowScales != nil && !isKnownUniquelyReferenced(&rowScales)
    if !storage.isWritable || !isKnownUniquelyReferenced(&storage) || sharesScales { self = copied() }
    let place = byteOffset + first * columns * format.byteWidth
    let length = source.count * format.byteWidth
    guard length > 0, let target = storage.mutableBytes.baseAddress.map({ $0 + place }) else { return }
    defer { withExtendedLifetime(storage) { if storage.isSpool { storage.releasePages(place..<place + length) } } }
    if source.format == format {
      target.copyMemory(from: source.bytes.baseAddress!, byteCount: length)
      if let from = source.rowScales {
        for row in 0..<source.rows { setScale(first + row, source.scale(row)) }
        withExtendedLifetime(from) {}
      }
      source.releaseIfSpooled()
      return
    }
    for row in 0..<source.rows {
      let rowTarget = target + row * columns * format.byteWidth
      source.withRow(row) { values in
        switch format {
        case .float32: rowTarget.copyMemory(from: UnsafeRawPointer(values.baseAddress!), byteCount: columns * 4)
        case .bfloat16:
          NumberCoding.round(
            values.baseAddress!, intoBFloat16: rowTarget.assumingMemoryBound(to: UInt16.self), count: columns)
        case .int8:
          setScale(
            first + row, NumberCoding.round(values, intoInt8: rowTarget.assumingMemoryBound(to: Int8.self)))
        }
      }
    }
  }

  private func setScale(_ row: Int, _ scale: (step: Float, offset: Float)) {
    let place = scaleOffset + row * Self.bytesPerScale
    rowScales?.mutableBytes.storeBytes(of: scale.step, toByteOffset: place, as: Float.self)
    rowScales?.mutableBytes.storeBytes(of: scale.offset, toByteOffset: place + 4, as: Float.self)
  }

  private func copied() -> Matrix {
    var copy = Matrix(rows: rows, columns: columns, format: format)
    copy.replaceRows(from: 0, with: self)
    return copy
  }
}
