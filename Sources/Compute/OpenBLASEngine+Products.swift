import COpenBLAS

extension OpenBLASEngine {
  /// `C = A * transpose(B)` by `cblas_sgemm`, on the calling thread.
  ///
  /// The result is the same on every thread.
  public func multiply(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>, m: Int, n: Int, k: Int
  ) {
    precondition(m >= 1 && n >= 1 && k >= 1, "a product of \(m) x \(k) and \(n) x \(k)")
    Self.onThisThread {
      cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasTrans, blasint(m), blasint(n), blasint(k), 1, a, blasint(k), b, blasint(k),
        0, c, blasint(n))
    }
  }

  /// Calls OpenBLAS without its threads.
  ///
  /// Two pools would fight over the cores, and how OpenBLAS cuts a product depends on the size of its pool, so results
  /// would too. Its usual build has one setting for the process, which stays at one thread after the first call.
  static func onThisThread<R>(_ body: () throws -> R) rethrows -> R {
    let before = pc_begin_one_thread()
    defer { pc_end_one_thread(before) }
    return try body()
  }
}
