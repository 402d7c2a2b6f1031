#if FAISS
import FaissSearch
import Foundation
import PatchCore
import TensorFiles
import Testing

/// Serialised: one test changes the thread counts of the process.
@Suite(.serialized) struct FaissArchiveTests {
  private static let bank = FaissTestData.clustered(rows: 1500, dimension: 24, centres: 30, seed: 1)
  private static let configuration = FaissIVFPQConfiguration(lists: 12, subQuantisers: 6, bits: 6, probes: 2)

  private static func bytes(of index: any NeighbourIndex) throws -> [UInt8] {
    try index.archive().tensor("index").withBytes { Array($0) }
  }

  private static func restore(
    _ bytes: [UInt8], _ configuration: FaissIVFPQConfiguration = configuration, over bank: Matrix = bank
  ) throws -> any NeighbourIndex {
    try configuration.restoreIndex(
      from: StageArchive(tensors: ["index": Tensor(bytes)]), over: bank, StageContext())
  }

  @Test func aRestoredIndexGivesTheSameResults() throws {
    let queries = FaissTestData.clustered(rows: 100, dimension: 24, centres: 30, seed: 2)
    let built = try Self.configuration.makeIndex(over: Self.bank, StageContext())
    let archive = try built.archive()
    #expect(archive.notes["format"] == "faiss IwPQ")
    #expect(archive.notes["faiss_version"]?.isEmpty == false)
    let restored = try Self.configuration.restoreIndex(from: archive, over: Self.bank, StageContext())
    #expect(restored.count == 1500 && restored.dimension == 24)
    #expect(try restored.search(queries, k: 7) == built.search(queries, k: 7))
    #expect(try Self.bytes(of: restored) == Self.bytes(of: built))
  }

  @Test func anIndexWithMostlyEmptyListsIsRestored() throws {
    // Ten different rows leave most of 100 lists empty, which FAISS writes in another layout.
    let few = FaissTestData.clustered(rows: 10, dimension: 24, centres: 10, seed: 3)
    let bank = few.selecting(rows: (0..<1500).map { $0 % 10 })
    let configuration = FaissIVFPQConfiguration(lists: 100, subQuantisers: 6, bits: 4, probes: 1)
    let built = try configuration.makeIndex(over: bank, StageContext())
    let bytes = try Self.bytes(of: built)
    let lists = try #require(bytes.firstRange(of: Array("ilar".utf8))?.upperBound)
    #expect(Array(bytes[lists + 16..<lists + 20]) == Array("sprs".utf8))
    #expect(try Self.restore(bytes, configuration, over: bank).search(few, k: 3) == built.search(few, k: 3))
  }

  static let kinds: [any NeighbourIndexConfiguration] = [
    FaissIVFPQConfiguration(subQuantisers: 16, bits: 8, probes: 2), FaissIVFFlatConfiguration(probes: 2),
    FaissHNSWConfiguration(links: 8, buildDepth: 20, searchDepth: 10), FaissFlatConfiguration(),
  ]

  @Test(arguments: kinds)
  func theSameIndexAtAnyNumberOfThreads(_ configuration: any NeighbourIndexConfiguration) throws {
    typealias Setter = @convention(c) (CInt) -> Void
    func setter(_ name: String) throws -> Setter {
      let symbol: UnsafeMutableRawPointer? = dlsym(nil, name)
      return unsafeBitCast(try #require(symbol), to: Setter.self)
    }
    // Large enough for FAISS and OpenBLAS to share it among threads if they were let.
    let bank = FaissTestData.clustered(rows: 6000, dimension: 64, centres: 50, seed: 4)
    let queries = FaissTestData.clustered(rows: 333, dimension: 64, centres: 50, seed: 5)
    let before = ThreadCount.current
    defer { ThreadCount.set(before) }
    let results = try [1, 2, 3].map { threads in
      ThreadCount.set(threads)
      try setter("openblas_set_num_threads")(CInt(threads))
      try setter("omp_set_num_threads")(CInt(threads))
      let index = try configuration.makeIndex(over: bank, StageContext(seed: 9))
      return (FaissTestData.bytes(of: try index.archive()), try index.search(queries, k: 3))
    }
    try setter("openblas_set_num_threads")(1)
    #expect(results[1].0 == results[0].0 && results[2].0 == results[0].0)
    #expect(results[1].1 == results[0].1 && results[2].1 == results[0].1)
  }

  @Test(arguments: kinds.dropLast())
  func theSeedDecidesTheIndex(_ configuration: any NeighbourIndexConfiguration) throws {
    let bank = FaissTestData.clustered(rows: 600, dimension: 32, centres: 50, seed: 4)
    func bytes(_ seed: UInt64) throws -> [String: [UInt8]] {
      FaissTestData.bytes(of: try configuration.makeIndex(over: bank, StageContext(seed: seed)).archive())
    }
    let seeds: [UInt64] = [1 << 40, .max]
    #expect(try bytes(seeds[0]) == bytes(seeds[0]))
    #expect(try bytes(seeds[0]) != bytes(seeds[1]))
  }

  @Test func refusesWhatIsCutShort() throws {
    let bytes = try Self.bytes(of: Self.configuration.makeIndex(over: Self.bank, StageContext()))
    for length in Array(0..<200) + Array(stride(from: 200, to: bytes.count, by: 997)) + [bytes.count - 1] {
      let error = #expect(throws: PatchCoreError.self, "\(length) bytes") { try Self.restore(Array(bytes[..<length])) }
      #expect(error?.code == .invalidArtifact)
    }
    #expect(throws: PatchCoreError.self) { try Self.restore(bytes + [0]) }
  }

  @Test func refusesOrSurvivesDamage() throws {
    let bytes = try Self.bytes(of: Self.configuration.makeIndex(over: Self.bank, StageContext()))
    let centroidBytes = 12 * 24 * 4
    // Every byte before the centroids is a field with one right value.
    for position in 0..<94 {
      var damaged = bytes
      damaged[position] ^= 0x40
      #expect(throws: PatchCoreError.self, "byte \(position)") { try Self.restore(damaged) }
    }
    // Beyond, centroids and codes may be any number; sizes and row numbers may not, and nothing may crash.
    let queries = FaissTestData.clustered(rows: 3, dimension: 24, centres: 30, seed: 2)
    var generator = SeededGenerator(seed: 6)
    var refused = 0
    for _ in 0..<300 {
      var damaged = bytes
      let position = 94 + centroidBytes + generator.next(below: bytes.count - 94 - centroidBytes)
      damaged[position] = UInt8(truncatingIfNeeded: generator.next())
      do {
        let found = try Self.restore(damaged).search(queries, k: 5)
        #expect(found.rows.allSatisfy { (0..<1500).contains($0) })
      } catch {
        #expect((error as? PatchCoreError)?.code == .invalidArtifact)
        refused += 1
      }
    }
    #expect(refused > 0)
  }

  @Test func refusesAnotherBankOrOtherSettings() throws {
    let bytes = try Self.bytes(of: Self.configuration.makeIndex(over: Self.bank, StageContext()))
    func expectRefusal(_ configuration: FaissIVFPQConfiguration, _ bank: Matrix) {
      let error = #expect(throws: PatchCoreError.self) { try Self.restore(bytes, configuration, over: bank) }
      #expect(error?.code == .invalidArtifact)
      #expect(error?.message.hasSuffix("fit again") == true)
    }
    expectRefusal(Self.configuration, Self.bank.slice(0..<1499))
    expectRefusal(Self.configuration, FaissTestData.clustered(rows: 1500, dimension: 48, centres: 30, seed: 1))
    expectRefusal(FaissIVFPQConfiguration(lists: 13, subQuantisers: 6, bits: 6), Self.bank)
    expectRefusal(FaissIVFPQConfiguration(lists: 12, subQuantisers: 8, bits: 6), Self.bank)
    expectRefusal(FaissIVFPQConfiguration(lists: 12, subQuantisers: 6, bits: 7), Self.bank)
    let lacking = #expect(throws: PatchCoreError.self) {
      try Self.configuration.restoreIndex(from: StageArchive(), over: Self.bank, StageContext())
    }
    #expect(lacking?.code == .invalidArtifact)
  }
}
#endif
