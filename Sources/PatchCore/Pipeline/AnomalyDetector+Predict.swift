extension AnomalyDetector {
  /// Scores one image.
  ///
  /// Safe to call from many tasks at once; the result does not depend on the calls beside it.
  ///
  /// - Parameters:
  ///   - image: an image of any size that the preprocessing accepts.
  ///   - clock: told how long each stage takes.
  /// - Returns: score, map and nearest training patch; where there are thresholds also decision and regions.
  /// - Throws: `PatchCoreError` if the image is smaller than the crop or a stage fails.
  ///
  /// Roth et al. (2022), section 3.3.
  public func predict(_ image: Image, clock: StageClock = .ignored) throws -> Prediction {
    try ThreadCount.computing { try deciding(rawPredictions(of: [image], clock: clock)[0], of: image, clock) }
  }

  /// Scores one image off Swift's cooperative threads.
  ///
  /// A task that is cancelled before its turn does no work; once begun, the work on one image is done to its end.
  ///
  /// - Parameters:
  ///   - image: an image of any size that the preprocessing accepts.
  ///   - clock: told how long each stage takes.
  /// - Returns: as the synchronous `predict`.
  /// - Throws: as the synchronous `predict`, and `CancellationError`.
  public func predict(_ image: Image, clock: StageClock = .ignored) async throws -> Prediction {
    try await ThreadCount.computingApart { try predict(image, clock: clock) }
  }

  /// Scores many images, several at a time, and hands each prediction on in order.
  ///
  /// Each prediction is what the image would get alone. At most two images for each thread, and the
  /// one handed on, are held at once.
  ///
  /// - Parameters:
  ///   - images: the images, loaded as they are needed, on any thread.
  ///   - progress: told how far the work is; throws when it should stop, which is asked before each image handed on.
  ///   - clock: told how long each stage takes, on the threads that do it.
  ///   - body: takes the number of an image, the image with its digest, and its prediction; called on this thread.
  /// - Throws: `PatchCoreError` naming the image at fault, `CancellationError` when stopped, or what `body` throws.
  public func predict(
    _ images: ImageSource, progress: ProgressReporter = .silent, clock: StageClock = .ignored,
    _ body: (_ number: Int, _ entry: ImageSource.Entry, _ prediction: Prediction) throws -> Void
  ) throws {
    try progress.report("inspecting", 0, of: images.count)
    try inOrder(images.count) { number in
      let entry = try clock.measure("decode") { try images.load(number) }
      return (entry: entry, prediction: try naming(images.names[number]) { try predict(entry.image, clock: clock) })
    } deliver: { number, result in
      try body(number, result.entry, result.prediction)
      try progress.report("inspecting", number + 1, of: images.count)
    }
  }

  /// Adds decision and regions to a prediction, where there are thresholds; scores and map stay as they are.
  private func deciding(_ prediction: Prediction, of image: Image, _ clock: StageClock) throws -> Prediction {
    guard let thresholds else { return prediction }
    return try clock.measure("regions") {
      let placement = MapPlacement(try method.preprocess.geometry(for: image), size: method.map.size)
      var decided = prediction
      decided.decision = thresholds.decision(for: prediction.score)
      decided.regions = prediction.map.regions(
        above: thresholds.pixel, minimumArea: thresholds.minimumArea, placement: placement)
      return decided
    }
  }

  /// The map of an image's patch scores, at the size that the description asks for.
  ///
  /// - Parameters:
  ///   - scores: the image's patch scores.
  ///   - image: the image, for its size.
  /// - Returns: one score per pixel.
  /// - Throws: `PatchCoreError` if the image is smaller than the crop.
  public func map(of scores: PatchScores, for image: Image) throws -> AnomalyMap {
    map(of: scores, geometry: try method.preprocess.geometry(for: image))
  }

  /// The map of an image's patch scores, where the image is known by its size.
  package func map(of scores: PatchScores, geometry: PreprocessingGeometry) -> AnomalyMap {
    let map = method.map.render(scores, height: geometry.outputHeight, width: geometry.outputWidth)
    return method.map.size == .crop ? map : geometry.restoring(map)
  }
}
