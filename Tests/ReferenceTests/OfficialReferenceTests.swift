import Compute
import ImageFiles
import PatchCore
import TensorFiles
import Testing

extension HazelnutTests {
  /// The preset `official` against amazon-science/patchcore-inspection.
  @Suite struct Official {
    /// Rounding of 32-bit sums through all layers, in another order.
    ///
    /// Observed: 2.3e-6.
    static let featureTolerance = 1e-5
    /// A squared distance is a small difference of large sums in 32 bits.
    ///
    /// Observed: 1.1e-6.
    static let scoreTolerance: Float = 1e-4
    /// Of a map's range; the reference smooths in 32 bits.
    ///
    /// Observed: 1.5e-6.
    static let mapTolerance: Float = 1e-3
    /// How much wider our own selection may cover than the reference's, which differs from it by rounding alone.
    ///
    /// Observed: the same 3920 rows; at 10 steps two rows were equally far up to rounding.
    static let radiusTolerance = 1.02

    @Test(arguments: engines)
    func networkAndEmbeddings(_ engine: ComputeSettings.Engine) throws {
      let description = try HazelnutTests.description("official", engine: engine)
      let context = StageContext(compute: description.compute)
      let extractor = try description.extractor.configuration.makeExtractor(context)
      let image = try HazelnutTests.images(["test/crack/000.png"]).load(0).image
      let maps = try extractor.extract(try description.preprocess.apply([image]))
      #expect(extractor.layers == ["layer2", "layer3"])
      for (layer, map) in zip(extractor.layers, maps) {
        let expected = try ReferenceData.tensor("reference/official/\(layer).npy")
        #expect(map.tensor.shape == expected.shape)
        let error = HazelnutTests.relativeError(map.tensor.floats(), expected.floats())
        #expect(error <= Self.featureTolerance, "\(layer)")
      }
      let embeddings = try description.aggregator.configuration.makeAggregator(context).aggregate(maps)
      let expected = try ReferenceData.tensor("reference/official/embeddings.npy")
      #expect(embeddings.vectors.tensor.shape == expected.shape)
      let error = HazelnutTests.relativeError(embeddings.vectors.tensor.floats(), expected.floats())
      #expect(error <= Self.featureTolerance)
    }

    @Test(arguments: engines)
    func coresetByReplay(_ engine: ComputeSettings.Engine) throws {
      let run: Run = try ReferenceData.json("reference/official/run.json")
      let description = try HazelnutTests.description("official", engine: engine, "subsampler: {kind: none}")
      let all = try Pipeline(description).fit(HazelnutTests.images(try #require(run.train)))
      let picks = try #require(ReferenceData.tensor("reference/official/coreset-indices.npy").integers())
      #expect(all.bank.count == 39_200 && picks.count == 3920)
      let check = try CoresetReplayCheck(
        embeddings: all.bank.vectors,
        projection: try Matrix(ReferenceData.tensor("reference/official/projection.npy")),
        startPoints: try #require(run.startPoints), picks: picks, engine: try description.compute.makeEngine())
      #expect(check.stepsBeyondTheBound == 0, "\(check)")
      #expect(check.ownRadius <= Self.radiusTolerance * check.referenceRadius, "\(check)")
    }

    @Test(arguments: engines)
    func scoresAndMaps(_ engine: ComputeSettings.Engine) throws {
      let run: Run = try ReferenceData.json("reference/official/run.json")
      let detector = try HazelnutTests.officialDetector(engine)
      let maps = try ReferenceData.tensor("reference/official/maps.npy")
      let expectedMaps = maps.floats()
      let pixels = 224 * 224
      #expect(maps.shape == [10, 224, 224] && run.test.count == 10)
      let predictions = try HazelnutTests.predictions(detector, HazelnutTests.images(run.test))
      for (number, prediction) in predictions.enumerated() {
        let scoreError = abs(prediction.score - run.scores[number]) / run.scores[number]
        #expect(scoreError <= Self.scoreTolerance, "\(run.test[number])")
        let expected = expectedMaps[number * pixels..<(number + 1) * pixels]
        let range = try #require(expected.max()) - #require(expected.min())
        let mapError = HazelnutTests.largestDifference(prediction.map.values, expected) { _ in range }
        #expect(mapError <= Self.mapTolerance, "\(run.test[number])")
      }
    }
  }

  /// A detector with the bank that the official code chose.
  static func officialDetector(_ engine: ComputeSettings.Engine) throws -> FittedDetector {
    let run: Run = try ReferenceData.json("reference/official/run.json")
    let rows = try ReferenceData.path("reference/official/coreset-indices.npy")
    let description = try description("official", engine: engine, "subsampler: {kind: given_rows, file: '\(rows)'}")
    return try Pipeline(description).fit(images(run.train ?? []))
  }
}
