import PatchCoreCommands
import PatchCoreStandard

runPatchCore(catalogue: .standard)
