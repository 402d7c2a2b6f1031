extension FeatureExtractor {
  /// The extractor once it has seen what it needs of the training images, spread evenly over them.
  ///
  /// - Parameters:
  ///   - images: the training images.
  ///   - preprocess: how they become the network's input.
  ///   - progress: told how far the work is; throws when it should stop.
  /// - Returns: the extractor to embed with.
  /// - Throws: `PatchCoreError` naming the image at fault, `CancellationError` when stopped.
  package func calibrated(
    on images: ImageSource, preprocess: Preprocessing, progress: ProgressReporter
  ) throws -> any FeatureExtractor {
    let count = min(calibrationImages, images.count)
    if count == 0 { return self }
    let calibrated = try calibrated(on: count) { position in
      try progress.report("calibrating", position, of: count)
      let number = position * images.count / count
      return try naming(images.names[number]) { try preprocess.apply([images.load(number).image]) }
    }
    try progress.report("calibrating", count, of: count)
    return calibrated
  }
}
