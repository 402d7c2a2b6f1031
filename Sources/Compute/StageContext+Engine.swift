import CKernels
import Logging
import PatchCore
import Synchronization

#if OneDNN
import COneDNN
#endif

extension StageContext {
  // Said once in a process, however many stages compute.
  private static let hasAdvised = Atomic<Bool>(false)

  /// The engine to compute with.
  ///
  /// Logs which kernels it and this package's own take for the processor, for those who debug; warns once in a process
  /// if OpenBLAS is it and runs far below the processor's speed.
  ///
  /// - Returns: the engine, ready for use.
  /// - Throws: `PatchCoreError` with code `.notInThisBuild` if the engine was left out of the build,
  ///   `.invalidConfiguration` if it cannot compute as the settings ask.
  public func makeEngine() throws -> any ComputeEngine {
    let engine = try compute.makeEngine()
    logger.debug("\(Self.kernels(of: engine.kind)); own kernels: \(Self.ownKernels)")
    if engine.kind == .openblas, let advice = OpenBLASKernels().advice,
      !Self.hasAdvised.exchange(true, ordering: .relaxed)
    {
      logger.warning("\(advice)")
    }
    return engine
  }

  private static func kernels(of engine: ComputeSettings.Engine) -> String {
    #if OneDNN
    if engine == .onednn, let version = dnnl_version()?.pointee {
      // Each instruction set has a bit beside those of the sets that it contains.
      let instructions = String(dnnl_get_effective_cpu_isa().rawValue, radix: 16)
      return "oneDNN \(version.major).\(version.minor).\(version.patch), instruction sets 0x\(instructions)"
    }
    #endif
    return "OpenBLAS with kernels for \(OpenBLASKernels().core)"
  }

  private static var ownKernels: String {
    switch pc_processor_level() {
    case PC_AVX512_BF16: "AVX-512 with VNNI and bfloat16"
    case PC_AVX512_VNNI: "AVX-512 with VNNI"
    case PC_AVX512: "AVX-512"
    case PC_AVX2: "AVX2"
    default: "baseline"
    }
  }
}
