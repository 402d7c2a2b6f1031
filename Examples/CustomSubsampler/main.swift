import PatchCore
import PatchCoreCommands
import PatchCoreStandard

var catalogue = StageCatalogue.standard
catalogue.register(StratifiedSubsamplerConfiguration.self)
runPatchCore(catalogue: catalogue)
