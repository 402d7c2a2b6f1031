/// The way from images to patch embeddings, the same for fitting and predicting.
struct Embedder: Sendable {
  let preprocess: Preprocessing
  let extractor: any FeatureExtractor
  let aggregator: any Aggregator

  /// The patch embeddings of images that come out of the preprocessing at one size.
  func embed(_ images: [Image], _ clock: StageClock) throws -> PatchEmbeddings {
    let input = try clock.measure("preprocess") { try preprocess.apply(images) }
    let maps = try clock.measure("extractor") { try extractor.extract(input) }
    return try clock.measure("aggregator") { try aggregator.aggregate(maps) }
  }
}
