import PatchCore

extension ComputeSettings {
  /// The engine that these settings name.
  ///
  /// - Returns: the engine, ready for use.
  /// - Throws: `PatchCoreError` with code `.notInThisBuild` if the engine was left out of the build,
  ///   `.invalidConfiguration` if it cannot compute as the settings ask.
  public func makeEngine() throws -> any ComputeEngine {
    try check()
    switch engine {
    case .openblas: return OpenBLASEngine()
    case .onednn:
      #if OneDNN
      return OneDNNEngine()
      #else
      throw PatchCoreError(
        .notInThisBuild, stage: "compute",
        "the engine onednn is not in this build; write compute: {engine: openblas}, or build with the trait OneDNN")
      #endif
    }
  }
}
