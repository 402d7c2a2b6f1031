import Evaluation
import Foundation
import PatchCore
import PatchCoreStandard
import Testing

extension HazelnutTests {
  /// An ensemble of two real networks on real images.
  @Suite struct Ensembles {
    /// Both members separate these images.
    static let leastAUROC = 0.8

    @Test(arguments: ["held_out", "test_set_min_max"])
    func combination(_ normalisation: String) throws {
      let weights = try ReferenceData.path(HazelnutTests.weights)
      let yaml = """
        extractor: {kind: resnet, architecture: resnet18, weights: {file: '\(weights)'}}
        subsampler: {fraction: 0.05}
        compute: {engine: openblas}
        members:
          - {extractor: {layers: [layer2]}}
          - {seed: 5}
        combination: {normalisation: \(normalisation)}
        """
      let method = try ResolvedDescription(yaml: yaml, catalogue: .standard).method
      let training = try HazelnutTests.images(Determinism.training)
      let ensemble = try #require(try method.fit(training) as? EnsembleDetector)
      let run: Run = try ReferenceData.json("reference/official/run.json")
      let test = try HazelnutTests.images(run.test)
      let fitted = Set(ensemble.members[0].trainingImages)
      let unseen =
        normalisation == "held_out"
        ? try HazelnutTests.images(ensemble.trainingImages.filter { !fitted.contains($0) }.map(\.name)) : test
      var expected = [Double](repeating: 0, count: run.test.count)
      for member in ensemble.members {
        let seen = try HazelnutTests.predictions(member, unseen).map { Double($0.score) }
        #expect(seen.count == (normalisation == "held_out" ? 2 : run.test.count))
        let mean = seen.reduce(0, +) / Double(seen.count), least = try #require(seen.min())
        let deviation = (seen.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(seen.count)).squareRoot()
        let greatest = try #require(seen.max())
        for (number, prediction) in try HazelnutTests.predictions(member, test).enumerated() {
          let score = Double(prediction.score)
          expected[number] +=
            (normalisation == "held_out" ? (score - mean) / deviation : (score - least) / (greatest - least)) / 2
        }
      }
      var scores = RankingScores()
      try ensemble.normalised(overTestSet: test).predict(test) { number, _, prediction in
        // Rounding of a score of 32 bits.
        #expect(abs(Double(prediction.score) - expected[number]) <= 1e-5 * max(1, abs(expected[number])))
        try scores.add(prediction.score, isAnomalous: run.labels[number] == 1, image: run.test[number])
      }
      #expect(try #require(AreaUnderROC(try scores.ranked())).value >= Self.leastAUROC)
    }
  }
}
