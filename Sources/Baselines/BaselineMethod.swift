import PatchCore
import TensorFiles

/// The settings of a baseline: plain data under the key that marks its descriptions.
public protocol BaselineMethod: Codable, Sendable {
  /// What a fit gives.
  associatedtype Model: BaselineModel where Model.Method == Self

  /// The method's name, and the key of its settings in a description.
  static var name: String { get }
  /// The layers that the paper of the method taps in a ResNet, for messages.
  static var usualLayers: String { get }

  /// The defaults.
  init()

  /// Checks the settings against the layers to come, and says what a fit will hold.
  ///
  /// - Parameters:
  ///   - images: number of training images.
  ///   - layers: the shapes of the layers' maps of one image.
  /// - Returns: a sentence without its end, and bytes.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` if a setting or the number of layers does not suit.
  func plan(images: Int, layers: [FeatureShape]) throws -> (summary: String, bytes: Int)
}

/// What a baseline learns, and how it scores.
public protocol BaselineModel: Sendable {
  /// Its settings.
  associatedtype Method: BaselineMethod

  /// The shapes of the layers' maps of one image.
  var layers: [FeatureShape] { get }

  /// Learns from nominal images.
  ///
  /// - Parameters:
  ///   - method: the settings.
  ///   - features: the layers' maps of all images.
  ///   - seed: of what is random.
  ///   - progress: told how far the work is; throws when it should stop.
  /// - Throws: `PatchCoreError` if a setting does not suit, or what `progress` throws.
  init(_ method: Method, fittedTo features: FeatureReader, seed: UInt64, progress: ProgressReporter) throws

  /// Restores what `archive` kept.
  ///
  /// - Parameters:
  ///   - method: the settings.
  ///   - archive: tensors under the names that `archive` gave them.
  ///   - layers: the shapes of the layers' maps of one image.
  ///   - images: number of training images.
  /// - Throws: `PatchCoreError` with code `.invalidArtifact` if something is missing or damaged.
  init(_ method: Method, from archive: StageArchive, layers: [FeatureShape], images: Int) throws

  /// Scores images.
  ///
  /// - Parameters:
  ///   - features: the layers' maps of a batch.
  ///   - compute: the engine to compute with.
  /// - Returns: for each image the scores of the first layer's grid, row by row, and its own; `nil` for the maximum of
  ///   its map.
  /// - Throws: `PatchCoreError` if the engine fails.
  func scores(of features: [FeatureMap], compute: ComputeSettings) throws -> [(grid: [Float], image: Float?)]

  /// What must be kept to restore the model, and which of the tensors stands first in the file.
  func archive() -> (tensors: [String: Tensor], first: String)
}
