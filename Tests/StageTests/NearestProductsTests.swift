import Compute
import PatchCore
import Testing

/// The engines' products, which the exact search and the coreset's projection rest on.
@Suite struct NearestProductsTests {
  /// How far a sum of k products may be off, in whatever order it is computed: what the exact search relies on.
  ///
  /// k 2^-24 / (1 - k 2^-24) of the sum of the products' magnitudes. Higham (2002), section 3.1.
  static func bound(_ k: Int, _ magnitudes: Double) -> Double {
    let error = Double(k) * 0x1p-24
    return error / (1 - error) * magnitudes
  }

  @Test(arguments: [(1, 1, 1), (3, 5, 7), (1, 400, 1024), (130, 33, 500), (64, 64, 64), (17, 1, 2049)])
  func staysWithinTheBound(m: Int, n: Int, k: Int) throws {
    let (left, right) = NearestTests.data(
      .init(description: "", queries: m, bank: n, dimension: k, k: 1, offset: 0.25), seed: 2)
    for engine in NearestTests.engines {
      let product = Self.product(left, right, engine)
      for row in 0..<m {
        for column in 0..<n {
          let terms = zip(left[row: row], right[row: column]).map { Double($0) * Double($1) }
          let sum = terms.reduce(0, +), magnitudes = terms.reduce(0) { $0 + abs($1) }
          #expect(abs(Double(product[row * n + column]) - sum) <= Self.bound(k, magnitudes), "\(engine.kind)")
        }
      }
    }
  }

  @Test func isTheSameOnEveryThread() throws {
    let (left, right) = NearestTests.data(
      .init(description: "", queries: 256, bank: 1024, dimension: 700, k: 1), seed: 2)
    for engine in NearestTests.engines {
      let expected = Self.product(left, right, engine)
      try parallelLoop(16) { piece in
        #expect(Self.product(left, right, engine) == expected, "\(engine.kind), piece \(piece)")
      }
    }
  }

  static func product(_ left: Matrix, _ right: Matrix, _ engine: any ComputeEngine) -> [Float] {
    var result = [Float](repeating: .nan, count: left.rows * right.rows)
    left.withUnsafeBufferPointer { a in
      right.withUnsafeBufferPointer { b in
        result.withUnsafeMutableBufferPointer {
          guard let a = a.baseAddress, let b = b.baseAddress, let c = $0.baseAddress else { return }
          engine.multiply(a, b, into: c, m: left.rows, n: right.rows, k: left.columns)
        }
      }
    }
    return result
  }
}
