import Aggregation
import PatchCore
import PatchCoreTestKit
import Scoring
import Testing

/// The contract of each role, kept by every kind with its defaults and with other settings.
@Suite struct ConformanceTests {
  static var aggregators: [any AggregatorConfiguration] {
    var official = OfficialAggregatorConfiguration()
    official.patchSize = 5
    official.stride = 2
    official.layerDimension = 37
    official.dimension = 23
    var even = OfficialAggregatorConfiguration()
    even.patchSize = 2
    even.dimension = 3000
    var concatenate = ConcatenateAggregatorConfiguration()
    concatenate.patchSize = 1
    return [OfficialAggregatorConfiguration(), official, even, ConcatenateAggregatorConfiguration(), concatenate]
  }

  static var scorers: [any ScorerConfiguration] {
    var mean = MaximumScorerConfiguration()
    mean.neighbours = 3
    mean.distance = .euclidean
    var squared = ReweightedScorerConfiguration()
    squared.neighbours = 2
    squared.bankNeighbours = 200
    squared.distance = .squaredEuclidean
    return [MaximumScorerConfiguration(), mean, ReweightedScorerConfiguration(), squared]
  }

  @Test(arguments: aggregators.indices)
  func aggregator(_ number: Int) {
    #expect(AggregatorConformance.check(Self.aggregators[number]) == [])
  }

  @Test(arguments: scorers.indices)
  func scorer(_ number: Int) {
    #expect(ScorerConformance.check(Self.scorers[number]) == [])
  }
}
