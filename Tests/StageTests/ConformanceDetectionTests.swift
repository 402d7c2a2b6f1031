import PatchCore
import PatchCoreTestKit
import Synchronization
import Testing

/// The conformance checks find what they claim to find: each of these stages breaks one property.
@Suite struct ConformanceDetectionTests {
  @Test func referenceIndexPasses() {
    #expect(NeighbourIndexConformance.check(Broken.Index()) == [])
  }

  @Test(arguments: [
    (Broken.Index.Fault.unsorted, "ascending, ties by row"), (.farthest, "true neighbours"),
    (.euclidean, "true distances"), (.oneShort, "min(k, m) neighbours for each query"), (.sameRow, "distinct rows"),
    (.acceptsAnyDimension, "queries of another dimension are refused"),
    (.remembersNothing, "same result after the archive"),
  ])
  func indexFaultsAreFound(_ fault: Broken.Index.Fault, _ property: String) {
    let found = NeighbourIndexConformance.check(
      Broken.Index(fault: fault), bank: ConformanceData.clusters(rows: 60, columns: 4, seed: 1),
      queries: ConformanceData.clusters(rows: 8, columns: 4, seed: 2))
    #expect(found.contains { $0.property == property }, "\(found)")
  }

  @Test func missedRecallIsFound() {
    let bank = ConformanceData.clusters(rows: 60, columns: 4, seed: 1)
    let queries = ConformanceData.clusters(rows: 8, columns: 4, seed: 2)
    let index = Broken.Index(fault: .farthest, isExact: false)
    let found = NeighbourIndexConformance.check(index, bank: bank, queries: queries, recallFloor: 0.5)
    #expect(found.map(\.property).contains("recall"))
  }

  @Test(arguments: [
    (Broken.Subsampler.Fault.none, nil), (.repeatsARow, "each row once"), (.changesVectors, "rows are those claimed"),
    (.wrongSize, "size told in advance"), (.wrongPlaces, "locations"),
    (.differsEachTime, "same bank from two builds, on one and two threads"),
    (.synthesisesWithoutPlaces, "locations name the nearest candidate"),
  ])
  func subsamplerFaultsAreFound(_ fault: Broken.Subsampler.Fault, _ property: String?) {
    let found = SubsamplerConformance.check(Broken.Subsampler(fault: fault), acceptsOneCandidate: fault != .repeatsARow)
    if let property {
      #expect(found.contains { $0.property == property }, "\(found)")
    } else {
      #expect(found == [])
    }
  }

  @Test func batchDependentAggregatorIsFound() {
    let found = AggregatorConformance.check(Broken.Aggregator())
    #expect(Set(found.map(\.property)).isSuperset(of: ["batch independence", "no layers are refused"]), "\(found)")
    #expect(found.map(\.property).contains("keys in snake case"))
  }

  @Test func batchDependentScorerIsFound() {
    let found = ScorerConformance.check(Broken.Scorer())
    let properties = Set(found.map(\.property))
    #expect(properties.isSuperset(of: ["batch independence", "another dimension is refused"]), "\(found)")
    #expect(properties.contains("far images score higher"))
  }

  @Test func threadDependentExtractorIsFound() {
    let found = FeatureExtractorConformance.check(Broken.Extractor())
    let properties = Set(found.map(\.property))
    #expect(properties.contains("same maps on two threads"), "\(found)")
    #expect(properties.contains("weights have a name"))
    #expect(properties.contains("four channels are refused"))
    #expect(!properties.contains("shapes told in advance"))
  }
}
