import Evaluation
import Foundation
import PatchCore
import Testing

@Suite struct SplitTests {
  /// Computed once by the Python lines of Fixtures/make_split.py, which know nothing of the Swift code.
  private struct Vector: Decodable {
    var fraction: Double
    var count: Int
    var seed: UInt64
    var heldOut: [Int]
  }

  @Test func equalsTheTestVectors() throws {
    let vectors = try Fixture.decode([Vector].self, "split.json")
    #expect(vectors.count == 8)
    for vector in vectors {
      let split = Split(nominalTestFraction: vector.fraction)
      #expect(try split.heldOut(among: vector.count, seed: vector.seed) == vector.heldOut)
    }
  }

  @Test func leavesOneImageToTrainOn() throws {
    #expect(try Split(nominalTestFraction: 0.99).heldOut(among: 1, seed: 0) == [])
    #expect(try Split(nominalTestFraction: 0.99).heldOut(among: 10, seed: 0).count == 9)
    #expect(try Split(nominalTestFraction: 0.2).heldOut(among: 0, seed: 0) == [])
    #expect(try Split(nominalTestFraction: 0.2).heldOut(among: 952, seed: 0).count == 190)
    #expect(try Split().heldOut(among: 952, seed: 0) == [])
  }

  @Test(arguments: [-0.1, 1, 1.5, .nan, .infinity])
  func refusesFractionsOutOfRange(_ fraction: Double) {
    expectError(.invalidConfiguration, containing: ["nominal_test_fraction", "\(fraction)"]) {
      try Split(nominalTestFraction: fraction).validate()
    }
  }

  @Test func holdsOutNominalImagesOnly() throws {
    let files = (0..<10).map { "good/\($0).png" } + ["cut/0.png", "cut/1.png"]
    try TemporaryTree.with(files) { tree in
      let data = try Dataset.folder(tree.root)
      let split = try data.splitting(Split(nominalTestFraction: 0.3), seed: 5)
      #expect(split.train.count == 7 && split.test.count == 5)
      #expect(split.train.allSatisfy { $0.label == .nominal })
      #expect(split.test.count { $0.label.isAnomalous } == 2)
      #expect(try data.splitting(Split(nominalTestFraction: 0.3), seed: 5) == split)
      #expect(try split.splitting(Split(nominalTestFraction: 0.3), seed: 5) == split, "an earlier split is undone")
      #expect(try data.splitting(Split(nominalTestFraction: 0.3), seed: 6) != split)
      #expect(try data.splitting(Split(), seed: 5) == data)
    }
  }

  @Test func refusesToSplitAFixedLayout() throws {
    try TemporaryTree.with(["train/good/0.png", "test/good/0.png"]) { tree in
      let data = try Dataset.mvtec(tree.root)
      #expect(try data.splitting(Split(), seed: 1) == data)
      expectError(.invalidConfiguration, containing: ["0.2", "mvtec", "set it to 0"]) {
        _ = try data.splitting(Split(nominalTestFraction: 0.2), seed: 1)
      }
    }
  }

  @Test func keysAreThoseOfTheDescription() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    #expect(
      String(decoding: try encoder.encode(Split()), as: UTF8.self) == #"{"nominal_test_fraction":0,"shots":null}"#)
    #expect(
      String(decoding: try encoder.encode(EvaluationSettings()), as: UTF8.self)
        == #"{"masks":"official","pro_limit":0.3}"#)
    let old = try JSONDecoder().decode(EvaluationSettings.self, from: Data(#"{"masks":"anomalib"}"#.utf8))
    #expect(old == EvaluationSettings(masks: .anomalib), "a limit that is not there means MVTec AD's")
    let read = try JSONDecoder().decode(Split.self, from: Data(#"{"nominal_test_fraction":0.2}"#.utf8))
    #expect(read == Split(nominalTestFraction: 0.2))
  }

  @Test func refusesTestImagesThatWereTrainedOn() throws {
    let training = (0..<9).map { LeakGuard.DigestedImage(path: "good/\($0).png", digest: "AA0\($0)") }
    try LeakGuard.refuse(test: [LeakGuard.DigestedImage(path: "good/0.png", digest: "bb")], among: training)
    let test =
      [
        LeakGuard.DigestedImage(path: "new/x.png", digest: "aa03"),
        LeakGuard.DigestedImage(path: "y.png", digest: "cc"),
      ]
      + (4..<8).map { LeakGuard.DigestedImage(path: "good/\($0).png", digest: "aa0\($0)") }
    expectError(
      .invalidDataset,
      containing: [
        "5 of 6", "9 images", "new/x.png, fitted as good/3.png, good/4.png, good/5.png and 2 more",
        "nominal_test_fraction",
      ]
    ) { try LeakGuard.refuse(test: test, among: training) }
  }
}
