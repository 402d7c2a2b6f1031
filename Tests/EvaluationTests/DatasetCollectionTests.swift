import Evaluation
import PatchCore
import Testing

@Suite struct DatasetCollectionTests {
  private static func category(_ name: String) -> [String] {
    ["\(name)/train/good/0.png", "\(name)/test/good/0.png", "\(name)/test/cut/0.png"]
  }

  @Test func readsCategoriesInTheOrderOfThePaper() throws {
    let names = ["zipper", "own_part", "bottle", "metal_nut", "another"]
    try TemporaryTree.with(names.flatMap(Self.category) + ["readme.txt", "results/run.json"]) { tree in
      let all = try DatasetCollection.mvtec(tree.root)
      #expect(all.categories.map(\.name) == ["bottle", "metal_nut", "zipper", "another", "own_part"])
      #expect(all.missing.count == 12 && all.missing.first == "cable" && !all.missing.contains("zipper"))
      #expect(try all.categories[1] == Dataset.mvtec(tree.root + "/metal_nut"))
      #expect(all.kind == .mvtec && all.root == tree.root)
      let some = try DatasetCollection.mvtec(tree.root + "/", only: ["zipper", "bottle"])
      #expect(some.categories.map(\.name) == ["zipper", "bottle"])
      #expect(some.missing.contains("metal_nut"), "what was not asked for is missing from an average, too")
    }
  }

  @Test func aCompleteCopyMissesNothing() throws {
    #expect(DatasetCollection.mvtecCategories.count == 15)
    try TemporaryTree.with(DatasetCollection.mvtecCategories.reversed().flatMap(Self.category)) { tree in
      let all = try DatasetCollection.mvtec(tree.root)
      #expect(all.missing.isEmpty && all.categories.map(\.name) == DatasetCollection.mvtecCategories)
    }
  }

  @Test func refusesNamesThatAreNotThere() throws {
    try TemporaryTree.with(Self.category("hazelnut") + Self.category("screw")) { tree in
      expectError(.invalidDataset, containing: ["no category hazelnutt", "hazelnut, screw", "did you mean hazelnut?"]) {
        _ = try DatasetCollection.mvtec(tree.root, only: ["hazelnutt"])
      }
      expectError(.invalidDataset, containing: ["no category wood", "it has hazelnut, screw"]) {
        _ = try DatasetCollection.mvtec(tree.root, only: ["screw", "wood"])
      }
      expectError(.invalidDataset, containing: ["screw", "named twice"]) {
        _ = try DatasetCollection.mvtec(tree.root, only: ["screw", "screw"])
      }
      expectError(.invalidDataset, containing: ["no category", "is named"]) {
        _ = try DatasetCollection.mvtec(tree.root, only: [])
      }
      expectError(.invalidDataset, containing: ["hazelnut is one category", "folder that holds it"]) {
        _ = try DatasetCollection.mvtec(tree.root + "/hazelnut")
      }
    }
  }

  @Test func aBrokenCategoryIsAnErrorUnlessLeftOut() throws {
    for broken in [["grid/train/good/0.png"], ["grid/"], ["parts/test/good/0.png"]] {
      try TemporaryTree.with(Self.category("screw") + broken) { tree in
        expectError(.invalidDataset, containing: ["layout", broken[0].hasPrefix("grid") ? "/grid" : "/parts"]) {
          _ = try DatasetCollection.mvtec(tree.root)
        }
        let alone = try DatasetCollection.mvtec(tree.root, only: ["screw"])
        #expect(alone.categories.map(\.name) == ["screw"])
      }
    }
    try TemporaryTree.with(["photos/a.png"]) { tree in
      expectError(.invalidDataset, containing: ["no categories in MVTec AD's layout", "photos/"]) {
        _ = try DatasetCollection.mvtec(tree.root)
      }
    }
  }

  /// Rounding of sums and a square root of numbers near 1.
  private static let tolerance = 1e-15

  @Test func meanAndDeviation() throws {
    // statistics.mean and statistics.stdev of Python 3.11, which compute exactly and round once.
    let values = [0.988, 0.976, 0.9951, 1, 0.91]
    let summary = try #require(MeanAndDeviation(values))
    #expect(abs(summary.mean - 0.97382) < Self.tolerance)
    #expect(try abs(#require(summary.deviation) - 0.03680029891182949) < Self.tolerance)
    #expect(summary.count == 5)
    let one = try #require(MeanAndDeviation([0.5]))
    #expect(one.mean == 0.5 && one.deviation == nil && one.count == 1)
    #expect(MeanAndDeviation([Double]()) == nil)
    #expect(MeanAndDeviation([0.5, 0.5, 0.5])?.deviation == 0)
  }
}
