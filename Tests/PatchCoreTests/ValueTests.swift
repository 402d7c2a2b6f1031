import Foundation
import PatchCore
import TensorFiles
import Testing

/// Matrices, maps and images as values.
@Suite struct ValueTests {
  private func write(_ value: Float, into matrix: inout Matrix) {
    matrix.withUnsafeMutableBufferPointer { for index in $0.indices { $0[index] = value } }
  }
  private func values(_ matrix: Matrix) -> [Float] { matrix.withUnsafeBufferPointer { Array($0) } }

  @Test func copiesDoNotSeeEachOther() {
    let first = Matrix(rows: 2, columns: 3, [1, 2, 3, 4, 5, 6])
    var second = first
    write(9, into: &second)
    #expect(values(first) == [1, 2, 3, 4, 5, 6] && values(second) == [9, 9, 9, 9, 9, 9])
    let tensor = second.tensor
    write(7, into: &second)
    #expect(tensor.floats() == [9, 9, 9, 9, 9, 9] && values(second) == [7, 7, 7, 7, 7, 7])
  }

  @Test func slicesAreValues() {
    var whole = Matrix(rows: 3, columns: 2, [1, 2, 3, 4, 5, 6])
    var slice = whole.slice(1..<3)
    write(0, into: &slice)
    #expect(values(whole) == [1, 2, 3, 4, 5, 6] && values(slice) == [0, 0, 0, 0])
    let kept = whole.slice(1..<2)
    write(8, into: &whole)
    #expect(values(kept) == [3, 4])
    // A slice that outlives its matrix is written in place, and nowhere else.
    var last = Matrix(rows: 3, columns: 1, [1, 2, 3]).slice(1..<2)
    write(5, into: &last)
    #expect(values(last) == [5] && last[0, 0] == 5 && last.rows == 1)
    #expect(values(whole.slice(3..<3)).isEmpty && whole.selecting(rows: [2, 0, 2]).rows == 3)
  }

  @Test func mappedFilesAreNotWritten() throws {
    let path = NSTemporaryDirectory() + "patchcore-values-\(UUID().uuidString).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try SafetensorsFile.write(tensors: ["a": Tensor([1, 2, 3, 4] as [Float], shape: [2, 2])], to: path)
    let bytes = try Data(contentsOf: URL(filePath: path))
    var matrix = try Matrix(#require(SafetensorsFile(contentsOf: path).tensors["a"]))
    let before = matrix
    write(6, into: &matrix)
    #expect(values(before) == [1, 2, 3, 4] && values(matrix) == [6, 6, 6, 6])
    #expect(try Data(contentsOf: URL(filePath: path)) == bytes)
  }

  @Test func spooledMatricesAreValues() throws {
    var first = try Matrix.spooled(rows: 2, columns: 2, inDirectory: NSTemporaryDirectory())
    #expect(values(first) == [0, 0, 0, 0])
    write(1, into: &first)
    var second = first
    write(2, into: &second)
    #expect(values(first) == [1, 1, 1, 1] && values(second) == [2, 2, 2, 2])
  }

  @Test func mapsAreValues() {
    let first = FeatureMap(batch: 1, shape: FeatureShape(channels: 1, height: 1, width: 2), [1, 2])
    var second = first
    second.withUnsafeMutableBufferPointer { $0[0] = 5 }
    #expect(first.tensor.floats() == [1, 2] && second.tensor.floats() == [5, 2])
  }

  @Test func numbersThatAreNotFiniteAreFound() {
    for bad in [Float.nan, .infinity, -.infinity, .signalingNaN] {
      for position in 0..<15 {
        var numbers = [Float](repeating: .greatestFiniteMagnitude, count: 15)
        numbers[position] = bad
        #expect(Matrix(rows: 3, columns: 5, numbers).firstRowNotFinite() == position / 5)
      }
    }
    #expect(
      Matrix(rows: 3, columns: 5, [Float](repeating: -.greatestFiniteMagnitude, count: 15)).firstRowNotFinite() == nil)
    #expect(
      Matrix(rows: 0, columns: 5).firstRowNotFinite() == nil && Matrix(rows: 5, columns: 0).firstRowNotFinite() == nil)
  }

  /// Each refused without arithmetic that overflows.
  @Test(
    arguments: [
      (0, 1, nil, 8), (1, 0, nil, 8), (-1, 1, nil, 8), (.max, .max, nil, 8), (.min, 1, nil, 8),
      (1 << 24, 1 << 24, nil, 8),
      (1, 1, -1, 8), (1, 1, Int.min, 8), (1, 1, Int.max, 8), (2, 2, 5, 16), (2, 2, 6, 11), (2, 2, nil, 11),
      (1, 1, nil, 0),
      (1, 1 << 24, 1 << 36, 8),
    ] as [(Int, Int, Int?, Int)])
  func imagesWithoutTheirBytesAreRefused(width: Int, height: Int, stride: Int?, count: Int) {
    let error = #expect(throws: PatchCoreError.self) {
      try Image(
        width: width, height: height, format: .rgb8, rowStride: stride, bytes: [UInt8](repeating: 0, count: count))
    }
    #expect(error?.code == .invalidImage)
  }

  @Test func theLastRowNeedsNoPadding() throws {
    let bytes: [UInt8] = [1, 2, 3, 0, 0, 4, 5, 6]
    let padded = try Image(width: 1, height: 2, format: .rgb8, rowStride: 5, bytes: bytes)
    let tight = try Image(width: 1, height: 2, format: .rgb8, bytes: [1, 2, 3, 4, 5, 6])
    var preprocess = Preprocessing()
    preprocess.resize = .none
    preprocess.crop = .none
    #expect(try preprocess.apply([padded]).tensor.floats() == preprocess.apply([tight]).tensor.floats())
  }
}
