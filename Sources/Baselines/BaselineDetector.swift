import Logging
import PatchCore
import TensorFiles

/// A fitted baseline.
public struct BaselineDetector<Method: BaselineMethod>: AnomalyDetector {
  /// The description it was fitted with, every value filled in.
  public let description: BaselineDescription<Method>
  /// The images it was fitted with.
  public let trainingImages: [TrainingImage]
  let extractor: any FeatureExtractor
  let model: Method.Model
  /// Where the network's weights come from.
  public let weights: WeightsOrigin
  /// The engine that computed the features.
  public let fitEngine: ComputeSettings.Engine
  /// Scores above which an image or a pixel counts as anomalous; `nil` if none were set.
  public var thresholds: Thresholds?

  /// The description it was fitted with, every value filled in.
  public var method: any MethodDescription { description }

  /// One sentence: what was fitted, with which weights and engine.
  public var summary: String {
    let layers = model.layers.map { "\($0.channels) x \($0.height) x \($0.width)" }.joined(separator: ", ")
    return "\(Method.name) from \(trainingImages.count) images, layers of \(layers); "
      + "\(description.extractor.kind) with weights \(weights.name); fitted with \(fitEngine.rawValue)"
      + (description.compute.engine == fitEngine ? "" : ", running with \(description.compute.engine.rawValue)")
  }

  /// Scores images that come out of the preprocessing at one size, which must be that of the fit.
  ///
  /// - Parameters:
  ///   - images: at least one image.
  ///   - clock: told how long each stage takes.
  /// - Returns: one prediction per image, in order, without patch scores and nearest patch.
  /// - Throws: `PatchCoreError` if the images have another size or a stage fails.
  public func rawPredictions(of images: [Image], clock: StageClock) throws -> [Prediction] {
    let input = try clock.measure("preprocess") { try description.preprocess.apply(images) }
    let features = try clock.measure("extractor") { try extractor.extract(input) }
    guard features.map(\.shape) == model.layers else {
      throw PatchCoreError(
        .shapeMismatch, stage: "extractor",
        "the layers have the shapes \(features.map(\.shape).listing) and had \(model.layers.listing) in the fit; "
          + "\(Method.name) needs images of one size, so set preprocess.crop, or preprocess.resize to both sides")
    }
    guard features.allSatisfy({ $0.firstImageNotFinite() == nil }) else {
      throw PatchCoreError(.notFinite, stage: "extractor", "the feature maps are not finite; check the weights")
    }
    let scores = try clock.measure("scorer") { try model.scores(of: features, compute: description.compute) }
    let grid = model.layers[0]
    return try clock.measure("map") {
      try zip(images, scores).map { image, scores in
        let geometry = try description.preprocess.geometry(for: image)
        let patches = PatchScores(
          height: grid.height, width: grid.width, values: scores.grid, imageScore: 0, decidingPatch: 0,
          nearestBankRow: 0)
        let map = description.map.render(patches, height: geometry.outputHeight, width: geometry.outputWidth)
        return Prediction(
          score: scores.image ?? map.values.max() ?? 0,
          map: description.map.size == .crop ? map : geometry.restoring(map))
      }
    }
  }

  /// What must be kept in the artifact to restore this detector.
  ///
  /// - Parameter includingWeights: whether the network's weights are kept.
  /// - Returns: tensors and notes, the model's under the method's name.
  /// - Throws: whatever the extractor throws.
  public func archive(includingWeights: Bool) throws -> DetectorArchive {
    var archive = DetectorArchive(of: self, weightsIncluded: includingWeights)
    let kept = model.archive()
    archive.add(StageArchive(tensors: kept.tensors), role: Method.name)
    archive.first = "\(Method.name).\(kept.first)"
    archive.tensors[Self.layersName] = Tensor(
      model.layers.flatMap { [Int32($0.channels), Int32($0.height), Int32($0.width)] }, shape: [model.layers.count, 3])
    archive.add(try includingWeights ? extractor.archive() : extractor.calibration(), role: ExtractorRole.name)
    return archive
  }

  private static var layersName: String { "\(Method.name).layers" }
}

extension BaselineDetector {
  /// Restores a detector from what `archive` kept.
  init(_ description: BaselineDescription<Method>, from archive: DetectorArchive, logger: Logger) throws {
    let layers = try Self.layers(in: archive)
    let context = description.context(ExtractorRole.name, logger: logger)
    let extractor = try archive.extractor(description.extractor.configuration, context)
    let model: Method.Model
    do {
      // What it needs of settings and layers held in the fit, and may not in a file that was changed.
      _ = try description.settings.plan(images: archive.trainingImages.count, layers: layers)
      model = try Method.Model(
        description.settings, from: archive.stage(Method.name), layers: layers, images: archive.trainingImages.count)
    } catch let error as PatchCoreError {
      throw PatchCoreError(.invalidArtifact, "\(archive.file): \(error.message)", cause: error)
    }
    self.init(
      description: description, trainingImages: archive.trainingImages, extractor: extractor, model: model,
      weights: archive.weights, fitEngine: archive.fitEngine, thresholds: archive.thresholds)
  }

  private static func layers(in archive: DetectorArchive) throws -> [FeatureShape] {
    let tensor = try archive.tensor(layersName)
    // 2^16 in each place: the products below stay far from overflow.
    guard tensor.elementType == .int32, tensor.shape.count == 2, tensor.shape[1] == 3,
      (1...64).contains(tensor.shape[0]), let sizes = tensor.integers(),
      sizes.allSatisfy((1...65_536).contains), !archive.trainingImages.isEmpty
    else {
      throw PatchCoreError(
        .invalidArtifact,
        "\(archive.file): \(layersName) must hold channels, height and width of each layer; fit again")
    }
    let layers = (0..<tensor.shape[0]).map {
      FeatureShape(channels: sizes[3 * $0], height: sizes[3 * $0 + 1], width: sizes[3 * $0 + 2])
    }
    // Far above what a network gives, and low enough that no plan overflows: it multiplies by images or channels again.
    let most = 1 << 36
    guard layers.reduce(0, { $0 + $1.count }) <= most,
      layers[0].height * layers[0].width * layers.reduce(0, { $0 + $1.channels }) <= most
    else {
      throw PatchCoreError(
        .invalidArtifact,
        "\(archive.file): \(layersName) holds layers of \(layers.listing), which no fit makes; fit again")
    }
    return layers
  }
}

extension [FeatureShape] {
  var listing: String { map { "\($0.channels) x \($0.height) x \($0.width)" }.joined(separator: ", ") }
}
