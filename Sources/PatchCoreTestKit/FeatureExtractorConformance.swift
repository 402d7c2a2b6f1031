import PatchCore

/// What every feature extractor must keep, for use from any test framework.
public enum FeatureExtractorConformance {
  /// Checks a configuration and the extractors it builds.
  ///
  /// Properties: the configuration survives coding; shapes told in advance are those that come out, one per layer, each
  /// layer named once; maps are finite, the same for two builds and for any number of threads, after the archive, and an
  /// image's do not depend on its batch; the weights have a name; images without three channels are refused with a
  /// `PatchCoreError`, and so are images of one pixel if they are too small.
  ///
  /// - Parameters:
  ///   - configuration: the configuration under check.
  ///   - height: rows of the images, enough for the network.
  ///   - width: columns of the images.
  ///   - context: what builds the stage.
  ///   - userInfo: for coders, if the configuration holds other stages' configurations.
  /// - Returns: the properties that do not hold; empty if all do.
  public static func check(
    _ configuration: some FeatureExtractorConfiguration, height: Int = 64, width: Int = 48,
    context: StageContext = StageContext(), userInfo: [CodingUserInfoKey: any Sendable] = [:]
  ) -> [ConformanceFailure] {
    var log = FailureLog(kind: type(of: configuration).kind)
    log.checkConfiguration(configuration, userInfo: userInfo)
    let shape = FeatureShape(channels: 3, height: height, width: width)
    let images = ConformanceData.map(batch: 4, shape: shape, seed: 1)

    log.run("extracts a batch") { log in
      let extractor = try configuration.makeExtractor(context)
      let names = extractor.layers
      log.expect(!names.isEmpty && Set(names).count == names.count, "layers named once", "the layers are \(names)")
      log.expect(!extractor.weights.name.isEmpty, "weights have a name", "it is empty")
      let maps = try ThreadTrial.with(1) { try extractor.extract(images) }
      let told = try configuration.shapes(height: height, width: width)
      log.expect(
        maps.map(\.shape) == told, "shapes told in advance", "\(told) were told, \(maps.map(\.shape)) came out")
      log.expect(maps.count == names.count, "one map per layer", "\(maps.count) maps for \(names)")
      for (name, map) in zip(names, maps) {
        log.expect(map.batch == images.batch, "batch kept", "\(name) has \(map.batch) images, not \(images.batch)")
        log.expect(map.firstImageNotFinite() == nil, "finite", "\(name) is not")
        log.expect(Set(map.values.prefix(4096)).count > 1, "maps depend on the image", "\(name) is constant")
      }
      let values = maps.map(\.values)
      let threaded = try ThreadTrial.with(2) { try extractor.extract(images) }
      log.expect(threaded.map(\.values) == values, "same maps on two threads", "the maps differ")
      let rebuilt = try configuration.makeExtractor(context).extract(images)
      log.expect(rebuilt.map(\.values) == values, "same maps from two builds", "the maps differ")
      let single = try (0..<images.batch).map { try extractor.extract(images.image($0)) }
      let joined = maps.indices.map { layer in single.flatMap { $0[layer].values } }
      log.expect(joined == values, "batch independence", "four images differ from the same images one by one")
      let restored = try configuration.restoreExtractor(from: extractor.archive(), context)
      log.expect(restored.layers == names, "same layers after the archive", "\(restored.layers)")
      log.expect(restored.weights == extractor.weights, "same weights after the archive", "\(restored.weights)")
      log.expect(try restored.extract(images).map(\.values) == values, "same maps after the archive", "the maps differ")
    }

    log.run("refuses what it cannot take") { log in
      let extractor = try configuration.makeExtractor(context)
      let four = FeatureMap(batch: 1, shape: FeatureShape(channels: 4, height: height, width: width))
      log.expectRefusal("four channels are refused") { _ = try extractor.extract(four) }
      _ = log.allowingRefusal("an image of one pixel") { try configuration.shapes(height: 1, width: 1) }
    }
    return log.failures
  }
}
