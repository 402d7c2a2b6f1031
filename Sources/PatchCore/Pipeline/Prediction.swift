/// What a detector says of one image.
public struct Prediction: Sendable, Equatable {
  /// The anomaly score, in the scorer's unit of distance; higher means more anomalous.
  public var score: Float
  /// The score of every pixel, as `map` in the description says.
  public var map: AnomalyMap
  /// The score of every patch; `nil` for a method that has no single patch grid.
  public var patchScores: PatchScores?
  /// The training patch nearest to the patch that decided the score; `nil` for a method without a memory bank.
  public var nearestPatch: TrainingPatch?
  /// Whether the score is above the image threshold; `nil` if the detector has no thresholds.
  public var decision: Decision?
  /// The parts of the map above the pixel threshold; none if the detector has no thresholds.
  public var regions: [AnomalyRegion]

  /// Creates a prediction.
  public init(
    score: Float, map: AnomalyMap, patchScores: PatchScores? = nil, nearestPatch: TrainingPatch? = nil,
    decision: Decision? = nil, regions: [AnomalyRegion] = []
  ) {
    self.score = score
    self.map = map
    self.patchScores = patchScores
    self.nearestPatch = nearestPatch
    self.decision = decision
    self.regions = regions
  }
}

/// A patch of a training image.
public struct TrainingPatch: Sendable, Hashable, Codable {
  /// The training image's name.
  public var image: String
  /// The patch's row in the grid, from 0 at the top.
  public var row: Int
  /// The patch's column in the grid, from 0 at the left.
  public var column: Int
}

/// A training image by name and content.
public struct TrainingImage: Sendable, Hashable, Codable {
  /// The name, such as a path relative to the data set.
  public var name: String
  /// SHA-256 of the file or, for an image from memory, of its pixels; in hexadecimal.
  public var digest: String

  /// Names an image.
  public init(name: String, digest: String) {
    self.name = name
    self.digest = digest
  }
}
