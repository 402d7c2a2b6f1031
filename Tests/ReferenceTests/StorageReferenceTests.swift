import Evaluation
import ImageFiles
import PatchCore
import TensorFiles
import Testing

extension HazelnutTests {
  /// What banks and embeddings in fewer bits cost on real images.
  @Suite struct Storing {
    /// How far results may be from those in 32 bits.
    struct Limits: Sendable {
      var storage: StorageSettings
      /// Of an image's score, as a part of it.
      var score: Float
      /// Of the areas under the ROC curves and of PRO.
      var quality: Double
    }

    /// Limits a few times what was observed.
    ///
    /// A bank in 16 bits: scores within 0.00034, areas and PRO within 0.000004; in 8 bits 0.00062 and 0.000008.
    /// Embeddings in 16 bits make the greedy selection take other rows, as another seed would: 0.06 and 0.001.
    static let limits = [
      Limits(storage: StorageSettings(bank: .bfloat16), score: 0.001, quality: 0.0001),
      Limits(storage: StorageSettings(bank: .int8), score: 0.002, quality: 0.0002),
      Limits(storage: StorageSettings(embeddings: .bfloat16), score: 0.15, quality: 0.005),
    ]

    private struct Outcome {
      var scores: [Float] = []
      var qualities: [Double] = []
    }

    private static func outcome(_ storage: StorageSettings) throws -> Outcome {
      var description = try HazelnutTests.description(
        "official", engine: HazelnutTests.engines[0], "subsampler: {fraction: 0.1}")
      description.storage = storage
      let dataset = try Dataset.mvtec(ReferenceData.path(HazelnutTests.dataset))
      let detector = try Pipeline(description).fit(
        ImageSource(files: dataset.train.map(\.path), relativeTo: dataset.root))
      #expect(detector.bank.vectors.format == storage.bank)
      var result = Outcome()
      var evaluator = try detector.evaluate(dataset) { _, _, prediction in result.scores.append(prediction.score) }
      let report = try evaluator.report(detector: detector.reportSummary)
      result.qualities = try [report.imageAUROC, report.pixelAUROC, report.pro].map { try #require($0) }
      return result
    }

    @Test func fewerBitsCostLittle() throws {
      let exact = try Self.outcome(StorageSettings())
      for limits in Self.limits {
        let outcome = try Self.outcome(limits.storage)
        let drift = HazelnutTests.largestDifference(outcome.scores, exact.scores) { $0 }
        #expect(drift > 0 && drift <= limits.score, "\(limits.storage): scores off by \(drift)")
        for (quality, expected) in zip(outcome.qualities, exact.qualities) {
          #expect(abs(quality - expected) <= limits.quality, "\(limits.storage): \(quality), in 32 bits \(expected)")
        }
      }
    }
  }
}
