#if FAISS
import FaissSearch
import Foundation
import PatchCore
import TensorFiles
import Testing

@Suite struct FaissSearchTests {
  private static let bank = FaissTestData.clustered(rows: 2000, dimension: 32, centres: 40, seed: 1)
  private static let queries = FaissTestData.clustered(rows: 200, dimension: 32, centres: 40, seed: 2)

  /// Two builds of FAISS add the same table entries in other orders, in 32 bits.
  private static let relativeTolerance = 1e-4

  @Test(arguments: [4, 8])
  func findsWhatFaissFindsInAnIndexThatFaissWrote(bits: Int) throws {
    struct Golden: Decodable {
      var rows: [Int32]
      var distances: [Double]
    }
    let golden = try JSONDecoder().decode(
      Golden.self, from: Data(contentsOf: FaissTestData.fixtures.appending(path: "faiss_ivfpq_golden_\(bits).json")))
    let bytes = try Data(contentsOf: FaissTestData.fixtures.appending(path: "faiss_ivfpq_index_\(bits).bin"))
    let bank = Matrix(rows: 400, columns: 16, FaissTestData.hashed(400 * 16, salt: 1))
    let queries = Matrix(rows: 20, columns: 16, FaissTestData.hashed(20 * 16, salt: 1_000_003))
    let configuration = FaissIVFPQConfiguration(lists: 6, subQuantisers: 4, bits: bits, probes: 2)
    let index = try configuration.restoreIndex(
      from: StageArchive(tensors: ["index": Tensor([UInt8](bytes))]), over: bank, StageContext())
    let found = try index.search(queries, k: 5)
    for (ours, theirs) in zip(found.squaredDistances, golden.distances) {
      #expect(abs(Double(ours) - theirs) <= Self.relativeTolerance * theirs)
    }
    // Rows that share a list and a code are equally far; FAISS gives them in another order.
    for query in 0..<20 {
      let slots = query * 5..<query * 5 + 5
      let last = golden.distances[slots.upperBound - 1]
      let certain = slots.filter { golden.distances[$0] < last * (1 - Self.relativeTolerance) }
      #expect(Set(certain.map { golden.rows[$0] }).isSubset(of: Set(found.rows[slots])))
    }
  }

  /// Observed: 0.345 and 0.345 with 8 coarse parts, where the clusters are well apart and the codes decide; 0.94 with
  /// all lists and a codebook for each coordinate.
  @Test(arguments: [(1, 8, 0.25), (16, 8, 0.25), (16, 32, 0.88)])
  func findsMostOfTheTrueNeighbours(probes: Int, subQuantisers: Int, floor: Double) throws {
    let configuration = FaissIVFPQConfiguration(lists: 16, subQuantisers: subQuantisers, bits: 8, probes: probes)
    let index = try configuration.makeIndex(over: Self.bank, StageContext())
    let expected = FaissTestData.exact(Self.queries, Self.bank, k: 1)
    let recall = FaissTestData.recallAt1(try index.search(Self.queries, k: 1), expected)
    #expect(recall >= floor, "recall@1 \(recall)")
  }

  /// Observed for 4, 6 and 8 bits: 0.46, 0.30 and 0.052.
  @Test(arguments: [(4, 0.6), (5, 0.6), (6, 0.4), (7, 0.4), (8, 0.1)])
  func distancesApproachTheTrueOnes(bits: Int, largestRelativeError: Double) throws {
    let configuration = FaissIVFPQConfiguration(lists: 16, subQuantisers: 32, bits: bits, probes: 16)
    let index = try configuration.makeIndex(over: Self.bank, StageContext())
    let found = try index.search(Self.queries, k: 3)
    var worst = 0.0
    for query in 0..<found.queries {
      let vector = Self.queries[row: query]
      for slot in query * 3..<query * 3 + 3 {
        let row = Self.bank[row: Int(found.rows[slot])]
        let exact = zip(vector, row).reduce(0.0) { $0 + pow(Double($1.0) - Double($1.1), 2) }
        worst = max(worst, abs(Double(found.squaredDistances[slot]) - exact) / exact)
      }
    }
    #expect(worst <= largestRelativeError)
    #expect(worst > 1e-4, "an approximation this good is no approximation")
  }

  @Test func fillsMissingSlotsByExactSearch() throws {
    // 300 lists of 2000 rows: the one list that is probed holds fewer than 40 rows, so most slots are filled.
    let configuration = FaissIVFPQConfiguration(lists: 300, subQuantisers: 16, bits: 8, probes: 1)
    let index = try configuration.makeIndex(over: Self.bank, StageContext())
    let k = 100
    let found = try index.search(Self.queries.slice(0..<20), k: k)
    let expected = FaissTestData.exact(Self.queries.slice(0..<20), Self.bank, k: Self.bank.rows)
    for query in 0..<20 {
      let rows = found.rows[query * k..<(query + 1) * k].map { Int($0) }
      let distances = Array(found.squaredDistances[query * k..<(query + 1) * k])
      #expect(Set(rows).count == k && rows.allSatisfy { (0..<2000).contains($0) })
      #expect(zip(distances, distances.dropFirst()).allSatisfy { $0 <= $1 })
      // Whatever the probed list did not hold comes nearest first: the hits aside, no nearer row is left out.
      let truth = Dictionary(uniqueKeysWithValues: expected[query].map { ($0.row, $0.squaredDistance) })
      let filled = zip(rows, distances).filter { abs(Double($1) - truth[$0, default: -1]) <= 1e-5 * Double($1) }
      #expect(filled.count >= k - 40, "\(filled.count) of \(k) exact")
      let farthest = filled.map { truth[$0.0, default: 0] }.max() ?? 0
      let leftOut = expected[query].filter { $0.squaredDistance < farthest && !rows.contains($0.row) }
      #expect(leftOut.isEmpty)
    }
  }

  @Test func givesEveryRowWhenMoreAreAskedForThanThereAre() throws {
    let bank = Self.bank.slice(0..<300)
    let index = try FaissIVFPQConfiguration(subQuantisers: 8).makeIndex(over: bank, StageContext())
    let found = try index.search(Self.queries.slice(0..<5), k: 1000)
    #expect(found.k == 300)
    for query in 0..<5 {
      #expect(found.rows[query * 300..<(query + 1) * 300].sorted() == Array(0..<300))
    }
  }

  @Test func equalRowsComeByNumber() throws {
    // Each row four times: the same list, the same code, so the same distance.
    let once = FaissTestData.clustered(rows: 300, dimension: 32, centres: 40, seed: 3)
    let bank = once.selecting(rows: (0..<1200).map { $0 % 300 })
    let index = try FaissIVFPQConfiguration(lists: 4, subQuantisers: 8, probes: 4).makeIndex(over: bank, StageContext())
    // 3 of 4 equal rows: the tie lies across the end of what is returned.
    for k in [3, 4, 5] {
      let found = try index.search(once, k: k)
      for query in 0..<300 {
        let slots = query * k..<(query + 1) * k
        for slot in slots.dropFirst() where found.squaredDistances[slot] == found.squaredDistances[slot - 1] {
          #expect(found.rows[slot] > found.rows[slot - 1])
        }
        let first = Int(found.rows[query * k])
        #expect(first < 300, "row \(first) is a later copy of row \(first % 300)")
      }
    }
  }

  @Test func aQueryDoesNotDependOnItsBatch() throws {
    let queries = FaissTestData.clustered(rows: 784, dimension: 32, centres: 40, seed: 5)
    let index = try FaissIVFPQConfiguration(lists: 16, subQuantisers: 8, probes: 3)
      .makeIndex(over: Self.bank, StageContext())
    let together = try index.search(queries, k: 4)
    for query in 0..<784 {
      let alone = try index.search(queries.slice(query..<query + 1), k: 4)
      let slots = query * 4..<(query + 1) * 4
      #expect(alone.rows == Array(together.rows[slots]))
      #expect(alone.squaredDistances.map(\.bitPattern) == together.squaredDistances[slots].map(\.bitPattern))
    }
  }

  @Test func refusesQueriesOfAnotherDimension() throws {
    let index = try FaissIVFPQConfiguration(subQuantisers: 8).makeIndex(over: Self.bank, StageContext())
    let error = #expect(throws: PatchCoreError.self) { try index.search(Matrix(rows: 1, columns: 33), k: 1) }
    #expect(error?.code == .shapeMismatch)
    #expect(error?.message.contains("32") == true && error?.message.contains("33") == true)
  }
}
#endif
