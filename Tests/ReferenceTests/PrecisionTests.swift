#if OneDNN
import Evaluation
import Foundation
import PatchCore
import Testing

extension HazelnutTests {
  /// What other precisions and convolutions cost on real images: scores beside those of direct float32.
  @Suite struct Precision {
    /// The limits of one setting, and what is seen in brackets.
    struct Limits: Sendable, CustomStringConvertible {
      let setting: String
      /// The largest change of an image's score, as a part of it.
      let score: Float
      /// The relative L2 change of all maps.
      let maps: Double
      /// How far image AUROC may fall.
      let auroc: Double

      var description: String { setting }
    }

    static let settings = [
      Limits(setting: "convolution: winograd", score: 1e-5, maps: 1e-5, auroc: 0),
      Limits(setting: "precision: bfloat16", score: 0.015, maps: 0.015, auroc: 0.0625),
      Limits(setting: "precision: bfloat16, convolution: winograd", score: 0.015, maps: 0.015, auroc: 0.0625),
      Limits(setting: "precision: int8", score: 0.05, maps: 0.05, auroc: 0.0625),
    ]

    private static func detector(_ setting: String) throws -> FittedDetector {
      let weights = try ReferenceData.path(HazelnutTests.weights)
      let yaml = [
        "preset: official", "extractor: {kind: resnet, architecture: resnet18, weights: {file: '\(weights)'}}",
        "compute: {engine: onednn, \(setting)}", "subsampler: {kind: random, fraction: 0.1}",
      ]
      let description = try PipelineDescription(yaml: yaml.joined(separator: "\n"), catalogue: HazelnutTests.catalogue)
      let training = (0..<24).map { "train/good/0" + ($0 < 10 ? "0" : "") + "\($0).png" }
      return try Pipeline(description).fit(HazelnutTests.images(training))
    }

    private static func auroc(_ predictions: [Prediction], _ labels: [Int]) -> Double {
      var wins = 0.0
      var pairs = 0.0
      for (bad, isBad) in zip(predictions, labels) where isBad == 1 {
        for (good, other) in zip(predictions, labels) where other == 0 {
          pairs += 1
          wins += bad.score > good.score ? 1 : bad.score == good.score ? 0.5 : 0
        }
      }
      return wins / pairs
    }

    @Test(arguments: settings) func scoresStayWithinTheirLimits(_ limits: Limits) throws {
      let run: Run = try ReferenceData.json("reference/official/run.json")
      let images = try HazelnutTests.images(run.test)
      // The same patches by number in every bank: what differs is arithmetic alone.
      let direct = try HazelnutTests.predictions(Self.detector("precision: float32"), images)
      let other = try HazelnutTests.predictions(Self.detector(limits.setting), images)
      let score = HazelnutTests.largestDifference(other.map(\.score), direct.map(\.score)) { $0 }
      let maps = HazelnutTests.relativeError(other.flatMap(\.map.values), direct.flatMap(\.map.values))
      let fall = Self.auroc(direct, run.labels) - Self.auroc(other, run.labels)
      #expect(score > 0, "the setting has no effect")
      #expect(score <= limits.score)
      #expect(maps <= limits.maps)
      #expect(fall <= limits.auroc)
    }

    /// A file keeps the scales: what it restores computes what the fit computed, bit for bit.
    @Test(arguments: [
      "precision: int8", "precision: bfloat16", "convolution: winograd", "precision: bfloat16, convolution: winograd",
    ])
    func artifactsPredictWhatTheFitPredicts(_ setting: String) throws {
      let before = ThreadCount.current
      defer { ThreadCount.set(before) }
      let run: Run = try ReferenceData.json("reference/official/run.json")
      let images = try HazelnutTests.images(Array(run.test.prefix(3)))
      ThreadCount.set(2)
      let detector = try Self.detector(setting)
      let expected = try HazelnutTests.predictions(detector, images).map(\.map.values)
      let folder = FileManager.default.temporaryDirectory.appending(path: "patchcore-" + UUID().uuidString)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      defer {
        do { try FileManager.default.removeItem(at: folder) } catch { Issue.record(error) }
      }
      let file = folder.appending(path: "model.safetensors").path
      let other = folder.appending(path: "other.safetensors").path
      try detector.write(to: file)
      ThreadCount.set(1)
      try Self.detector(setting).write(to: other)
      #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == Data(contentsOf: URL(fileURLWithPath: other)))
      let restored = try FittedDetector(contentsOf: file, catalogue: HazelnutTests.catalogue)
      #expect(try HazelnutTests.predictions(restored, images).map(\.map.values) == expected)
      try detector.write(to: other, includingWeights: false)
      let beside = try FittedDetector(
        contentsOf: other, catalogue: HazelnutTests.catalogue, weights: ReferenceData.path(HazelnutTests.weights))
      #expect(try HazelnutTests.predictions(beside, images).map(\.map.values) == expected)
    }
  }
}
#endif
