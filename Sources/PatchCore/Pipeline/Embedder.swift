/// The way from images to patch embeddings, the same for fitting and predicting.
struct Embedder: Sendable {
  let preprocess: Preprocessing
  let extractor: any FeatureExtractor
  let aggregator: any Aggregator

  /// The patch embeddings of images that come out of the preprocessing at one size.
  func embed(_ images: [Image], _ clock: StageClock) throws -> PatchEmbeddings {
    let input = try clock.measure("preprocess") { try preprocess.apply(images) }
    let maps = try clock.measure("extractor") { try extractor.extract(input) }
    let embeddings = try clock.measure("aggregator") { try aggregator.aggregate(maps) }
    guard embeddings.grid.images == images.count else {
      throw PatchCoreError(
        .shapeMismatch, stage: "aggregator", "made patches of \(embeddings.grid.images) images out of \(images.count)")
    }
    return embeddings
  }
}

extension Preprocessing {
  /// The network's input for an image: images with the same one may form a batch.
  package func inputShape(for image: Image, named name: String) throws -> FeatureShape {
    let geometry: PreprocessingGeometry = try naming(name) { try self.geometry(for: image) }
    return FeatureShape(channels: 3, height: geometry.outputHeight, width: geometry.outputWidth)
  }
}
