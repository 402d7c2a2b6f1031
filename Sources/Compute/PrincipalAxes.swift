import COpenBLAS
import PatchCore

/// The directions in which vectors vary most.
enum PrincipalAxes {
  /// The mean of some vectors and the eigenvectors of their covariance with the largest eigenvalues.
  ///
  /// By LAPACK on the calling thread: the same vectors give the same axes.
  ///
  /// - Parameters:
  ///   - vectors: `n x d`, finite, n at least 1.
  ///   - count: how many axes, from 1 to d.
  /// - Returns: d numbers, and count rows of d numbers, the largest eigenvalue first; `nil` if LAPACK finds none or the
  ///   numbers overflow.
  static func find(_ vectors: Matrix, count: Int) -> (mean: [Float], axes: [Float])? {
    let (n, d) = (vectors.rows, vectors.columns)
    var mean = [Float](repeating: 0, count: d)
    var centred = [Float](repeating: 0, count: n * d)
    vectors.withUnsafeBufferPointer { values in
      var sums = [Double](repeating: 0, count: d)
      for row in 0..<n {
        for column in 0..<d { sums[column] += Double(values[row * d + column]) }
      }
      for column in 0..<d { mean[column] = Float(sums[column] / Double(n)) }
      for row in 0..<n {
        for column in 0..<d { centred[row * d + column] = values[row * d + column] - mean[column] }
      }
    }
    var products = [Float](repeating: 0, count: d * d)
    OpenBLASEngine.onThisThread {
      cblas_ssyrk(
        CblasRowMajor, CblasLower, CblasTrans, blasint(d), blasint(n), 1, centred, blasint(d), 0, &products, blasint(d))
    }
    guard products.allSatisfy(\.isFinite) else { return nil }

    // The lower triangle by rows is the upper one by columns.
    var covariance = products.map { Double($0) }
    var values = [Double](repeating: 0, count: d)
    var vectors = [Double](repeating: 0, count: count * d)
    var support = [blasint](repeating: 0, count: 2 * count)
    var work = [Double](repeating: 0, count: 26 * d)
    var integers = [blasint](repeating: 0, count: 10 * d)
    var info: blasint = 0
    OpenBLASEngine.onThisThread {
      pc_dsyevr_largest(blasint(d), &covariance, blasint(count), &values, &vectors, &support, &work, &integers, &info)
    }
    guard info == 0, vectors.allSatisfy(\.isFinite) else { return nil }
    var axes = [Float](repeating: 0, count: count * d)
    for axis in 0..<count {
      for column in 0..<d { axes[axis * d + column] = Float(vectors[(count - 1 - axis) * d + column]) }
    }
    return (mean, axes)
  }
}
