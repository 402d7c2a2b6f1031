#if FAISS
import FaissSearch
import Foundation
import PatchCore
import Testing

@Suite struct FaissConfigurationTests {
  private static let bank = FaissTestData.clustered(rows: 300, dimension: 24, centres: 10, seed: 1)

  struct Case: Sendable, CustomTestStringConvertible {
    var configuration: FaissIVFPQConfiguration
    /// Words of the message: the key, both numbers, the remedy.
    var words: [String]
    var testDescription: String { words[0] }

    init(_ lists: Int?, _ subQuantisers: Int, _ bits: Int, _ probes: Int, _ words: String...) {
      configuration = FaissIVFPQConfiguration(
        lists: lists, subQuantisers: subQuantisers, bits: bits, probes: probes)
      self.words = words
    }
  }

  @Test(arguments: [
    Case(10, 64, 8, 1, "neighbour_index.sub_quantisers is 64", "dimension 24", "1, 2, 3, 4, 6, 8, 12, 24"),
    Case(10, 0, 8, 1, "neighbour_index.sub_quantisers is 0", "at least 1"),
    Case(10, 6, 3, 1, "neighbour_index.bits is 3", "4 to 8"),
    Case(10, 6, 9, 1, "neighbour_index.bits is 9", "4 to 8"),
    Case(10, 6, -1, 1, "neighbour_index.bits is -1", "4 to 8"),
    Case(301, 6, 8, 1, "neighbour_index.lists is 301", "300 rows", "at most 300"),
    Case(0, 6, 8, 1, "neighbour_index.lists is 0", "at least 1"),
    Case(10, 6, 8, 11, "neighbour_index.probes is 11", "10 lists", "at most 10"),
    Case(10, 6, 8, 0, "neighbour_index.probes is 0", "at least 1"),
  ])
  func refusesSettingsThatDoNotSuit(_ example: Case) {
    let error = #expect(throws: PatchCoreError.self) {
      try example.configuration.makeIndex(over: Self.bank, StageContext())
    }
    #expect(error?.code == .invalidConfiguration)
    #expect(error?.stage == "neighbour_index")
    for word in example.words {
      #expect(error?.message.contains(word) == true, "\(error?.message ?? "") lacks \(word)")
    }
  }

  @Test func refusesABankTooSmallForTheCodebook() {
    let error = #expect(throws: PatchCoreError.self) {
      try FaissIVFPQConfiguration(subQuantisers: 6).makeIndex(over: Self.bank.slice(0..<200), StageContext())
    }
    #expect(error?.code == .invalidConfiguration)
    for word in ["neighbour_index.bits is 8", "256 rows", "has 200", "at most 7 bits", "subsampler.fraction"] {
      #expect(error?.message.contains(word) == true, "\(error?.message ?? "") lacks \(word)")
    }
  }

  @Test func refusesABankTooSmallForAnyCodebook() {
    let error = #expect(throws: PatchCoreError.self) {
      try FaissIVFPQConfiguration(subQuantisers: 6, bits: 4)
        .makeIndex(over: Self.bank.slice(0..<15), StageContext())
    }
    #expect(error?.message.contains("16 rows") == true && error?.message.contains("kind: exact") == true)
  }

  @Test func refusesNumbersThatAreNotFinite() {
    var bank = Self.bank
    bank.withUnsafeMutableBufferPointer { $0[7 * 24 + 3] = .nan }
    let error = #expect(throws: PatchCoreError.self) {
      try FaissIVFPQConfiguration(subQuantisers: 6).makeIndex(over: bank, StageContext())
    }
    #expect(error?.code == .notFinite && error?.message.contains("row 7") == true)
  }

  @Test func survivesNumbersWhoseSquaresOverflow() throws {
    let index = try FaissIVFPQConfiguration(lists: 4, subQuantisers: 6, bits: 4, probes: 2)
      .makeIndex(over: Self.bank, StageContext())
    let far = Matrix(rows: 1, columns: 24, [Float](repeating: 1e30, count: 24))
    let found = try index.search(far, k: 300)
    #expect(found.rows.sorted() == Array(0..<300))
    #expect(found.squaredDistances.allSatisfy { $0 == .infinity })
  }

  /// 4 sqrt(m) lists, but 39 rows for each.
  @Test(arguments: [(1, 1), (38, 1), (77, 1), (78, 2), (1639, 42), (16_384, 420), (40_000, 800), (1_000_000, 4000)])
  func derivesTheNumberOfLists(rows: Int, lists: Int) {
    #expect(FaissIVFPQConfiguration.derivedLists(forRows: rows) == lists)
  }

  @Test func aDerivedNumberOfListsLowersTheProbes() throws {
    let queries = FaissTestData.clustered(rows: 9, dimension: 24, centres: 10, seed: 2)
    // 300 rows give 7 lists.
    let most = try FaissIVFPQConfiguration(subQuantisers: 6, bits: 4, probes: 100)
      .makeIndex(over: Self.bank, StageContext())
    let all = try FaissIVFPQConfiguration(lists: 7, subQuantisers: 6, bits: 4, probes: 7)
      .makeIndex(over: Self.bank, StageContext())
    #expect(try most.search(queries, k: 5) == all.search(queries, k: 5))
  }

  @Test func everyKeyIsWrittenAndRead() throws {
    let encoded = try JSONEncoder().encode(FaissIVFPQConfiguration())
    let keys = try #require(JSONSerialization.jsonObject(with: encoded) as? [String: Any])
    #expect(Set(keys.keys) == ["lists", "sub_quantisers", "bits", "probes"])
    let text = #"{"lists": 5, "sub_quantisers": 3, "bits": 6, "probes": 2}"#
    let decoded = try JSONDecoder().decode(FaissIVFPQConfiguration.self, from: Data(text.utf8))
    #expect(decoded.lists == 5 && decoded.subQuantisers == 3 && decoded.bits == 6 && decoded.probes == 2)
    #expect(try JSONDecoder().decode(FaissIVFPQConfiguration.self, from: encoded).lists == nil)
    #expect(!FaissIVFPQConfiguration().isExact)
  }

  @Test func aNarrowBankIsCopiedInto32Bits() {
    let kinds: [any NeighbourIndexConfiguration] = [
      FaissFlatConfiguration(), FaissHNSWConfiguration(), FaissIVFFlatConfiguration(), FaissIVFPQConfiguration(),
    ]
    for kind in kinds {
      #expect(kind.workingBytes(rows: 300, dimension: 24, format: .float32) == 0)
      #expect(kind.workingBytes(rows: 300, dimension: 24, format: .int8) == 300 * 24 * 4)
    }
  }
}
#endif
