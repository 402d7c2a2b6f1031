extension Matrix {
  /// Rows taken at once where a whole matrix is gone through.
  private static let pieceBytes = 1 << 20

  /// A copy of the given rows, in the given order and in the format of this matrix.
  public func selecting(rows indices: [Int]) -> Matrix {
    var result = Matrix(rows: indices.count, columns: columns, format: format)
    for (position, row) in indices.enumerated() {
      precondition(row >= 0 && row < rows, "row \(row) of \(rows)")
      result.replaceRows(from: position, with: slice(row..<row + 1))
    }
    return result
  }

  /// The same rows kept in another format, on the heap; this matrix itself if it has that format.
  ///
  /// - Parameter format: the numbers to keep.
  /// - Returns: `n x d`, rounded where the format is narrower.
  /// - Throws: `PatchCoreError` with code `.notFinite` if numbers are to be rounded and a row holds a NaN or an infinity,
  ///   or steps too wide for a float.
  public func converted(to format: NumberFormat) throws -> Matrix {
    guard format != self.format else { return self }
    if format != .float32, let row = firstRowNotFinite() { throw Self.notFinite(row, format) }
    var result = Matrix(rows: rows, columns: columns, format: format)
    for piece in pieces() { result.replaceRows(from: piece.lowerBound, with: slice(piece)) }
    if let row = result.firstRowNotFinite(), format != .float32 { throw Self.notFinite(row, format) }
    return result
  }

  private static func notFinite(_ row: Int, _ format: NumberFormat) -> PatchCoreError {
    PatchCoreError(
      .notFinite, "row \(row) holds a NaN, an infinity or numbers too large for \(format.rawValue); check the weights")
  }

  /// Ranges of consecutive rows, about a megabyte each when widened.
  public func pieces() -> [Range<Int>] {
    let length = max(1, Self.pieceBytes / max(1, columns * MemoryLayout<Float>.stride))
    return stride(from: 0, to: rows, by: length).map { $0..<min($0 + length, rows) }
  }
}
