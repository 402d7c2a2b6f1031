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

  /// Loads an image to fit with and embeds it.
  ///
  /// - Throws: `PatchCoreError` if the image or its patches are not what the plan promises, naming the image.
  func embed(
    _ number: Int, of images: ImageSource, plan: FitPlan, _ clock: StageClock
  ) throws -> (digest: String, vectors: Matrix) {
    let entry = try clock.measure("decode") { try images.load(number) }
    let shape = try preprocess.inputShape(for: entry.image, named: images.names[number])
    guard shape == plan.input else {
      throw PatchCoreError(
        .shapeMismatch, stage: "preprocess",
        "\(images.names[number]) comes out at \(shape.width) x \(shape.height) pixels and "
          + "\(images.names[0]) at \(plan.input.width) x \(plan.input.height); set preprocess.crop, or "
          + "preprocess.resize to both sides")
    }
    let embeddings = try naming(images.names[number]) { try embed([entry.image], clock) }
    guard embeddings.grid.height == plan.patches.height, embeddings.grid.width == plan.patches.width,
      embeddings.dimension == plan.patches.dimension
    else {
      throw PatchCoreError(
        .shapeMismatch, stage: "aggregator",
        "made \(embeddings.grid.height) x \(embeddings.grid.width) patches of \(embeddings.dimension) dimensions where "
          + "its shape(for:) promised \(plan.patches.height) x \(plan.patches.width) of \(plan.patches.dimension)")
    }
    guard embeddings.vectors.firstRowNotFinite() == nil else {
      throw PatchCoreError(
        .notFinite, stage: "extractor",
        "the patch embeddings of \(images.names[number]) are not finite; check the weights")
    }
    return (entry.digest, embeddings.vectors)
  }
}

extension Preprocessing {
  /// The network's input for an image, whose name stands in errors.
  package func inputShape(for image: Image, named name: String) throws -> FeatureShape {
    let geometry: PreprocessingGeometry = try naming(name) { try self.geometry(for: image) }
    return FeatureShape(channels: 3, height: geometry.outputHeight, width: geometry.outputWidth)
  }
}
