import Logging
import PatchCore

/// PaDiM as a description: the key `padim`.
public typealias PaDiMDescription = BaselineDescription<PaDiM>
/// SPADE as a description: the key `spade`.
public typealias SPADEDescription = BaselineDescription<SPADE>

/// The description of a method that the paper compares PatchCore with: an extractor and settings of the method.
public struct BaselineDescription<Method: BaselineMethod>: Codable, Sendable {
  /// The preset whose values hold where a key is absent.
  public var preset: String
  /// How pixels become the network's input.
  public var preprocess: Preprocessing
  /// Images to feature maps.
  public var extractor: StageDescription<ExtractorRole>
  /// The settings of the method, under its name.
  public var settings: Method
  /// Scores of the first layer's grid to a map of pixels.
  public var map: MapRendering
  /// The engine and precision.
  public var compute: ComputeSettings
  /// The seed of everything random.
  public var seed: UInt64
  /// Which nominal images are held out of the fit.
  public var split: Split
  /// Whether, and how, decisions are made.
  public var thresholds: ThresholdSettings
  /// How results are compared with the truth.
  public var evaluation: EvaluationSettings

  /// The keys of a description; that of the settings is the method's name.
  enum CodingKeys: CodingKey, Equatable {
    case preset, preprocess, extractor, settings, map, compute, seed, split, thresholds, evaluation

    private static var all: [Self] {
      [.preset, .preprocess, .extractor, .settings, .map, .compute, .seed, .split, .thresholds, .evaluation]
    }
    private var word: String {
      switch self {
      case .preset: "preset"
      case .preprocess: "preprocess"
      case .extractor: ExtractorRole.name
      case .settings: Method.name
      case .map: "map"
      case .compute: "compute"
      case .seed: "seed"
      case .split: "split"
      case .thresholds: "thresholds"
      case .evaluation: "evaluation"
      }
    }
    var stringValue: String { word }
    var intValue: Int? { nil }
    init?(stringValue: String) {
      guard let key = Self.all.first(where: { $0.word == stringValue }) else { return nil }
      self = key
    }
    init?(intValue: Int) { nil }
  }

  /// Describes a baseline in code.
  public init(
    _ settings: Method = Method(), preset: String = "official", preprocess: Preprocessing = Preprocessing(),
    extractor: any FeatureExtractorConfiguration, map: MapRendering = MapRendering(),
    compute: ComputeSettings = ComputeSettings(), seed: UInt64 = 0, split: Split = Split(),
    thresholds: ThresholdSettings = ThresholdSettings(), evaluation: EvaluationSettings = EvaluationSettings()
  ) {
    self.preset = preset
    self.preprocess = preprocess
    self.extractor = StageDescription(extractor)
    self.settings = settings
    self.map = map
    self.compute = compute
    self.seed = seed
    self.split = split
    self.thresholds = thresholds
    self.evaluation = evaluation
  }
}

extension BaselineDescription: MethodDescription {
  /// The method's name.
  public static var name: String { Method.name }
  /// The method's name.
  public static var key: String? { Method.name }

  /// The tree of all defaults: PatchCore's without the stages behind the extractor, and the method's settings.
  ///
  /// - Parameter catalogue: the kinds that descriptions may name.
  /// - Returns: a mapping with every key.
  /// - Throws: `PatchCoreError` if a default names a kind that is not there.
  public static func defaults(_ catalogue: StageCatalogue) throws -> ConfigurationNode {
    try PipelineDescription.defaults(catalogue)
      .removing(StageCatalogue.roles.filter { $0 != ExtractorRole.name } + ["storage"])
      .inserting([(Method.name, try ConfigurationNode(encoding: Method()))], after: ExtractorRole.name)
  }

  /// Refuses an extractor whose layers nobody chose: its defaults are those of PatchCore.
  ///
  /// - Parameters:
  ///   - tree: defaults, preset, file and options, merged.
  ///   - catalogue: the kinds that descriptions may name.
  /// - Returns: the tree as it is.
  /// - Throws: `PatchCoreError` naming the key.
  public static func completed(_ tree: ConfigurationNode, _ catalogue: StageCatalogue) throws -> ConfigurationNode {
    if let layers = tree[ExtractorRole.name]?["layers"], layers.origin == .standard {
      throw PatchCoreError(
        .invalidConfiguration,
        "extractor.layers: write the layers that \(Method.name) uses, \(Method.usualLayers) of a ResNet; the default "
          + "\(layers.yaml) is PatchCore's")
    }
    return tree
  }

  func context(_ part: String, logger: Logger) -> StageContext {
    StageContext(seed: SeededGenerator.subseed(seed, for: part), compute: compute, logger: logger)
  }

  /// What a fit on images of one size will compute and hold: what the method learns from and learns, the network and the
  /// images in work.
  ///
  /// - Parameters:
  ///   - images: number of training images.
  ///   - width: columns of an upright image.
  ///   - height: rows of an upright image.
  /// - Returns: the plan.
  /// - Throws: `PatchCoreError` if a setting does not suit the extractor's layers.
  public func memoryPlan(images: Int, width: Int, height: Int) throws -> MemoryPlan {
    let geometry = try preprocess.geometry(width: width, height: height)
    let layers = try extractor.configuration.shapes(height: geometry.outputHeight, width: geometry.outputWidth)
    let plan = try settings.plan(images: images, layers: layers)
    var working = FitPlan.WorkingMemory()
    working.network = try extractor.configuration.workingBytes(
      batch: ThreadCount.current, height: geometry.outputHeight, width: geometry.outputWidth)
    working.thresholds = try thresholdBytes(fitted: images, width: width, height: height)
    // A fit takes its vectors from the maps; images are scored by vectors of their own.
    let stack = LayerStack(layers: layers)
    working.images = FitPlan.WorkingMemory.bytesOfImages(
      pixels: width * height,
      input: FeatureShape(channels: 3, height: geometry.outputHeight, width: geometry.outputWidth), layers: layers,
      vectors: thresholds.from == .none ? 0 : stack.positions * stack.channels)
    let parts = [
      ("network", working.network), ("images in work", working.images), ("thresholds", working.thresholds),
      ("program", working.program),
    ]
    return MemoryPlan(
      summary: "\(images) images of \(geometry.outputWidth) x \(geometry.outputHeight), \(plan.summary); beside these "
        + MemoryBudget.listing(parts),
      bytes: parts.reduce(plan.bytes) { $0 + $1.1 }, layers: layers)
  }

  /// Fits the method.
  ///
  /// The same description, images, names, engine and processor type give the same detector at any thread count.
  ///
  /// - Parameters:
  ///   - images: the nominal images, at least one, which must come out of the preprocessing at one size.
  ///   - memory: how much memory the fit may take; `nil` leaves it to the machine.
  ///   - progress: told how far the work is; throws when it should stop.
  ///   - clock: told how long each stage takes.
  ///   - logger: where stages report.
  /// - Returns: a `BaselineDetector`.
  /// - Throws: `PatchCoreError` naming the image or stage at fault, `CancellationError` when stopped.
  public func fitAll(
    _ images: ImageSource, memory: MemoryBudget?, progress: ProgressReporter, clock: StageClock, logger: Logger
  ) throws -> any AnomalyDetector {
    guard images.count > 0 else {
      throw PatchCoreError(.invalidDataset, "there are no training images; give at least one nominal image")
    }
    let image = try images.load(0).image
    let input = try preprocess.inputShape(for: image, named: images.names[0])
    let first = try preprocess.geometry(for: image)
    let plan = try memoryPlan(images: images.count, width: first.width, height: first.height)
    logger.info("\(plan.summary)")
    try memory?.check(plan.leastBytes, remedy: "raise the budget, or use fewer images or layers")
    let extractor = try extractor.configuration.makeExtractor(context(ExtractorRole.name, logger: logger))
      .calibrated(on: images, preprocess: preprocess, progress: progress)
    let reader = FeatureReader(
      images: images, preprocess: preprocess, extractor: extractor, input: input, layers: plan.layers, clock: clock)
    let model = try Method.Model(
      settings, fittedTo: reader, seed: SeededGenerator.subseed(seed, for: Method.name), progress: progress)
    return BaselineDetector(
      description: self, trainingImages: reader.trainingImages, extractor: extractor, model: model,
      weights: extractor.weights, fitEngine: compute.engine)
  }

  /// Restores a detector from what `archive` kept.
  ///
  /// - Parameters:
  ///   - archive: tensors and notes.
  ///   - logger: where stages report.
  /// - Returns: the detector.
  /// - Throws: `PatchCoreError` with code `.invalidArtifact` if something is missing or damaged.
  public func restore(from archive: DetectorArchive, logger: Logger) throws -> any AnomalyDetector {
    try BaselineDetector(self, from: archive, logger: logger)
  }
}
