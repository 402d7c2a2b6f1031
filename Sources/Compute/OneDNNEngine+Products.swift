#if OneDNN
import COneDNN

extension OneDNNEngine {
  /// `C = A * transpose(B)` by `dnnl_sgemm`, on the calling thread.
  ///
  /// oneDNN splits a product over the OpenMP threads that the calling thread may use; that number is set to 1 for the
  /// call, because callers cut the work themselves. The result is the same on every thread.
  public func multiply(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>, m: Int, n: Int, k: Int
  ) {
    precondition(m >= 1 && n >= 1 && k >= 1, "a product of \(m) x \(k) and \(n) x \(k)")
    let threads = omp_get_max_threads()
    omp_set_num_threads(1)
    defer { omp_set_num_threads(threads) }
    let status = dnnl_sgemm(
      CChar(UInt8(ascii: "N")), CChar(UInt8(ascii: "T")), dnnl_dim_t(m), dnnl_dim_t(n), dnnl_dim_t(k), 1, a,
      dnnl_dim_t(k), b, dnnl_dim_t(k), 0, c, dnnl_dim_t(n))
    precondition(status == dnnl_success, "dnnl_sgemm refuses sizes \(m) x \(n) x \(k)")
  }
}
#endif
