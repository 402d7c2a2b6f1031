import PatchCore
import PatchCoreStandard
import PatchCoreTestKit
import Search
import Testing

/// A stage from outside the package that contains another stage.
@Suite struct NestedStageTests {
  /// `negated`: searches another index for the opposite of the queries.
  struct NegatedIndexConfiguration: NeighbourIndexConfiguration {
    static let kind = "negated"
    var inner = StageDescription<NeighbourIndexRole>(ExactIndexConfiguration())
    var isNegated = false
    var isExact: Bool { inner.configuration.isExact }

    private enum CodingKeys: String, CodingKey {
      case inner
      case isNegated = "is_negated"
    }

    func makeIndex(over bank: Matrix, _ context: StageContext) throws -> any NeighbourIndex {
      NegatedIndex(inner: try inner.configuration.makeIndex(over: bank, context), isNegated: isNegated)
    }
  }

  struct NegatedIndex: NeighbourIndex {
    let inner: any NeighbourIndex
    let isNegated: Bool
    var count: Int { inner.count }
    var dimension: Int { inner.dimension }

    func search(_ queries: Matrix, k: Int) throws -> Neighbours {
      guard isNegated else { return try inner.search(queries, k: k) }
      let opposite = queries.withUnsafeBufferPointer { $0.map { -$0 } }
      return try inner.search(Matrix(rows: queries.rows, columns: queries.columns, opposite), k: k)
    }
  }

  private static var catalogue: StageCatalogue {
    var catalogue = StageCatalogue.standard
    catalogue.register(NegatedIndexConfiguration.self)
    return catalogue
  }

  /// The check needs the catalogue for such a configuration, and finds what is wrong with it.
  @Test func conformance() {
    let context = StageContext(compute: ComputeSettings(engine: .openblas))
    func failures(_ configuration: NegatedIndexConfiguration) -> [ConformanceFailure] {
      NeighbourIndexConformance.check(
        configuration, context: context, userInfo: [.stageCatalogue: Self.catalogue])
    }
    var configuration = NegatedIndexConfiguration()
    #expect(failures(configuration) == [])
    configuration.inner = StageDescription(NegatedIndexConfiguration())
    #expect(failures(configuration) == [])
    configuration.isNegated = true
    #expect(!failures(configuration).isEmpty)
  }

  @Test func description() throws {
    func description(_ settings: String) throws -> PipelineDescription {
      try PipelineDescription(
        yaml: "neighbour_index: {kind: negated, \(settings)}", name: "nested.yaml", catalogue: Self.catalogue)
    }
    let nested = try description("inner: {kind: negated, is_negated: true}").yaml()
    let inner = "{kind: negated, inner: {kind: exact}, is_negated: true}"
    #expect(nested.contains("neighbour_index: {kind: negated, inner: \(inner), is_negated: false}"), "\(nested)")
    #expect { try description("inner: {kind: negated, inner: {kind: exakt}}") } throws: {
      "\($0)".contains("nested.yaml:1: neighbour_index.inner.inner.kind: ") && "\($0)".contains("did you mean exact?")
    }
  }
}
