#if OneDNN
import COneDNN
import PatchCore

/// An object of oneDNN's and the duty to destroy it.
///
/// A class because it owns a native handle, freed in `deinit`. `@unchecked Sendable`: engines, primitives and their
/// descriptors never change; memories and streams belong to one `OneDNNNetworkWorkspace`, which one thread uses.
final class OneDNNNetworkHandle: @unchecked Sendable {
  let pointer: OpaquePointer
  private let destroy: (OpaquePointer?) -> dnnl_status_t

  /// Takes what `create` makes.
  ///
  /// - Throws: `PatchCoreError` with code `.nativeFailure` that names `part`.
  init(
    _ part: String, destroy: @escaping (OpaquePointer?) -> dnnl_status_t,
    create: (inout OpaquePointer?) throws -> dnnl_status_t
  ) throws {
    var created: OpaquePointer?
    try checkOneDNN(create(&created), part)
    guard let created else { throw oneDNNFailure("no object", part) }
    pointer = created
    self.destroy = destroy
  }

  deinit { _ = destroy(pointer) }
}

/// Turns a status of oneDNN's into an error.
///
/// - Throws: `PatchCoreError` with code `.nativeFailure` that names `part`.
func checkOneDNN(_ status: dnnl_status_t, _ part: String) throws {
  if status == dnnl_success { return }
  let reason =
    switch status {
    case dnnl_out_of_memory: "out of memory"
    case dnnl_invalid_arguments: "invalid arguments"
    case dnnl_unimplemented: "not implemented"
    case dnnl_iterator_ends: "no implementation left"
    case dnnl_runtime_error: "runtime error"
    case dnnl_not_required: "not required"
    default: "unknown"
    }
  throw oneDNNFailure("status \(status.rawValue), \(reason)", part)
}

private func oneDNNFailure(_ reason: String, _ part: String) -> PatchCoreError {
  PatchCoreError(
    .nativeFailure, stage: "network",
    "oneDNN fails at \(part): \(reason); write compute: {engine: openblas} to compute without it")
}

/// Calls `body` with oneDNN on `threads` threads; the setting counts for the calling thread alone.
func withOneDNNThreads<R>(_ threads: Int, _ body: () throws -> R) rethrows -> R {
  let before = omp_get_max_threads()
  omp_set_num_threads(Int32(threads))
  defer { omp_set_num_threads(before) }
  return try body()
}
#endif
