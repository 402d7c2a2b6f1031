import CKernels
import PatchCore

/// Proxies in both orders, and their squared norms.
///
/// A class, because several threads write parts of its memory. `@unchecked Sendable`: they write different parts, and
/// none reads before all have written.
final class ProxyState: @unchecked Sendable {
  let count: Int
  let dimension: Int
  /// `count x dimension`.
  let values: UnsafeMutablePointer<Float>
  /// `dimension x count`.
  let transposed: UnsafeMutablePointer<Float>
  /// One squared norm per proxy, once they are measured.
  let norms: UnsafeMutablePointer<Float>

  private static let proxiesPerPiece = 256

  init(_ proxies: Matrix, minus centre: [Float]? = nil) throws {
    let (n, d) = (proxies.rows, proxies.columns)
    count = n
    dimension = d
    values = .allocate(capacity: n * d)
    transposed = .allocate(capacity: n * d)
    norms = .allocate(capacity: n)
    values.initialize(repeating: 0, count: n * d)
    transposed.initialize(repeating: 0, count: n * d)
    norms.initialize(repeating: 0, count: n)
    proxies.withUnsafeBufferPointer { source in
      for place in 0..<n * d { values[place] = source[place] - (centre.map { $0[place % d] } ?? 0) }
    }
    pc_transpose(values, n, d, d, 1, transposed, n)
  }

  deinit {
    values.deallocate()
    transposed.deallocate()
    norms.deallocate()
  }

  /// Computes the norms.
  ///
  /// - Throws: `PatchCoreError` with code `.notFinite` for a NaN, or a squared norm that is not below `limit`.
  func measureNorms(upTo limit: Double) throws {
    let d = dimension
    try parallelLoop((count + Self.proxiesPerPiece - 1) / Self.proxiesPerPiece) { piece in
      for proxy in piece * Self.proxiesPerPiece..<min((piece + 1) * Self.proxiesPerPiece, count) {
        let norm = pc_squared_norm(values + proxy * d, d)
        guard norm < limit else {
          throw PatchCoreError(
            .notFinite, stage: "subsampler",
            "proxy \(proxy) holds a NaN, an infinity or numbers whose squares overflow; lower learning_rate, and check "
              + "the images and the weights")
        }
        norms[proxy] = Float(norm)
      }
    }
  }

  /// The proxies, shifted back.
  func matrix(plus centre: [Float]) -> Matrix {
    var result = Matrix(rows: count, columns: dimension)
    result.withUnsafeMutableBufferPointer { target in
      for place in target.indices { target[place] = values[place] + centre[place % dimension] }
    }
    return result
  }
}

/// What the gradient of a batch is made of: two matrices, of which it is the product.
///
/// The factors are `proxies x 2 batch`: the weight of each row of the batch, then its slope by the distance. The terms
/// are `dimension x 2 batch`: the error of each row, then the negative row.
///
/// A class, because several threads write parts of its memory. `@unchecked Sendable`: they write different parts, and
/// none reads before all have written.
final class ProxyWorkspace: @unchecked Sendable {
  enum Part { case factors, terms }

  let factors: UnsafeMutablePointer<Float>
  let terms: UnsafeMutablePointer<Float>

  init(rows: Int, proxies: Int, dimension: Int) {
    factors = .allocate(capacity: 2 * rows * proxies)
    terms = .allocate(capacity: 2 * rows * dimension)
    factors.initialize(repeating: 0, count: 2 * rows * proxies)
    terms.initialize(repeating: 0, count: 2 * rows * dimension)
  }

  deinit {
    factors.deallocate()
    terms.deallocate()
  }

  /// Writes rows as columns, from column `offset` of a part on.
  func put(
    _ source: UnsafePointer<Float>, rows: Int, columns: Int, factor: Float, into part: Part, at offset: Int,
    _ batch: Int
  ) {
    let target = part == .factors ? factors : terms
    pc_transpose(source, rows, columns, columns, factor, target + offset, 2 * batch)
  }
}
