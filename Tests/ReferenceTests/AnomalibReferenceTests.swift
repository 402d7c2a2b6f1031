import PatchCore
import TensorFiles
import Testing

extension HazelnutTests {
  /// The preset `anomalib` against anomalib's PatchCore, with the bank that it chose.
  @Suite struct Anomalib {
    /// Two chains of 32-bit sums in other orders, down to a distance between near vectors.
    ///
    /// Observed: 1.2e-6 for scores, 7.9e-6 for pixels.
    static let tolerance: Float = 1e-3

    @Test(arguments: engines)
    func scoresAndMaps(_ engine: ComputeSettings.Engine) throws {
      let run: Run = try ReferenceData.json("reference/anomalib/run.json")
      let bank = try ReferenceData.path("reference/anomalib/memory-bank.npy")
      let description = try HazelnutTests.description(
        "anomalib", engine: engine, "subsampler: {kind: given_vectors, file: '\(bank)'}")
      // The bank is given, so any image fits.
      let detector = try Pipeline(description).fit(HazelnutTests.images(["train/good/000.png"]))
      #expect(detector.bank.count == 5120 && detector.bank.dimension == 384)
      let maps = try ReferenceData.tensor("reference/anomalib/maps.npy")
      let expectedMaps = maps.floats()
      let pixels = 256 * 256
      #expect(maps.shape == [10, 256, 256] && run.test.count == 10)
      let predictions = try HazelnutTests.predictions(detector, HazelnutTests.images(run.test))
      for (number, prediction) in predictions.enumerated() {
        let scoreError = abs(prediction.score - run.scores[number]) / run.scores[number]
        #expect(scoreError <= Self.tolerance, "\(run.test[number])")
        let expected = expectedMaps[number * pixels..<(number + 1) * pixels]
        let mapError = HazelnutTests.largestDifference(prediction.map.values, expected) { $0 }
        #expect(mapError <= Self.tolerance, "\(run.test[number])")
      }
    }
  }
}
