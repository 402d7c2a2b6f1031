import PatchCore
import PatchCoreStandard
import Testing

/// Extractor and aggregator together, from descriptions: what they promise is what comes out.
@Suite struct GeometryTests {
  /// No side is a multiple of 32, and they differ.
  private static let height = 92, width = 140

  struct Network: Sendable, CustomTestStringConvertible {
    var settings: String
    /// The name of a layer but for its number.
    var layer: String

    var testDescription: String { settings }

    static let all = [
      Network(settings: "kind: resnet, architecture: resnet18", layer: "layer"),
      Network(settings: "kind: densenet, architecture: densenet121", layer: "features.denseblock"),
    ]
  }

  /// A set of layers with a patch size and a stride; each occurs.
  struct Form: Sendable, CustomTestStringConvertible {
    var layers: [Int]
    var patchSize: Int
    var stride: Int
    var dimension: Int

    var testDescription: String { "layers \(layers), p \(patchSize), stride \(stride), to \(dimension)" }

    static let all = [
      Form(layers: [1], patchSize: 9, stride: 3, dimension: 384),
      Form(layers: [2], patchSize: 1, stride: 1, dimension: 1024),
      Form(layers: [3], patchSize: 5, stride: 1, dimension: 1024),
      Form(layers: [1, 2], patchSize: 3, stride: 2, dimension: 384),
      Form(layers: [2, 3], patchSize: 7, stride: 1, dimension: 384),
      Form(layers: [1, 2, 3], patchSize: 3, stride: 3, dimension: 1024),
      Form(layers: [3, 4], patchSize: 9, stride: 2, dimension: 384),
    ]
  }

  private func description(_ network: Network, _ form: Form) throws -> PipelineDescription {
    let layers = form.layers.map { "\(network.layer)\($0)" }.joined(separator: ", ")
    return try PipelineDescription(
      yaml: """
        preprocess: {resize: none, crop: none}
        extractor: {\(network.settings), layers: [\(layers)], weights: random}
        aggregator: {patch_size: \(form.patchSize), stride: \(form.stride), dimension: \(form.dimension)}
        subsampler: {kind: none}
        compute: {engine: openblas}
        """, catalogue: .standard)
  }

  /// A picture of hashed noise.
  private func image(_ seed: Int) throws -> Image {
    let values = AggregatorData.values(Self.height * Self.width * 3, seed: seed)
    return try Image(
      width: Self.width, height: Self.height, format: .rgb8, bytes: values.map { UInt8(($0 + 1) * 127) })
  }

  @Test(arguments: Network.all, Form.all)
  func shapesAreWhatWasPromised(_ network: Network, _ form: Form) throws {
    let description = try description(network, form)
    let plan = try Pipeline(description).plan(images: 2, width: Self.width, height: Self.height)
    #expect(plan.layers.count == form.layers.count)
    #expect(plan.patches.dimension == form.dimension)
    let first = plan.layers[0]
    // An odd patch size keeps a layer's grid, of which every stride-th place is taken.
    #expect(plan.patches.height == (first.height - 1) / form.stride + 1)
    #expect(plan.patches.width == (first.width - 1) / form.stride + 1)

    let input = AggregatorData.map(
      batch: 2, shape: FeatureShape(channels: 3, height: Self.height, width: Self.width), seed: 3)
    let context = StageContext(seed: 1, compute: ComputeSettings(engine: .openblas))
    let maps = try description.extractor.configuration.makeExtractor(context).extract(input)
    #expect(maps.map(\.shape) == plan.layers)
    let embeddings = try description.aggregator.configuration.makeAggregator(context).aggregate(maps)
    #expect(embeddings.grid == PatchGrid(images: 2, height: plan.patches.height, width: plan.patches.width))
    #expect(embeddings.dimension == form.dimension)
    #expect(embeddings.vectors.firstRowNotFinite() == nil)
  }

  /// From the image to the map and back to the training patch.
  @Test(arguments: Network.all)
  func fitsAndPredicts(_ network: Network) throws {
    let description = try description(network, Form.all[4])
    let images = try (1...3).map { try image($0) }
    let detector = try Pipeline(description).fit(ImageSource(Array(images.prefix(2))))
    let seen = try detector.predict(images[0]), other = try detector.predict(images[2])
    #expect(seen.map.height == Self.height && seen.map.width == Self.width)
    let plan = try Pipeline(description).plan(images: 2, width: Self.width, height: Self.height)
    #expect(seen.patchScores?.height == plan.patches.height && seen.patchScores?.width == plan.patches.width)
    #expect(other.score > seen.score)
  }
}
