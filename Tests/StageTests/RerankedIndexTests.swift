import Compute
import PatchCore
import PatchCoreStandard
import PatchCoreTestKit
import Search
import TensorFiles
import Testing

/// The `reranked` index over one that is wrong on purpose.
@Suite struct RerankedIndexTests {
  /// Gives every seventh row and then the rest, from one that the seed decides, the same for every query, at made-up distances.
  struct CarelessConfiguration: NeighbourIndexConfiguration {
    static let kind = "careless"
    var isExact: Bool { false }
    var leastRows = 0

    func check(rows: Int, dimension: Int) throws {
      guard rows >= leastRows else {
        throw PatchCoreError(
          .invalidConfiguration, stage: "neighbour_index",
          "neighbour_index.least_rows is \(leastRows), the bank has \(rows) rows; lower it")
      }
    }
    func makeIndex(over bank: Matrix, _ context: StageContext) throws -> any NeighbourIndex {
      Careless(bank: bank, order: (0..<bank.rows).map { ($0 * 7 + Int(context.seed)) % bank.rows })
    }
    func restoreIndex(
      from archive: StageArchive, over bank: Matrix, _ context: StageContext
    ) throws -> any NeighbourIndex {
      Careless(bank: bank, order: try #require(archive.tensor("order").integers()))
    }
  }

  struct Careless: NeighbourIndex {
    let bank: Matrix
    let order: [Int]
    var count: Int { bank.rows }
    var dimension: Int { bank.columns }

    func search(_ queries: Matrix, k: Int) throws -> Neighbours {
      let k = min(k, count)
      return Neighbours(
        queries: queries.rows, k: k, rows: (0..<queries.rows).flatMap { _ in order.prefix(k).map(Int32.init) },
        squaredDistances: (0..<queries.rows * k).map { Float($0 % k) })
    }
    func archive() throws -> StageArchive {
      StageArchive(tensors: ["order": Tensor(order.map(Int32.init), shape: [order.count])], notes: ["care": "none"])
    }
  }

  private static let bank = ConformanceData.clusters(rows: 500, columns: 19, seed: 1)
  private static let queries = ConformanceData.clusters(rows: 40, columns: 19, seed: 2)

  private static func exact(_ bank: Matrix, k: Int) throws -> Neighbours {
    try ExactIndex(over: bank, engine: OpenBLASEngine()).search(queries, k: k)
  }

  @Test(arguments: [500, 501, Int(Int32.max)])
  func allRowsAsCandidatesAreAnExactSearch(candidates: Int) throws {
    // Every row twice: ties go to the lower one.
    let bank = Self.bank.selecting(rows: (0..<500).map { $0 % 250 })
    let index = try RerankedIndexConfiguration(index: CarelessConfiguration(), candidates: candidates)
      .makeIndex(over: bank, StageContext(seed: 1))
    for k in [1, 2, 7, 500, 600] { #expect(try index.search(Self.queries, k: k) == Self.exact(bank, k: k)) }
  }

  @Test func theNearestOfTheCandidatesComeInOrder() throws {
    let inner = try CarelessConfiguration().makeIndex(over: Self.bank, StageContext(seed: 1))
    let index = try RerankedIndexConfiguration(index: CarelessConfiguration(), candidates: 30)
      .makeIndex(over: Self.bank, StageContext(seed: 1))
    let found = try index.search(Self.queries, k: 4)
    let candidates = Set(try inner.search(Self.queries.slice(0..<1), k: 30).rows)
    let all = try Self.exact(Self.bank, k: 500)
    for query in 0..<40 {
      let ranked = (query * 500..<(query + 1) * 500).filter { candidates.contains(all.rows[$0]) }.prefix(4)
      #expect(Array(found.rows[query * 4..<(query + 1) * 4]) == ranked.map { all.rows[$0] })
      #expect(Array(found.squaredDistances[query * 4..<(query + 1) * 4]) == ranked.map { all.squaredDistances[$0] })
    }
    // More neighbours than candidates were set.
    #expect(Set(try index.search(Self.queries.slice(0..<1), k: 60).rows).count == 60)
  }

  @Test func theInnerArchiveLiesWithin() throws {
    let configuration = RerankedIndexConfiguration(
      index: RerankedIndexConfiguration(index: CarelessConfiguration(), candidates: 40), candidates: 20)
    let built = try configuration.makeIndex(over: Self.bank, StageContext(seed: 5))
    let archive = try built.archive()
    #expect(Array(archive.tensors.keys) == ["index.index.order"])
    #expect(archive.notes == ["index.index.care": "none"])
    // Another seed: the order comes from the archive.
    let restored = try configuration.restoreIndex(from: archive, over: Self.bank, StageContext(seed: 6))
    #expect(try restored.search(Self.queries, k: 5) == built.search(Self.queries, k: 5))
    #expect(throws: PatchCoreError.self) {
      try configuration.restoreIndex(from: StageArchive(), over: Self.bank, StageContext())
    }
  }

  @Test func refusalsNameTheKeyWhereItStands() throws {
    func message(_ configuration: RerankedIndexConfiguration) -> String {
      let error = #expect(throws: PatchCoreError.self) { try configuration.check(rows: 500, dimension: 19) }
      return error?.message ?? ""
    }
    let none = RerankedIndexConfiguration(index: CarelessConfiguration(), candidates: 0)
    #expect(message(none).contains("candidates is 0"))
    let tooFew = RerankedIndexConfiguration(index: CarelessConfiguration(leastRows: 501))
    #expect(message(tooFew).hasPrefix("neighbour_index.index.least_rows is 501, the bank has 500 rows"))
    #expect(message(RerankedIndexConfiguration(index: tooFew)).hasPrefix("neighbour_index.index.index.least_rows"))
    #expect {
      try PipelineDescription(
        yaml: "neighbour_index: {kind: reranked, index: {kind: exakt}}", name: "a.yaml", catalogue: .standard)
    } throws: { "\($0)".contains("a.yaml:1: neighbour_index.index.kind: ") && "\($0)".contains("did you mean exact?") }
  }

  @Test func isExactIfTheInnerIndexIs() {
    #expect(RerankedIndexConfiguration().isExact)
    #expect(!RerankedIndexConfiguration(index: CarelessConfiguration()).isExact)
  }
}
