#if FAISS
import Compute
import FaissSearch
import Foundation
import PatchCore
import Search
import Testing

/// What `faiss_flat`, `faiss_ivfflat` and `faiss_hnsw` find, and which settings they refuse.
@Suite struct FaissKindsTests {
  private static let bank = FaissTestData.clustered(rows: 2000, dimension: 32, centres: 40, seed: 1)
  private static let queries = FaissTestData.clustered(rows: 200, dimension: 32, centres: 40, seed: 2)

  private static func exact(_ bank: Matrix, _ queries: Matrix, k: Int) throws -> Neighbours {
    try ExactIndex(over: bank, engine: OpenBLASEngine()).search(queries, k: k)
  }

  /// Rows far from the origin, where 32-bit products leave little of a distance.
  private static func shifted(_ matrix: Matrix, by offset: Float) -> Matrix {
    var result = matrix
    result.withUnsafeMutableBufferPointer { for index in $0.indices { $0[index] += offset } }
    return result
  }

  struct Trial: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var bank: Matrix
    var queries: Matrix
  }

  static let trials: [Trial] = [
    Trial(testDescription: "clusters", bank: bank, queries: queries),
    // FAISS computes fewer than 20 queries by another algorithm than more.
    Trial(testDescription: "few queries", bank: bank, queries: queries.slice(0..<7)),
    Trial(testDescription: "far off", bank: shifted(bank, by: 500), queries: shifted(queries, by: 500)),
    Trial(
      testDescription: "every row nine times", bank: bank.selecting(rows: (0..<1800).map { $0 % 200 }), queries: bank),
    Trial(testDescription: "equal rows", bank: Matrix(rows: 500, columns: 32), queries: queries.slice(0..<30)),
    Trial(
      testDescription: "odd dimension", bank: FaissTestData.clustered(rows: 700, dimension: 77, centres: 9, seed: 3),
      queries: FaissTestData.clustered(rows: 50, dimension: 77, centres: 9, seed: 4)),
  ]

  /// Row for row and bit for bit: the distances are measured in the same way.
  @Test(arguments: trials, [1, 5, 64, 3000])
  func flatSearchAndAllListsAreExact(_ data: Trial, k: Int) throws {
    let expected = try Self.exact(data.bank, data.queries, k: k)
    let flat = try FaissFlatConfiguration().makeIndex(over: data.bank, StageContext())
    #expect(try flat.search(data.queries, k: k) == expected)
    let lists = try FaissIVFFlatConfiguration(lists: 11, probes: 11).makeIndex(over: data.bank, StageContext())
    #expect(try lists.search(data.queries, k: k) == expected)
  }

  /// Rows without clusters, so that neighbours lie in several lists.
  @Test func moreProbesFindMore() throws {
    let bank = FaissTestData.clustered(rows: 2000, dimension: 24, centres: 1, seed: 11, spread: 1)
    let queries = FaissTestData.clustered(rows: 200, dimension: 24, centres: 1, seed: 12, spread: 1)
    let expected = try Self.exact(bank, queries, k: 1)
    let recall = try [1, 2, 8, 16].map { probes in
      try Self.recall(FaissIVFFlatConfiguration(lists: 16, probes: probes), expected, bank, queries)
    }
    #expect(recall == recall.sorted() && recall[0] < 0.8 && recall[0] > 0.1 && recall[3] == 1, "\(recall)")
  }

  @Test func aDeeperSearchFindsMore() throws {
    let expected = try Self.exact(Self.bank, Self.queries, k: 1)
    let recall = try [1, 8, 200].map { depth in
      try Self.recall(FaissHNSWConfiguration(links: 4, buildDepth: 20, searchDepth: depth), expected)
    }
    #expect(recall == recall.sorted() && recall[0] < 0.9 && recall[2] > 0.9, "\(recall)")
    #expect(try Self.recall(FaissHNSWConfiguration(), expected) > 0.98)
  }

  private static func recall(
    _ configuration: some NeighbourIndexConfiguration, _ expected: Neighbours, _ bank: Matrix = bank,
    _ queries: Matrix = queries
  ) throws -> Double {
    let found = try configuration.makeIndex(over: bank, StageContext()).search(queries, k: 1)
    return Double(zip(found.rows, expected.rows).filter { $0 == $1 }.count) / Double(expected.queries)
  }

  /// A row that is found is measured as the exact search measures it.
  @Test(
    arguments: [FaissIVFFlatConfiguration(lists: 40, probes: 1), FaissHNSWConfiguration(links: 4, searchDepth: 4)]
      as [any NeighbourIndexConfiguration])
  func distancesAreTrue(_ configuration: any NeighbourIndexConfiguration) throws {
    let found = try configuration.makeIndex(over: Self.bank, StageContext()).search(Self.queries, k: 3)
    let all = try Self.exact(Self.bank, Self.queries, k: Self.bank.rows)
    for query in 0..<found.queries {
      let slots = query * Self.bank.rows..<(query + 1) * Self.bank.rows
      let truth = Dictionary(uniqueKeysWithValues: zip(all.rows[slots], all.squaredDistances[slots]))
      for slot in query * 3..<query * 3 + 3 { #expect(found.squaredDistances[slot] == truth[found.rows[slot]]) }
    }
  }

  /// One list of 300 holds fewer than 100 rows, and a graph of few links leaves rows that no walk comes to.
  @Test(
    arguments: [
      FaissIVFFlatConfiguration(lists: 300, probes: 1), FaissHNSWConfiguration(links: 2, buildDepth: 1, searchDepth: 1),
    ] as [any NeighbourIndexConfiguration])
  func missingSlotsAreFilledByExactSearch(_ configuration: any NeighbourIndexConfiguration) throws {
    let index = try configuration.makeIndex(over: Self.bank, StageContext())
    let few = Self.queries.slice(0..<20)
    #expect(try index.search(few, k: 2000) == Self.exact(Self.bank, few, k: 2000))
    let found = try index.search(few, k: 500)
    for query in 0..<20 { #expect(Set(found.rows[query * 500..<(query + 1) * 500]).count == 500) }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var configuration: any NeighbourIndexConfiguration
    var rows = 300
    var words: [String]
    var testDescription: String { words[0] }
  }

  @Test(arguments: [
    Case(configuration: FaissIVFFlatConfiguration(lists: 301), words: ["lists is 301", "300 rows", "at most 300"]),
    Case(configuration: FaissIVFFlatConfiguration(lists: 0), words: ["lists is 0", "at least 1"]),
    Case(
      configuration: FaissIVFFlatConfiguration(lists: 9, probes: 10), words: ["probes is 10", "9 lists", "at most 9"]),
    Case(configuration: FaissIVFFlatConfiguration(probes: 0), words: ["probes is 0", "at least 1"]),
    Case(configuration: FaissHNSWConfiguration(links: 1), words: ["links is 1", "2 to 1024"]),
    Case(configuration: FaissHNSWConfiguration(links: 1025), words: ["links is 1025", "2 to 1024"]),
    Case(
      configuration: FaissHNSWConfiguration(links: 300), words: ["links is 300", "300 rows", "at most 299", "exact"]),
    Case(configuration: FaissHNSWConfiguration(links: 2), rows: 2, words: ["links is 2", "2 rows", "use neighbour"]),
    Case(configuration: FaissHNSWConfiguration(buildDepth: 0), words: ["build_depth is 0", "at least 1"]),
    Case(configuration: FaissHNSWConfiguration(searchDepth: -3), words: ["search_depth is -3", "at least 1"]),
  ])
  func refusesSettingsThatDoNotSuit(_ example: Case) {
    let bank = Self.bank.slice(0..<example.rows)
    for check in [
      { try example.configuration.check(rows: bank.rows, dimension: bank.columns) },
      { _ = try example.configuration.makeIndex(over: bank, StageContext()) },
    ] {
      let error = #expect(throws: PatchCoreError.self) { try check() }
      #expect(error?.code == .invalidConfiguration && error?.stage == "neighbour_index")
      for word in ["neighbour_index."] + example.words {
        #expect(error?.message.contains(word) == true, "\(error?.message ?? "") lacks \(word)")
      }
    }
  }

  @Test func configurationsThatDifferInTheSearchAloneShareABuild() {
    typealias Pair = (any NeighbourIndexConfiguration, any NeighbourIndexConfiguration, Bool)
    let pairs: [Pair] = [
      (FaissIVFPQConfiguration(probes: 1), FaissIVFPQConfiguration(probes: 9), true),
      (FaissIVFPQConfiguration(bits: 4), FaissIVFPQConfiguration(bits: 8), false),
      (FaissIVFFlatConfiguration(probes: 1), FaissIVFFlatConfiguration(probes: 9), true),
      (FaissIVFFlatConfiguration(lists: 7), FaissIVFFlatConfiguration(), false),
      (FaissHNSWConfiguration(searchDepth: 1), FaissHNSWConfiguration(), true),
      (FaissHNSWConfiguration(buildDepth: 1), FaissHNSWConfiguration(), false),
      (FaissIVFFlatConfiguration(), FaissIVFPQConfiguration(), false),
      (
        RerankedIndexConfiguration(index: FaissIVFPQConfiguration(probes: 1), candidates: 2),
        RerankedIndexConfiguration(index: FaissIVFPQConfiguration(probes: 4)), true
      ),
      (RerankedIndexConfiguration(index: FaissIVFPQConfiguration()), FaissIVFPQConfiguration(), false),
    ]
    for (one, other, isSame) in pairs {
      #expect(one.buildsSameIndex(as: other) == isSame && other.buildsSameIndex(as: one) == isSame, "\(one), \(other)")
    }
  }
}
#endif
