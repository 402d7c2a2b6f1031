import Compute
import PatchCore
import Search
import TensorFiles
import Testing

/// What an exact index keeps in an artifact, and what it says of an archive that does not suit.
@Suite struct SketchArchiveTests {
  private static let context = StageContext(compute: ComputeSettings(engine: .openblas))

  private static func index(seed: UInt64 = 3) throws -> (bank: Matrix, queries: Matrix, archive: StageArchive) {
    var generator = SeededGenerator(seed: seed)
    let (bank, queries) = SketchedSearchTests.features(&generator, 1100, 30, 140)
    return (bank, queries, try ExactIndexConfiguration().makeIndex(over: bank, context).archive())
  }

  private static func restore(_ archive: StageArchive, over bank: Matrix) throws -> any NeighbourIndex {
    try ExactIndexConfiguration().restoreIndex(from: archive, over: bank, context)
  }

  @Test func aRestoredIndexFindsTheSameAndKeepsTheSame() throws {
    let (bank, queries, archive) = try Self.index()
    let built = try ExactIndexConfiguration().makeIndex(over: bank, Self.context)
    let restored = try Self.restore(archive, over: bank)
    #expect(try restored.search(queries, k: 4) == built.search(queries, k: 4))
    let again = try restored.archive()
    #expect(Set(again.tensors.keys) == Set(archive.tensors.keys))
    for (name, tensor) in archive.tensors {
      #expect(try again.tensor(name).withBytes { Array($0) } == tensor.withBytes { Array($0) }, "\(name)")
    }
  }

  @Test func anEmptyArchiveIsMadeAgain() throws {
    let (bank, queries, archive) = try Self.index()
    let restored = try Self.restore(StageArchive(), over: bank)
    #expect(try restored.archive().tensors.count == archive.tensors.count)
    #expect(try restored.search(queries, k: 1) == Self.restore(archive, over: bank).search(queries, k: 1))
  }

  @Test func everyEngineRestoresWhatAnotherMade() throws {
    let (bank, queries, archive) = try Self.index()
    for engine in NearestTests.engines {
      let restored = try PreparedBank(restoring: archive, of: bank, engine: engine)
      let plain = try engine.nearest(queries: queries, bank: PreparedBank(bank), k: 2)
      #expect(try engine.nearest(queries: queries, bank: restored, k: 2) == plain)
    }
  }

  /// A way to spoil an archive and what the error must name.
  struct Damage: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var names: String
    var change: @Sendable (inout StageArchive) throws -> Void
  }

  static let damages: [Damage] = [
    Damage(testDescription: "a missing tensor", names: "level1_values") { $0.tensors["level1_values"] = nil },
    Damage(testDescription: "a wrong shape", names: "axes") {
      $0.tensors["axes"] = Tensor([Float](repeating: 0, count: 140), shape: [1, 140])
    },
    Damage(testDescription: "a row twice", names: "order") { archive in
      var rows = try #require(archive.tensors["order"]?.integers()).map { Int32($0) }
      rows[1] = rows[0]
      archive.tensors["order"] = Tensor(rows, shape: [rows.count])
    },
    Damage(testDescription: "a step of 0", names: "steps") { archive in
      archive.tensors["steps"] = Tensor([0, 0, 0, 0, 1, 0] as [Float], shape: [3, 2])
    },
    Damage(testDescription: "steps of halves that do not belong together", names: "two halves") { archive in
      archive.tensors["steps"] = Tensor([1, 0, 1, 0, 1, 0] as [Float], shape: [3, 2])
    },
    Damage(testDescription: "centres that are not finite", names: "centres") { archive in
      let shape = try #require(archive.tensors["centres"]).shape
      archive.tensors["centres"] = Tensor(
        [Float](repeating: .infinity, count: shape.reduce(1, *)), shape: shape)
    },
    Damage(testDescription: "a start of a second half out of range", names: "level1_starts") { archive in
      var starts = try #require(archive.tensors["level1_starts"]?.integers()).map { Int32($0) }
      starts[0] = 1
      archive.tensors["level1_starts"] = Tensor(starts, shape: [starts.count])
    },
    Damage(testDescription: "a NaN", names: "mean") { archive in
      archive.tensors["mean"] = Tensor([Float](repeating: .nan, count: 140), shape: [140])
    },
    Damage(testDescription: "a negative loss", names: "level0_losses") { archive in
      let count = try #require(archive.tensors["level0_losses"]).count
      archive.tensors["level0_losses"] = Tensor([Float](repeating: -1, count: count), shape: [count])
    },
    Damage(testDescription: "a start out of range", names: "level0_starts") { archive in
      var starts = try #require(archive.tensors["level0_starts"]?.integers()).map { Int32($0) }
      starts[starts.count - 1] = .max
      archive.tensors["level0_starts"] = Tensor(starts, shape: [starts.count])
    },
    Damage(testDescription: "losses of nothing", names: "level0_losses") { archive in
      let count = try #require(archive.tensors["level0_losses"]).count
      archive.tensors["level0_losses"] = Tensor([Float](repeating: 0, count: count), shape: [count])
    },
    Damage(testDescription: "sums of squares of nothing", names: "level0_starts") { archive in
      let count = try #require(archive.tensors["level0_starts"]).count
      archive.tensors["level0_starts"] = Tensor([Int32](repeating: 0, count: count), shape: [count])
    },
  ]

  @Test(arguments: damages) func damageIsRefused(_ damage: Damage) throws {
    var (bank, _, archive) = try Self.index()
    try damage.change(&archive)
    let error = try #require(throws: PatchCoreError.self) { try Self.restore(archive, over: bank) }
    #expect(error.code == .invalidArtifact)
    #expect(error.message.contains(damage.names), "\(error.message)")
  }

  @Test func sketchesOfAnotherBankAreRefused() throws {
    let archive = try Self.index().archive
    let other = try Self.index(seed: 4).bank
    let error = try #require(throws: PatchCoreError.self) { try Self.restore(archive, over: other) }
    #expect(error.code == .invalidArtifact && error.message.contains("another bank"), "\(error.message)")
  }
}
