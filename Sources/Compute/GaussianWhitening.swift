import COpenBLAS
import PatchCore

/// Mean, and inverse Cholesky factor of the covariance, of one set of vectors after another, all of one size.
///
/// For one thread: whoever computes with several gives each its own. The same vectors give the same numbers.
public final class GaussianWhitening {
  // A class, because it owns the memory that the library works in.
  private let dimension: Int
  private let samples: Int
  private let ridge: Double
  private let centred: UnsafeMutablePointer<Double>
  private let matrix: UnsafeMutablePointer<Double>

  /// Takes memory for vectors of one size.
  ///
  /// - Parameters:
  ///   - dimension: d, at least 1.
  ///   - samples: n, at least 1.
  ///   - ridge: added to the diagonal of every covariance, above 0.
  public init(dimension: Int, samples: Int, ridge: Double) {
    precondition(dimension >= 1 && samples >= 1 && ridge > 0, "\(samples) vectors of \(dimension), ridge \(ridge)")
    self.dimension = dimension
    self.samples = samples
    self.ridge = ridge
    centred = .allocate(capacity: samples * dimension)
    matrix = .allocate(capacity: dimension * dimension)
  }

  deinit {
    centred.deallocate()
    matrix.deallocate()
  }

  /// Computes in double precision: the mean, then W = L^-1 where L L^T = covariance (divisor n - 1) + ridge I.
  ///
  /// The squared Mahalanobis distance of x is |W (x - mean)|^2. The covariance of one vector counts as 0.
  ///
  /// - Parameters:
  ///   - vectors: `n x d`, finite.
  ///   - mean: is given d numbers.
  ///   - factor: is given the lower triangle of W, row by row: `d (d + 1) / 2` numbers.
  /// - Throws: `PatchCoreError` with code `.notFinite` if the covariance is not positive definite to rounding.
  public func fit(
    _ vectors: UnsafePointer<Float>, mean: UnsafeMutablePointer<Float>, factor: UnsafeMutablePointer<Float>
  ) throws {
    let d = dimension, n = samples
    for column in 0..<d {
      var sum = 0.0
      for row in 0..<n { sum += Double(vectors[row * d + column]) }
      let average = sum / Double(n)
      mean[column] = Float(average)
      for row in 0..<n { centred[row * d + column] = Double(vectors[row * d + column]) - average }
    }
    let status = OpenBLASEngine.onThisThread {
      cblas_dsyrk(
        CblasRowMajor, CblasLower, CblasTrans, blasint(d), blasint(n), 1 / Double(max(1, n - 1)), centred, blasint(d),
        0, matrix, blasint(d))
      for column in 0..<d { matrix[column * d + column] += ridge }
      // LAPACK counts by columns, so our lower triangle is its upper one.
      var size = blasint(d), status: blasint = 0
      pc_dpotrf_upper(&size, matrix, &status)
      if status == 0 { pc_dtrtri_upper(&size, matrix, &status) }
      return status
    }
    guard status == 0 else {
      throw PatchCoreError(
        .notFinite, stage: "compute",
        "a covariance of \(d) dimensions from \(n) vectors is not positive definite with \(ridge) on its diagonal; "
          + "raise the regularisation")
    }
    var place = 0
    for row in 0..<d {
      for column in 0...row {
        factor[place] = Float(matrix[row * d + column])
        place += 1
      }
    }
  }
}
