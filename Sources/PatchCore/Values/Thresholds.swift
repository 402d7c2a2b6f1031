/// Scores above which an image or a pixel counts as anomalous, and how they were made.
public struct Thresholds: Sendable, Hashable, Codable {
  /// An image is anomalous if its score is above this.
  public var image: Float
  /// A pixel is anomalous if its score in the map is above this.
  public var pixel: Float
  /// Regions of fewer pixels of the upright original are left out of predictions.
  public var minimumArea: Double
  /// How they were measured; `nil` if somebody set the numbers.
  public var measurement: ThresholdMeasurement?

  private enum CodingKeys: String, CodingKey {
    case image, pixel
    case minimumArea = "minimum_area"
    case measurement
  }

  /// Creates thresholds.
  ///
  /// - Parameters:
  ///   - image: of image scores.
  ///   - pixel: of pixel scores.
  ///   - minimumArea: of regions, in pixels of the upright original.
  ///   - measurement: how they were made; `nil` if somebody set the numbers.
  public init(image: Float, pixel: Float, minimumArea: Double = 0, measurement: ThresholdMeasurement? = nil) {
    self.image = image
    self.pixel = pixel
    self.minimumArea = minimumArea
    self.measurement = measurement
  }

  /// What the score of an image means.
  public func decision(for score: Float) -> Decision {
    // Written so that a score that is no number does not pass as nominal.
    score <= image ? .nominal : .anomalous
  }

  /// How they were made, in a sentence.
  public var provenance: String { measurement?.summary ?? "set by hand" }

  /// Numbers and provenance, in a sentence.
  public var summary: String {
    "image \(image), pixel \(pixel)" + (minimumArea > 0 ? ", regions from \(minimumArea) pixels" : "")
      + "; \(provenance)"
  }

  /// Refuses numbers that cannot be thresholds.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` that names the key at fault.
  public func validate() throws {
    func refuse(_ what: String) -> PatchCoreError {
      PatchCoreError(.invalidConfiguration, "thresholds: \(what); set them again with `patchcore threshold`")
    }
    guard image.isFinite, pixel.isFinite else {
      throw refuse("image is \(image) and pixel \(pixel), but a threshold is a finite number")
    }
    guard minimumArea.isFinite, minimumArea >= 0 else {
      throw refuse("minimum_area is \(minimumArea), but an area is a finite number, 0 or more")
    }
    guard let measurement else { return }
    do {
      try measurement.imageRule.validate()
      try measurement.pixelRule.validate()
    } catch let error as PatchCoreError {
      throw refuse(error.message)
    }
    if let problem = measurement.imageScores.problem { throw refuse("image_scores: \(problem)") }
    if let problem = measurement.pixelScores.problem { throw refuse("pixel_scores: \(problem)") }
    switch measurement.source {
    case .crossValidation:
      guard let folds = measurement.folds, folds >= 2, measurement.images.isEmpty else {
        throw refuse("cross_validation needs at least 2 folds and lists no images of its own")
      }
    case .heldOut, .images:
      guard measurement.folds == nil, measurement.images.count == measurement.imageScores.count else {
        throw refuse(
          "\(measurement.images.count) images are listed and \(measurement.imageScores.count) scores were counted")
      }
    }
  }
}

/// Where measured thresholds come from.
public struct ThresholdMeasurement: Sendable, Hashable, Codable {
  /// Which nominal images were scored; the bank that scored an image never held it.
  public enum Source: String, Sendable, Hashable, Codable, CaseIterable {
    /// A share of the training images that was not fitted with.
    case heldOut = "held_out"
    /// The training images, each scored by a detector that was fitted without its fold.
    case crossValidation = "cross_validation"
    /// Other images, given after the fit.
    case images
  }

  /// Which images were scored.
  public var source: Source
  /// Number of folds of `cross_validation`; `nil` otherwise.
  public var folds: Int?
  /// The rule of the image threshold.
  public var imageRule: ThresholdRule
  /// The rule of the pixel threshold.
  public var pixelRule: ThresholdRule
  /// The images' scores.
  public var imageScores: ScoreSummary
  /// Their pixels' scores.
  public var pixelScores: ScoreSummary
  /// The images scored, where they are not among the training images.
  public var images: [TrainingImage]

  private enum CodingKeys: String, CodingKey {
    case source, folds
    case imageRule = "image_rule"
    case pixelRule = "pixel_rule"
    case imageScores = "image_scores"
    case pixelScores = "pixel_scores"
    case images
  }

  /// Creates a note of a measurement.
  public init(
    source: Source, folds: Int? = nil, imageRule: ThresholdRule, pixelRule: ThresholdRule, imageScores: ScoreSummary,
    pixelScores: ScoreSummary, images: [TrainingImage]
  ) {
    self.source = source
    self.folds = folds
    self.imageRule = imageRule
    self.pixelRule = pixelRule
    self.imageScores = imageScores
    self.pixelScores = pixelScores
    self.images = images
  }

  /// How the thresholds were made, in a sentence.
  var summary: String {
    let place =
      switch source {
      case .heldOut: "held-out"
      case .crossValidation: "cross-validated (\(folds ?? 0) folds)"
      case .images: "other"
      }
    let rule = imageRule == pixelRule ? "\(imageRule)" : "\(imageRule) (images) and \(pixelRule) (pixels)"
    return "\(rule) of \(imageScores.count) \(place) images (scores \(imageScores.range)) and "
      + "\(pixelScores.count) pixels (\(pixelScores.range))"
  }
}

extension ScoreSummary {
  fileprivate var range: String { "\(least) to \(greatest)" }
}

/// What a detector with thresholds says of an image.
public enum Decision: String, Sendable, Hashable, Codable, CaseIterable {
  /// The score is at most the threshold.
  case nominal
  /// The score is above the threshold.
  case anomalous
}
