import Evaluation
import ImageFiles
import PatchCore
import TensorFiles
import Testing

extension HazelnutTests {
  /// `evaluate` on real images and masks, with the bank that the official code chose.
  @Suite struct Evaluating {
    /// Both are one division of whole and half numbers.
    static let tolerance = 1e-12
    /// Scores and maps differ from the reference's by rounding, which can exchange neighbours in the ranking.
    static let referenceTolerance = 1e-5

    /// Observed: 1 for images, 0.98982 for pixels.
    @Test func areasUnderTheROC() throws {
      let detector = try HazelnutTests.officialDetector(HazelnutTests.engines[0])
      let dataset = try Dataset.mvtec(ReferenceData.path(HazelnutTests.dataset))
      var images = Ranking(), pixels = Ranking()
      var paths: [String] = []
      var masks: [[Bool]] = []
      var evaluator = try detector.evaluate(dataset) { sample, _, prediction in
        paths.append(sample.path)
        images.add([prediction.score], [sample.label.isAnomalous])
        masks.append(try Self.defects(sample, dataset))
        pixels.add(prediction.map.values, masks[masks.count - 1])
      }
      let report = try evaluator.report(detector: detector.reportSummary)
      let imageAUROC = try #require(report.imageAUROC), pixelAUROC = try #require(report.pixelAUROC)
      #expect(abs(imageAUROC - images.areaUnderROC) <= Self.tolerance)
      #expect(abs(pixelAUROC - pixels.areaUnderROC) <= Self.tolerance)

      let run: Run = try ReferenceData.json("reference/official/run.json")
      #expect(paths == run.test)
      var referenceImages = Ranking(), referencePixels = Ranking()
      referenceImages.add(run.scores, run.labels.map { $0 == 1 })
      referencePixels.add(try ReferenceData.tensor("reference/official/maps.npy").floats(), masks.flatMap { $0 })
      #expect(abs(imageAUROC - referenceImages.areaUnderROC) <= Self.referenceTolerance)
      #expect(abs(pixelAUROC - referencePixels.areaUnderROC) <= Self.referenceTolerance)
    }

    /// The defect pixels of the crop: these images are 256 x 256 already, and their masks have one bit.
    private static func defects(_ sample: DatasetSample, _ dataset: Dataset) throws -> [Bool] {
      guard let path = sample.maskPath else { return [Bool](repeating: false, count: 224 * 224) }
      let mask = try ImageFile.decode(contentsOf: dataset.file(path))
      guard mask.width == 256, mask.height == 256, mask.format == .grey8 else {
        throw PatchCoreError(.invalidDataset, "\(path) is \(mask.width) x \(mask.height) \(mask.format)")
      }
      return (16..<240).flatMap { row in (16..<240).map { mask.bytes[row * mask.rowStride + $0] == 255 } }
    }
  }

  /// The area under the ROC curve as the share of pairs that are in order, ties half.
  private struct Ranking {
    private var nominal: [Float] = []
    private var anomalous: [Float] = []

    mutating func add(_ scores: [Float], _ labels: [Bool]) {
      for (score, label) in zip(scores, labels) { if label { anomalous.append(score) } else { nominal.append(score) } }
    }

    var areaUnderROC: Double {
      let sorted = nominal.sorted()
      func first(_ isPast: (Float) -> Bool) -> Int {
        var range = 0..<sorted.count
        while !range.isEmpty {
          let middle = (range.lowerBound + range.upperBound) / 2
          range = isPast(sorted[middle]) ? range.lowerBound..<middle : middle + 1..<range.upperBound
        }
        return range.lowerBound
      }
      // Twice the count stays a whole number.
      let twice = anomalous.reduce(0) { sum, score in sum + first { $0 >= score } + first { $0 > score } }
      return Double(twice) / 2 / Double(nominal.count) / Double(anomalous.count)
    }
  }
}
