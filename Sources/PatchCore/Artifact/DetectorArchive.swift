import TensorFiles

/// What a fitted detector keeps in its file beside its description.
public struct DetectorArchive: Sendable {
  /// Tensors by name.
  public var tensors: [String: Tensor]
  /// Text by part and key, such as what a stage notes of its format.
  public var notes: [String: [String: String]]
  /// The tensor that stands first in the file, aligned for mapping; `nil` for any.
  public var first: String?
  /// The images of the fit.
  public var trainingImages: [TrainingImage]
  /// Where the network's weights come from.
  public var weights: WeightsOrigin
  /// Whether the tensors hold the network's weights.
  public var weightsIncluded: Bool
  /// The engine of the fit.
  public var fitEngine: ComputeSettings.Engine
  /// Scores above which an image or a pixel counts as anomalous.
  public var thresholds: Thresholds?
  /// The file that was read, for messages.
  public var file = "the artifact"
  /// Whether whoever reads the file gave a weights file beside it.
  var areWeightsGiven = false

  /// An archive of a detector, without tensors and notes.
  public init(of detector: any AnomalyDetector, weightsIncluded: Bool = true) {
    self.init(
      trainingImages: detector.trainingImages, weights: detector.weights, weightsIncluded: weightsIncluded,
      fitEngine: detector.fitEngine, thresholds: detector.thresholds)
  }

  /// Creates an archive.
  public init(
    tensors: [String: Tensor] = [:], notes: [String: [String: String]] = [:], first: String? = nil,
    trainingImages: [TrainingImage], weights: WeightsOrigin, weightsIncluded: Bool,
    fitEngine: ComputeSettings.Engine, thresholds: Thresholds? = nil
  ) {
    self.tensors = tensors
    self.notes = notes
    self.first = first
    self.trainingImages = trainingImages
    self.weights = weights
    self.weightsIncluded = weightsIncluded
    self.fitEngine = fitEngine
    self.thresholds = thresholds
  }

  /// Adds what a stage keeps, under the name of its role.
  public mutating func add(_ stage: StageArchive, role: String) {
    for (name, tensor) in stage.tensors { tensors["\(role).\(name)"] = tensor }
    if !stage.notes.isEmpty { notes[role, default: [:]].merge(stage.notes) { $1 } }
  }

  /// What a stage kept under the name of its role.
  public func stage(_ role: String) -> StageArchive {
    var stage = StageArchive(notes: notes[role] ?? [:])
    for (name, tensor) in tensors where name.hasPrefix(role + ".") {
      stage.tensors[String(name.dropFirst(role.count + 1))] = tensor
    }
    return stage
  }

  /// The tensor of a name.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidArtifact` if it is not there.
  public func tensor(_ name: String) throws -> Tensor {
    guard let tensor = tensors[name] else {
      throw PatchCoreError(.invalidArtifact, "\(file): lacks the tensor \(name); fit again")
    }
    return tensor
  }
}
