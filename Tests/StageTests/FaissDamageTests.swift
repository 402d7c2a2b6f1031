#if FAISS
import FaissSearch
import Foundation
import PatchCore
import TensorFiles
import Testing

/// Archives of `faiss_ivfflat` and `faiss_hnsw`: restored as they were, and refused where a number would lead astray.
@Suite struct FaissDamageTests {
  private static let bank = FaissTestData.clustered(rows: 600, dimension: 24, centres: 30, seed: 1)
  private static let queries = FaissTestData.clustered(rows: 50, dimension: 24, centres: 30, seed: 2)
  private static let lists = FaissIVFFlatConfiguration(lists: 12, probes: 3)
  private static let graph = FaissHNSWConfiguration(links: 4, buildDepth: 20, searchDepth: 10)

  private static func archive(of configuration: any NeighbourIndexConfiguration) throws -> StageArchive {
    try configuration.makeIndex(over: bank, StageContext(seed: 1)).archive()
  }

  private static func expectRefusal(
    _ configuration: any NeighbourIndexConfiguration, _ archive: StageArchive, over bank: Matrix = bank, _ word: String
  ) {
    let error = #expect(throws: PatchCoreError.self, "\(word)") {
      try configuration.restoreIndex(from: archive, over: bank, StageContext())
    }
    #expect(error?.code == .invalidArtifact)
    let message = error?.message ?? ""
    #expect(message.contains(word) && message.hasSuffix("fit again"), "\(message)")
  }

  @Test(arguments: [lists, graph] as [any NeighbourIndexConfiguration])
  func aRestoredIndexGivesTheSameResults(_ configuration: any NeighbourIndexConfiguration) throws {
    let built = try configuration.makeIndex(over: Self.bank, StageContext(seed: 1))
    let archive = try built.archive()
    #expect(archive.notes["faiss_version"]?.isEmpty == false)
    let restored = try configuration.restoreIndex(from: archive, over: Self.bank, StageContext())
    #expect(try restored.search(Self.queries, k: 7) == built.search(Self.queries, k: 7))
    #expect(FaissTestData.bytes(of: try restored.archive()) == FaissTestData.bytes(of: archive))
    // The rows stay in the bank.
    let bytes = archive.tensors.values.reduce(0) { $0 + $1.byteCount }
    #expect(bytes < Self.bank.count * 4 && !archive.tensors.isEmpty)
  }

  @Test func listsThatAreDamagedAreRefused() throws {
    let archive = try Self.archive(of: Self.lists)
    func refuse(_ name: String, _ tensor: Tensor?, _ word: String) {
      var damaged = archive
      damaged.tensors[name] = tensor
      Self.expectRefusal(Self.lists, damaged, word)
    }
    var numbers = try #require(archive.tensor("lists").integers()).map(Int32.init)
    refuse("lists", nil, "lists")
    refuse("lists", Tensor(numbers.map(Float.init), shape: [600]), "F32 [600], expected I32 [600]")
    refuse("lists", Tensor(Array(numbers.dropLast()), shape: [599]), "I32 [599], expected I32 [600]")
    for wrong: Int32 in [12, -1, .max, .min] {
      let right = numbers[99]
      numbers[99] = wrong
      refuse("lists", Tensor(numbers, shape: [600]), "lists holds \(wrong), expected 0 to 11")
      numbers[99] = right
    }
    var centroids = try archive.tensor("centroids").floats()
    refuse("centroids", Tensor(centroids, shape: [24, 12]), "expected F32 [12, 24]")
    centroids[30] = .nan
    refuse("centroids", Tensor(centroids, shape: [12, 24]), "centroid 1 holds a NaN")
    Self.expectRefusal(FaissIVFFlatConfiguration(lists: 13, probes: 3), archive, "expected F32 [13, 24]")
    Self.expectRefusal(Self.lists, archive, over: Self.bank.slice(0..<599), "expected I32 [599]")
  }

  @Test func graphsThatAreDamagedAreRefused() throws {
    let archive = try Self.archive(of: Self.graph)
    let layers = try archive.tensor("layers").withBytes { Array($0) }
    let links = try #require(archive.tensor("links").integers()).map(Int32.init)
    let entry = try #require(archive.tensor("entry_point").integers()?.first)
    let highest = try #require(layers.max())
    try #require(highest >= 2)
    func refuse(_ name: String, _ tensor: Tensor?, _ word: String) {
      var damaged = archive
      damaged.tensors[name] = tensor
      Self.expectRefusal(Self.graph, damaged, word)
    }
    func changing(_ row: Int, to count: UInt8) -> Tensor {
      var changed = layers
      changed[row] = count
      return Tensor(changed)
    }
    refuse("layers", changing(5, to: 0), "layers holds 0")
    refuse("layers", changing(5, to: 200), "layers holds 0 or 200")
    refuse("layers", changing(5, to: layers[5] + 1), "links")
    refuse("layers", Tensor(layers + [1]), "U8 [601], expected U8 [600]")
    refuse("links", Tensor(Array(links.dropLast(4)), shape: [links.count - 4]), "expected I32 [\(links.count)]")
    for wrong: Int32 in [600, -2, .max, .min] {
      var changed = links
      changed[1234] = wrong
      refuse("links", Tensor(changed, shape: [links.count]), "links holds \(wrong), expected -1 to 599")
    }
    // Above the lowest layer, a link to a row that is not there would be followed out of that row's links.
    let tall = try #require(layers.firstIndex { $0 >= 2 }), low = try #require(layers.firstIndex { $0 == 1 })
    var changed = links
    changed[layers[..<tall].reduce(0) { $0 + (Int($1) + 1) * 4 } + 8] = Int32(low)
    refuse("links", Tensor(changed, shape: [links.count]), "row \(tall) is linked to row \(low) on layer 1")
    refuse("entry_point", Tensor([Int32(600)], shape: [1]), "entry_point holds 600")
    refuse("entry_point", Tensor([Int32(low)], shape: [1]), "searches begin at row \(low) on 1 layers")
    refuse("entry_point", Tensor([Int32(entry), 0], shape: [2]), "expected I32 [1]")
    Self.expectRefusal(FaissHNSWConfiguration(links: 5), archive, "links")
    Self.expectRefusal(Self.graph, archive, over: Self.bank.slice(0..<599), "expected U8 [599]")
  }

  /// Links that lead to wrong rows, to the row itself or nowhere make a bad graph, not a crash.
  @Test func aGraphOfWrongLinksIsSurvived() throws {
    let archive = try Self.archive(of: Self.graph)
    let layers = try archive.tensor("layers").withBytes { Array($0) }
    var generator = SeededGenerator(seed: 6)
    var changed = try #require(archive.tensor("links").integers()).map(Int32.init)
    var slot = 0
    for row in 0..<600 {
      for number in 0..<(Int(layers[row]) + 1) * 4 where number < 8 {
        changed[slot + number] = Int32(generator.next(below: 601)) - 1
      }
      slot += (Int(layers[row]) + 1) * 4
    }
    var damaged = archive
    damaged.tensors["links"] = Tensor(changed, shape: [changed.count])
    let found = try Self.graph.restoreIndex(from: damaged, over: Self.bank, StageContext()).search(Self.queries, k: 20)
    for query in 0..<50 {
      let rows = found.rows[query * 20..<(query + 1) * 20]
      #expect(Set(rows).count == 20 && rows.allSatisfy { (0..<600).contains($0) })
    }
    damaged.tensors["links"] = Tensor([Int32](repeating: -1, count: changed.count), shape: [changed.count])
    let filled = try Self.graph.restoreIndex(from: damaged, over: Self.bank, StageContext()).search(Self.queries, k: 2)
    let truth = try FaissFlatConfiguration().makeIndex(over: Self.bank, StageContext()).search(Self.queries, k: 2)
    #expect(filled == truth)
  }
}
#endif
