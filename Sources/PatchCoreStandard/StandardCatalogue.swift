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
    catalogue.register(DenseNetConfiguration.self)

    catalogue.register(OfficialAggregatorConfiguration.self)
    catalogue.register(ConcatenateAggregatorConfiguration.self)

    catalogue.register(CoresetConfiguration.self)
    catalogue.register(RandomSubsamplerConfiguration.self)
    catalogue.register(LearnedProxiesConfiguration.self)
    catalogue.register(NoSubsamplerConfiguration.self)

    catalogue.register(ExactIndexConfiguration.self)
    catalogue.register(RerankedIndexConfiguration.self)
    #if FAISS
    catalogue.register(FaissIVFPQConfiguration.self)
    catalogue.register(FaissIVFFlatConfiguration.self)
    catalogue.register(FaissHNSWConfiguration.self)
    catalogue.register(FaissFlatConfiguration.self)
    #else
    for kind in ["faiss_ivfpq", "faiss_ivfflat", "faiss_hnsw", "faiss_flat"] {
      catalogue.registerUnavailable(
        kind, role: NeighbourIndexRole.name, remedy: "install libfaiss-dev and build with the trait FAISS")
    }
    #endif

    catalogue.register(MaximumScorerConfiguration.self)
    catalogue.register(ReweightedScorerConfiguration.self)

    catalogue.register(method: PaDiMDescription.self)
    catalogue.register(method: SPADEDescription.self)
    return catalogue
  }
}
