import Compute
import Foundation

/// Starts the program anew where it would otherwise compute at half the speed.
enum Restart {
  /// Puts the program in place of itself, once, with the variable set that gives OpenBLAS kernels for this processor.
  ///
  /// OpenBLAS reads it when it is loaded, so the process cannot do with less. Process number, arguments, streams and
  /// folder stay; the variable itself is what keeps it from happening again. Call before any work: what the process has
  /// in memory is lost. Returns if there is nothing to gain, or if the system refuses; a stage then warns.
  static func withBetterKernels() {
    guard let core = OpenBLASKernels().betterCore else { return }
    // The path rather than /proc/self/exe, so that the process keeps its name in lists.
    guard
      let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"),
      // Started through the loader as `ld.so program`, the arguments would be the loader's.
      !["ld-", "ld.", "ld64."].contains(where: Path.name(of: program).hasPrefix)
    else { return }
    setenv(OpenBLASKernels.variable, core, 0)
    execv(program, CommandLine.unsafeArgv)
    unsetenv(OpenBLASKernels.variable)
  }
}
