import Logging

/// A fitted method: it scores images, may be called from many tasks at once, and is kept in one file.
///
/// PatchCore itself is `FittedDetector`; ensembles and the methods that the paper compares with are others. Whoever
/// predicts, evaluates or sets thresholds works with this protocol alone.
public protocol AnomalyDetector: Sendable {
  /// The description it was fitted with, every value filled in.
  var method: any MethodDescription { get }
  /// The images it was fitted with.
  var trainingImages: [TrainingImage] { get }
  /// Where the network's weights come from.
  var weights: WeightsOrigin { get }
  /// The engine that computed what was fitted; the one in `method.compute` may differ after loading.
  var fitEngine: ComputeSettings.Engine { get }
  /// Scores above which an image or a pixel counts as anomalous; `nil` if none were set.
  var thresholds: Thresholds? { get set }
  /// One sentence: what was fitted, from how many images.
  var summary: String { get }

  /// Scores images that come out of the preprocessing at one size, without decisions and regions.
  ///
  /// Each prediction is what the image would get alone.
  ///
  /// - Parameters:
  ///   - images: at least one image.
  ///   - clock: told how long each stage takes.
  /// - Returns: one prediction per image, in order.
  /// - Throws: `PatchCoreError` if a stage fails.
  func rawPredictions(of images: [Image], clock: StageClock) throws -> [Prediction]

  /// What must be kept in the artifact to restore this detector.
  ///
  /// - Parameter includingWeights: whether the network's weights are kept.
  /// - Returns: tensors and notes.
  /// - Throws: `PatchCoreError` if the weights cannot be left out, or whatever a stage throws.
  func archive(includingWeights: Bool) throws -> DetectorArchive
}

/// The description of a method as a whole: plain data that fits.
///
/// `PipelineDescription` is PatchCore's. A method beside it marks its descriptions by a top-level key of its own, shares
/// the keys below, and is registered in the catalogue.
public protocol MethodDescription: Codable, Sendable {
  /// The method's name in artifacts and reports, such as `patchcore`. Never renamed.
  static var name: String { get }
  /// The top-level key that only descriptions of this method have; `nil` for PatchCore's.
  static var key: String? { get }

  /// The tree of all defaults, over which presets and files are laid.
  ///
  /// - Parameter catalogue: the kinds that descriptions may name.
  /// - Returns: a mapping with every key.
  /// - Throws: `PatchCoreError` if a default names a kind that is not there.
  static func defaults(_ catalogue: StageCatalogue) throws -> ConfigurationNode

  /// Completes a merged tree before it is decoded; by default leaves it as it is.
  ///
  /// - Parameters:
  ///   - tree: defaults, preset, file and options, merged.
  ///   - catalogue: the kinds that descriptions may name.
  /// - Returns: the tree to decode.
  /// - Throws: `PatchCoreError` naming place and key.
  static func completed(_ tree: ConfigurationNode, _ catalogue: StageCatalogue) throws -> ConfigurationNode

  /// The preset whose values hold where a key is absent.
  var preset: String { get }
  /// How pixels become the network's input.
  var preprocess: Preprocessing { get }
  /// The size of the maps.
  var map: MapRendering { get }
  /// The engine and precision.
  var compute: ComputeSettings { get set }
  /// The seed of everything random.
  var seed: UInt64 { get }
  /// Which nominal images are held out of the fit.
  var split: Split { get }
  /// Whether, and how, thresholds are made.
  var thresholds: ThresholdSettings { get }
  /// How results are compared with the truth.
  var evaluation: EvaluationSettings { get }

  /// What a fit on images of one size will compute and hold.
  ///
  /// - Parameters:
  ///   - images: number of training images.
  ///   - width: columns of an upright image.
  ///   - height: rows of an upright image.
  /// - Returns: the plan.
  /// - Throws: `PatchCoreError` if two parts do not fit together.
  func memoryPlan(images: Int, width: Int, height: Int) throws -> MemoryPlan

  /// Fits to all the images given.
  ///
  /// - Parameters:
  ///   - images: the nominal images, at least one.
  ///   - memory: how much memory the fit may take; `nil` leaves it to the machine.
  ///   - progress: told how far the work is; throws when it should stop.
  ///   - clock: told how long each stage takes.
  ///   - logger: where stages report.
  /// - Returns: a detector, which alone can predict; it has no thresholds yet.
  /// - Throws: `PatchCoreError` naming the image or stage at fault, or both numbers if the memory does not do;
  ///   `CancellationError` when stopped.
  func fitAll(
    _ images: ImageSource, memory: MemoryBudget?, progress: ProgressReporter, clock: StageClock, logger: Logger
  ) throws -> any AnomalyDetector

  /// Restores a detector from what `archive` kept.
  ///
  /// - Parameters:
  ///   - archive: tensors and notes.
  ///   - logger: where stages report.
  /// - Returns: the detector.
  /// - Throws: `PatchCoreError` with code `.invalidArtifact` if something is missing or damaged.
  func restore(from archive: DetectorArchive, logger: Logger) throws -> any AnomalyDetector
}

extension MethodDescription {
  /// Leaves the tree as it is.
  public static func completed(_ tree: ConfigurationNode, _ catalogue: StageCatalogue) throws -> ConfigurationNode {
    tree
  }

  /// The description as YAML with every value filled in, one line per part, keys in the order of a pipeline.
  ///
  /// - Parameter indent: put before each line.
  /// - Returns: text that reads back.
  /// - Throws: what a plugin's configuration throws when it is encoded.
  public func yaml(indent: String = "") throws -> String {
    guard case .mapping(let entries) = try ConfigurationEncoder.encode(self).value else { return "" }
    return entries.map { "\(indent)\($0.key): \($0.node.yaml)" }.joined(separator: "\n")
  }

  /// Fits to the images given, and makes thresholds as the description says.
  ///
  /// With `thresholds: {from: held_out}` the detector is fitted with the images that are not held out; with
  /// `cross_validation` there are as many fits as folds before the one of all images.
  ///
  /// - Parameters:
  ///   - images: the nominal images, at least one.
  ///   - memory: how much memory the fit may take; `nil` leaves it to the machine.
  ///   - progress: told how far the work is; throws when it should stop.
  ///   - clock: told how long each stage takes.
  ///   - logger: where stages report.
  /// - Returns: a detector, which alone can predict.
  /// - Throws: `PatchCoreError` naming the image or stage at fault, or both numbers if the memory does not do;
  ///   `CancellationError` when stopped.
  public func fit(
    _ images: ImageSource, memory: MemoryBudget? = nil, progress: ProgressReporter = .silent,
    clock: StageClock = .ignored, logger: Logger = Logger(label: "patchcore")
  ) throws -> any AnomalyDetector {
    var (detector, made) = try thresholds.fit(
      images, seed: seed, progress: progress, clock: clock, logger: logger,
      fitting: { try fitAll($0, memory: memory, progress: $1, clock: clock, logger: logger) }, as: { $0 })
    if let made { detector.thresholds = made }
    return detector
  }
}

/// What a fit will hold in memory, known before it starts.
public struct MemoryPlan: Sendable, Hashable {
  /// The plan in a sentence, with sizes in MB.
  public var summary: String
  /// Bytes at the busiest moment, with everything in memory.
  public var bytes: Int
  /// Bytes at the busiest moment, with all that may lie in a file in files.
  public var leastBytes: Int
  /// The tapped layers' maps of one image.
  public var layers: [FeatureShape]

  /// Creates a plan; nothing of it may lie in a file unless `leastBytes` says so.
  public init(summary: String, bytes: Int, leastBytes: Int? = nil, layers: [FeatureShape]) {
    self.summary = summary
    self.bytes = bytes
    self.leastBytes = leastBytes ?? bytes
    self.layers = layers
  }
}
