import Foundation
import PatchCore
import TensorFiles
import Testing

/// Matrices kept in 16 and 8 bits.
@Suite struct NumberFormatTests {
  private func values(_ matrix: Matrix) -> [Float] { matrix.withUnsafeBufferPointer { Array($0) } }

  /// Rows of a length that fills no whole vector, of several magnitudes and both signs.
  private func matrix(rows: Int = 9, columns: Int = 37, seed: UInt64 = 3) -> Matrix {
    var random = SeededGenerator(seed: seed)
    return Matrix(
      rows: rows, columns: columns,
      (0..<rows * columns).map { Float(random.nextUnit() - 0.3) * Float(1 << ($0 / columns)) })
  }

  @Test func bfloat16RoundsAsPyTorchDoes() throws {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures/bfloat16.safetensors").path
    let file = try SafetensorsFile(contentsOf: path)
    let exact = try Matrix(#require(file.tensors["values"]))
    let rounded = try #require(file.tensors["rounded"])
    let ours = try exact.converted(to: .bfloat16)
    #expect(exact.count > 1000)
    #expect(ours.tensor.elementType == .bfloat16 && ours.tensor.shape == rounded.shape)
    #expect(ours.tensor.withBytes { Array($0) } == rounded.withBytes { Array($0) })
    // PyTorch's numbers are read as they are, and read as the same floats by the general way of tensors.
    #expect(values(try Matrix(rounded)).map(\.bitPattern) == rounded.floats().map(\.bitPattern))
  }

  @Test func finiteNumbersStayFinite() throws {
    let numbers: [Float] = [
      .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 3.3961775e38, .leastNonzeroMagnitude, -0.0, 1,
    ]
    let narrow = try Matrix(rows: 1, columns: 6, numbers).converted(to: .bfloat16)
    #expect(narrow.firstRowNotFinite() == nil)
    // The greatest number of 16 bits.
    #expect(values(narrow) == [0x1.fep127, -0x1.fep127, 0x1.fep127, 0, 0, 1])
  }

  @Test(arguments: NumberFormat.allCases.filter { $0 != .float32 }, [Float.nan, .infinity, -.infinity])
  func numbersThatAreNotFiniteAreRefused(format: NumberFormat, bad: Float) throws {
    for position in 0..<36 {
      var numbers = [Float](repeating: 1, count: 36)
      numbers[position] = bad
      let error = #expect(throws: PatchCoreError.self) {
        try Matrix(rows: 2, columns: 18, numbers).converted(to: format)
      }
      #expect(error?.code == .notFinite && error?.message.contains("row \(position / 18) ") == true)
      // A file may hold them.
      var bits = [UInt8](repeating: 0, count: 72)
      let word = UInt16(bad.bitPattern >> 16)
      (bits[2 * position], bits[2 * position + 1]) = (UInt8(word & 0xff), UInt8(word >> 8))
      let storage = TensorStorage(byteCount: 72)
      storage.mutableBytes.copyBytes(from: bits)
      let tensor = Tensor(elementType: .bfloat16, shape: [2, 18], storage: storage)
      #expect(try Matrix(tensor).firstRowNotFinite() == position / 18)
    }
  }

  @Test func int8IsOffByHalfAStep() throws {
    let exact = matrix()
    let narrow = try exact.converted(to: .int8)
    for row in 0..<exact.rows {
      let (true_, kept) = (exact[row: row], narrow[row: row])
      let step = (true_.max()! - true_.min()!) / 255
      // Half a step, and the rounding of step, product and sum.
      let bound = step * 0.5001 + 4 * Float.ulpOfOne * true_.map(abs).max()!
      for (a, b) in zip(true_, kept) { #expect(abs(a - b) <= bound) }
      #expect(Set(kept).count > 30, "row \(row) was flattened")
    }
    let equal = try Matrix(rows: 2, columns: 3, [7.25, 7.25, 7.25, 0, 0, 0]).converted(to: .int8)
    #expect(values(equal) == [7.25, 7.25, 7.25, 0, 0, 0])
  }

  @Test(arguments: NumberFormat.allCases)
  func partsAreThoseOfTheWhole(format: NumberFormat) throws {
    let whole = try matrix().converted(to: format)
    let all = values(whole)
    #expect(whole.format == format && whole.byteCount == 9 * format.bytesPerRow(37))
    #expect(values(whole.slice(2..<7)) == Array(all[2 * 37..<7 * 37]))
    #expect(whole.slice(2..<7).slice(1..<3)[row: 1] == Array(all[4 * 37..<5 * 37]))
    let chosen = whole.selecting(rows: [8, 0, 8])
    #expect(chosen.format == format && chosen[row: 0] == whole[row: 8] && chosen[row: 1] == whole[row: 0])
    #expect(whole[3, 5] == all[3 * 37 + 5])
    let wide = try whole.converted(to: .float32)
    #expect(wide.format == .float32 && values(wide) == all)
    // Tensors hold the same numbers.
    #expect(try values(Matrix(whole.slice(2..<7).tensor, scales: whole.slice(2..<7).scales)) == Array(all[74..<259]))
  }

  @Test(arguments: NumberFormat.allCases)
  func copiesDoNotSeeEachOther(format: NumberFormat) throws {
    let first = try matrix().converted(to: format)
    let before = values(first)
    var second = first
    second.replaceRows(from: 4, with: matrix(rows: 2, seed: 9))
    #expect(values(first) == before && second.format == format)
    #expect(second[row: 3] == first[row: 3] && second[row: 4] != first[row: 4])
    #expect(second[row: 4] == (try matrix(rows: 2, seed: 9).converted(to: format))[row: 0])
    // Whoever writes single numbers has 32 bits from then on.
    var third = first
    third.withUnsafeMutableBufferPointer { $0[0] = 0.1 }
    #expect(third.format == .float32 && third[0, 0] == 0.1 && third[1, 1] == first[1, 1] && values(first) == before)
  }

  @Test(arguments: NumberFormat.allCases)
  func spoolsHoldTheSameNumbers(format: NumberFormat) throws {
    let exact = matrix(rows: 300)
    var spool = try Matrix.spooled(rows: 300, columns: 37, format: format, inDirectory: NSTemporaryDirectory())
    for start in stride(from: 0, to: 300, by: 70) {
      spool.replaceRows(from: start, with: exact.slice(start..<min(start + 70, 300)))
    }
    let kept = try exact.converted(to: format)
    #expect(spool.isSpooled && !kept.isSpooled)
    #expect(values(spool) == values(kept) && values(spool.slice(13..<200)) == values(kept.slice(13..<200)))
    #expect(values(spool.selecting(rows: [299, 5])) == values(kept.selecting(rows: [299, 5])))
  }

  @Test func tensorsThatAreNoMatrixAreRefused() throws {
    let numbers = TensorStorage(byteCount: 64)
    let scales = Tensor([1, 0, 1, 0] as [Float], shape: [2, 2])
    for (type, shape, scales) in [
      (.float64, [2, 2], nil), (.int8, [2, 2], nil), (.int8, [3, 2], scales), (.bfloat16, [2, 2], scales),
      (.float32, [4], nil), (.int8, [2, 2], Tensor([1, 0, 1, 0] as [Int32], shape: [2, 2])),
    ] as [(ElementType, [Int], Tensor?)] {
      let tensor = Tensor(elementType: type, shape: shape, storage: numbers)
      let error = #expect(throws: PatchCoreError.self) { try Matrix(tensor, scales: scales) }
      #expect(error?.code == .shapeMismatch, "\(type) \(shape)")
    }
  }
}
