import Evaluation
import Foundation
import PatchCore
import Testing

@Suite struct ShotTests {
  /// Computed once by the Python lines of Fixtures/make_split.py, which know nothing of the Swift code.
  private struct Vector: Decodable {
    var shots: Int
    var count: Int
    var seed: UInt64
    var drawn: [Int]
  }

  @Test func equalsTheTestVectors() throws {
    let vectors = try Fixture.decode([Vector].self, "shots.json")
    #expect(vectors.count == 11)
    for vector in vectors {
      #expect(try Split(shots: vector.shots).drawn(among: vector.count, seed: vector.seed) == vector.drawn)
    }
    #expect(try Split().drawn(among: 3, seed: 0) == [0, 1, 2])
  }

  @Test func fewerShotsArePartOfMore() throws {
    for seed in 0..<5 as Range<UInt64> {
      let draws = try [1, 2, 5, 10, 16, 20, 50].map { Set(try Split(shots: $0).drawn(among: 60, seed: seed)) }
      for (fewer, more) in zip(draws, draws.dropFirst()) { #expect(fewer.isStrictSubset(of: more)) }
    }
  }

  @Test(arguments: [0, -1, Int.min])
  func refusesLessThanOneShot(_ shots: Int) {
    expectError(.invalidConfiguration, containing: ["shots is \(shots)", "at least 1"]) {
      try Split(shots: shots).validate()
    }
  }

  private static let fixed =
    (0..<10).map { "train/good/\($0).png" } + ["test/good/0.png", "test/cut/0.png", "test/cut/1.png"]

  @Test func leavesTheTestImagesOfAFixedSplitAlone() throws {
    try TemporaryTree.with(Self.fixed) { tree in
      let data = try Dataset.mvtec(tree.root)
      let drawn = try data.splitting(Split(shots: 4), seed: 1)
      #expect(drawn.train.count == 4 && drawn.test == data.test && drawn.samples.count == data.samples.count)
      #expect(drawn.samples.count { $0.use == .unused } == 6)
      #expect(try data.splitting(Split(shots: 4), seed: 2).train != drawn.train)
      #expect(try data.splitting(Split(shots: 4), seed: 1) == drawn)
      #expect(try drawn.splitting(Split(), seed: 1) == data, "an earlier draw is undone")
      #expect(try data.splitting(Split(shots: 10), seed: 1) == data)
      #expect(drawn.name == data.name && drawn.kind == data.kind && drawn.hasFixedSplit)
      expectError(.invalidConfiguration, containing: ["shots is 11", "10 training images", "at most 10"]) {
        _ = try data.splitting(Split(shots: 11), seed: 1)
      }
    }
  }

  @Test func drawsFromWhatIsNotHeldOut() throws {
    try TemporaryTree.with((0..<20).map { "good/\($0).png" } + ["cut/0.png"]) { tree in
      let data = try Dataset.folder(tree.root)
      let all = try data.splitting(Split(nominalTestFraction: 0.2), seed: 3)
      let few = try data.splitting(Split(nominalTestFraction: 0.2, shots: 5), seed: 3)
      #expect(few.test == all.test && few.test.count == 5)
      #expect(few.train.count == 5 && Set(few.train).isSubset(of: all.train))
      #expect(few.samples.count { $0.use == .unused } == 11)
      #expect(few.samples.filter { $0.use == .unused }.allSatisfy { $0.label == .nominal })
      #expect(try few.splitting(Split(nominalTestFraction: 0.2), seed: 3) == all)
      expectError(.invalidConfiguration, containing: ["shots is 17", "16 training images"]) {
        _ = try data.splitting(Split(nominalTestFraction: 0.2, shots: 17), seed: 3)
      }
    }
  }

  /// One image can be trained on; it cannot be held out as well.
  @Test func aCategoryOfOneImage() throws {
    try TemporaryTree.with(["train/good/0.png", "test/cut/0.png"]) { tree in
      let data = try Dataset.mvtec(tree.root)
      #expect(try data.splitting(Split(shots: 1), seed: 0) == data)
      expectError(.invalidConfiguration, containing: ["shots is 2", "1 training images"]) {
        _ = try data.splitting(Split(shots: 2), seed: 0)
      }
    }
    try TemporaryTree.with(["good/0.png", "cut/0.png"]) { tree in
      let data = try Dataset.folder(tree.root)
      #expect(try data.splitting(Split(), seed: 0).train.count == 1)
      expectError(.invalidConfiguration, containing: ["0.2", "none of the 1 nominal images", "one is needed"]) {
        _ = try data.splitting(Split(nominalTestFraction: 0.2), seed: 0)
      }
    }
    try TemporaryTree.with(["0.png", "1.png"]) { tree in
      expectError(.invalidConfiguration, containing: ["0.2", "none of the 2 nominal images", "larger fraction"]) {
        _ = try Dataset.folder(tree.root).splitting(Split(nominalTestFraction: 0.2), seed: 0)
      }
    }
  }

  @Test func descriptionsNameShots() throws {
    let read = try JSONDecoder().decode(Split.self, from: Data(#"{"nominal_test_fraction":0,"shots":16}"#.utf8))
    #expect(read == Split(shots: 16))
    #expect(String(decoding: try JSONEncoder().encode(read), as: UTF8.self).contains(#""shots":16"#))
  }
}
