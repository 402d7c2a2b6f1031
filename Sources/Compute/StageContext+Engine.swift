import Logging
import PatchCore
import Synchronization

extension StageContext {
  // Said once in a process, however many stages compute.
  private static let hasAdvised = Atomic<Bool>(false)

  /// The engine to compute with; warns once if OpenBLAS is it and runs far below the processor's speed.
  ///
  /// - Returns: the engine, ready for use.
  /// - Throws: `PatchCoreError` with code `.notInThisBuild` if the engine was left out of the build.
  public func makeEngine() throws -> any ComputeEngine {
    let engine = try compute.makeEngine()
    if engine.kind == .openblas { adviseOnOpenBLAS() }
    return engine
  }

  /// Warns once in a process if OpenBLAS runs far below the processor's speed; for stages that call it, by whatever way.
  public func adviseOnOpenBLAS() {
    let kernels = OpenBLASKernels()
    logger.debug("OpenBLAS computes with its kernels for \(kernels.core)")
    guard let advice = kernels.advice, !Self.hasAdvised.exchange(true, ordering: .relaxed) else { return }
    logger.warning("\(advice)")
  }
}
