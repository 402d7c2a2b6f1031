import CKernels
import COpenBLAS
import Foundation
import PatchCore

/// The kernels that OpenBLAS took when it was loaded.
///
/// An OpenBLAS older than the processor does not know it by name and takes kernels of an older one, which make half the
/// use of a processor with AVX-512. The environment variable `OPENBLAS_CORETYPE` names better ones; it is read when the
/// library is loaded, and nothing changes the choice later.
public struct OpenBLASKernels: Sendable, Hashable {
  /// The environment variable that OpenBLAS reads.
  public static let variable = "OPENBLAS_CORETYPE"

  /// The processor whose kernels are in use, by OpenBLAS's name.
  public let core: String
  /// What to set `variable` to for better kernels; `nil` if those in use suit the processor, if the library has no
  /// others, or if the variable is set already.
  public let betterCore: String?

  /// Asks the library and the processor.
  public init() {
    self.init(
      core: String(cString: openblas_get_corename()), configuration: String(cString: openblas_get_config()),
      hasAVX512: pc_has_avx512() != 0, environment: ProcessInfo.processInfo.environment)
  }

  package init(core: String, configuration: String, hasAVX512: Bool, environment: [String: String]) {
    self.core = core
    // Named one by one: what a later OpenBLAS brings is not known to be worse.
    let coresWithoutAVX512 = ["Prescott", "Core2", "Nehalem", "Sandybridge", "Bulldozer", "Haswell", "Zen"]
    let isWorse = hasAVX512 && coresWithoutAVX512.contains(core)
    let hasOthers = configuration.split(separator: " ").contains("DYNAMIC_ARCH")
    betterCore = isWorse && hasOthers && environment[Self.variable] == nil ? "SkylakeX" : nil
  }

  /// What to tell a person; `nil` if nothing is better.
  public var advice: String? {
    betterCore.map {
      "OpenBLAS does not know this processor and computes with its kernels for \(core), at about half the speed: set the "
        + "environment variable \(Self.variable)=\($0) before the program starts"
    }
  }
}
