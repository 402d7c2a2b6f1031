import COpenBLAS

extension OpenBLASEngine {
  /// `C = A * transpose(B)` by `cblas_sgemm`, on the calling thread.
  ///
  /// OpenBLAS has threads of its own, which would multiply with those of `parallelLoop`; they are switched off for the
  /// process. The result is the same on every thread.
  public func multiply(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>, m: Int, n: Int, k: Int
  ) {
    precondition(m >= 1 && n >= 1 && k >= 1, "a product of \(m) x \(k) and \(n) x \(k)")
    Self.useOneThread
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, blasint(m), blasint(n), blasint(k), 1, a, blasint(k), b, blasint(k), 0,
      c, blasint(n))
  }

  /// Runs once, when first read.
  private static let useOneThread: Void = openblas_set_num_threads(1)
}
