import Aggregation
import Baselines
import Extractors
import FaissSearch
import PatchCore
import Scoring
import Search
import Subsampling

extension StageCatalogue {
  /// Every stage, preset and method of this package that is in the build: the one place that names them all.
  public static var standard: StageCatalogue {
    var catalogue = StageCatalogue()
    catalogue.register(.official)
    catalogue.register(.paper)
    catalogue.register(.anomalib)

    catalogue.register(CompactConfiguration.self, isDefault: true)
    catalogue.register(ResNetConfiguration.self)

    catalogue.register(OfficialAggregatorConfiguration.self)
    catalogue.register(ConcatenateAggregatorConfiguration.self)

    catalogue.register(CoresetConfiguration.self)
    catalogue.register(RandomSubsamplerConfiguration.self)
    catalogue.register(NoSubsamplerConfiguration.self)

    catalogue.register(ExactIndexConfiguration.self)
    #if FAISS
    catalogue.register(FaissIVFPQConfiguration.self)
    #else
    catalogue.registerUnavailable(
      "faiss_ivfpq", role: NeighbourIndexRole.name, remedy: "install libfaiss-dev and build with the trait FAISS")
    #endif

    catalogue.register(MaximumScorerConfiguration.self)
    catalogue.register(ReweightedScorerConfiguration.self)

    catalogue.register(method: PaDiMDescription.self)
    catalogue.register(method: SPADEDescription.self)
    return catalogue
  }
}
