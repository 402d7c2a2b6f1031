import PatchCore

/// What every aggregator must keep, for use from any test framework.
public enum AggregatorConformance {
  /// Checks a configuration and the aggregators it builds.
  ///
  /// Properties: the configuration survives coding; shapes told in advance are those that come out; results are finite,
  /// the same for two builds and for any number of threads, and an image's do not depend on its batch; constant maps
  /// pass; no layers, and layers of different batches, are refused with a `PatchCoreError`.
  ///
  /// - Parameters:
  ///   - configuration: the configuration under check.
  ///   - layers: shapes of layers that the aggregator accepts; by default two, the second half as large.
  ///   - context: what builds the stage.
  ///   - userInfo: for coders, if the configuration holds other stages' configurations.
  /// - Returns: the properties that do not hold; empty if all do.
  public static func check(
    _ configuration: some AggregatorConfiguration,
    layers: [FeatureShape] = [
      FeatureShape(channels: 6, height: 8, width: 6), FeatureShape(channels: 10, height: 4, width: 3),
    ],
    context: StageContext = StageContext(), userInfo: [CodingUserInfoKey: any Sendable] = [:]
  ) -> [ConformanceFailure] {
    var log = FailureLog(kind: type(of: configuration).kind)
    log.checkConfiguration(configuration, userInfo: userInfo)
    let batch = 4
    let maps = layers.enumerated().map { index, shape in
      ConformanceData.map(batch: batch, shape: shape, seed: UInt64(index))
    }

    log.run("aggregates a batch") { log in
      let aggregator = try configuration.makeAggregator(context)
      let whole = try ThreadTrial.with(1) { try aggregator.aggregate(maps) }
      let shape = try aggregator.shape(for: layers)
      let grid = PatchGrid(images: batch, height: shape.height, width: shape.width)
      log.expect(whole.grid == grid, "shape told in advance", "\(grid) was told, \(whole.grid) came out")
      log.expect(
        whole.dimension == shape.dimension, "shape told in advance",
        "dimension \(shape.dimension) was told, \(whole.dimension) came out")
      log.expect(
        whole.vectors.firstRowNotFinite() == nil, "finite", "row \(whole.vectors.firstRowNotFinite() ?? 0) is not")
      let values = whole.vectors.values
      let threaded = try ThreadTrial.with(2) { try aggregator.aggregate(maps) }
      log.expect(threaded.vectors.values == values, "same result on two threads", "the embeddings differ")
      let rebuilt = try configuration.makeAggregator(context).aggregate(maps)
      log.expect(rebuilt.vectors.values == values, "same result from two builds", "the embeddings differ")
      let single = try (0..<batch).flatMap { image in
        try aggregator.aggregate(maps.map { $0.image(image) }).vectors.values
      }
      log.expect(single == values, "batch independence", "four images differ from the same images one by one")
    }

    log.run("aggregates constant maps") { log in
      let constant = layers.map { FeatureMap(batch: 1, shape: $0, [Float](repeating: 0.5, count: $0.count)) }
      let result = try configuration.makeAggregator(context).aggregate(constant)
      log.expect(result.vectors.firstRowNotFinite() == nil, "finite for constant maps", "a row is not")
    }

    log.run("refuses what it cannot aggregate") { log in
      let aggregator = try configuration.makeAggregator(context)
      log.expectRefusal("no layers are refused") { _ = try aggregator.aggregate([]) }
      log.expectRefusal("no layers have no shape") { _ = try aggregator.shape(for: []) }
      if maps.count > 1 {
        log.expectRefusal("batches that differ are refused") {
          _ = try aggregator.aggregate([maps[0].image(0)] + maps.dropFirst())
        }
      }
    }
    return log.failures
  }
}
