/// A whole pipeline as plain data: the one type behind a file, code, an artifact and a report.
///
/// Keys are never renamed. Every value has a default: the preset's, or that of the configuration type.
public struct PipelineDescription: Codable, Sendable {
  /// The preset whose values hold where a key is absent.
  public var preset: String
  /// How pixels become the network's input.
  public var preprocess: Preprocessing
  /// Images to feature maps.
  public var extractor: StageDescription<ExtractorRole>
  /// Feature maps to patch embeddings.
  public var aggregator: StageDescription<AggregatorRole>
  /// Patch embeddings to the memory bank.
  public var subsampler: StageDescription<SubsamplerRole>
  /// Queries to nearest rows of the bank.
  public var neighbourIndex: StageDescription<NeighbourIndexRole>
  /// Distances to scores.
  public var scorer: StageDescription<ScorerRole>
  /// Patch scores to a map of pixels.
  public var map: MapRendering
  /// In how many bits embeddings and bank are kept.
  public var storage: StorageSettings
  /// The engine and precision.
  public var compute: ComputeSettings
  /// The seed of everything random; each stage derives its own from it.
  public var seed: UInt64
  /// Which nominal images are held out of the fit.
  public var split: Split
  /// How thresholds are made.
  public var thresholds: ThresholdSettings
  /// How results are compared with the truth.
  public var evaluation: EvaluationSettings

  enum CodingKeys: String, CodingKey, CaseIterable {
    case preset, preprocess, extractor, aggregator, subsampler
    case neighbourIndex = "neighbour_index"
    case scorer, map, storage, compute, seed, split, thresholds, evaluation
  }

  /// Describes a pipeline in code.
  public init(
    preset: String = "official", preprocess: Preprocessing = Preprocessing(),
    extractor: any FeatureExtractorConfiguration, aggregator: any AggregatorConfiguration,
    subsampler: any SubsamplerConfiguration, neighbourIndex: any NeighbourIndexConfiguration,
    scorer: any ScorerConfiguration, map: MapRendering = MapRendering(),
    storage: StorageSettings = StorageSettings(), compute: ComputeSettings = ComputeSettings(), seed: UInt64 = 0,
    split: Split = Split(), thresholds: ThresholdSettings = ThresholdSettings(),
    evaluation: EvaluationSettings = EvaluationSettings()
  ) {
    self.preset = preset
    self.preprocess = preprocess
    self.extractor = StageDescription(extractor)
    self.aggregator = StageDescription(aggregator)
    self.subsampler = StageDescription(subsampler)
    self.neighbourIndex = StageDescription(neighbourIndex)
    self.scorer = StageDescription(scorer)
    self.map = map
    self.storage = storage
    self.compute = compute
    self.seed = seed
    self.split = split
    self.thresholds = thresholds
    self.evaluation = evaluation
  }

  /// Reads all keys; defaults are filled in before.
  ///
  /// - Throws: `DecodingError` or `PatchCoreError` if a key is missing or a value is not allowed.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    preset = try container.decode(String.self, forKey: .preset)
    preprocess = try container.decode(Preprocessing.self, forKey: .preprocess)
    extractor = try container.decode(StageDescription.self, forKey: .extractor)
    aggregator = try container.decode(StageDescription.self, forKey: .aggregator)
    subsampler = try container.decode(StageDescription.self, forKey: .subsampler)
    neighbourIndex = try container.decode(StageDescription.self, forKey: .neighbourIndex)
    scorer = try container.decode(StageDescription.self, forKey: .scorer)
    map = try container.decode(MapRendering.self, forKey: .map)
    storage = try container.decodeStorage(forKey: .storage)
    compute = try container.decode(ComputeSettings.self, forKey: .compute)
    seed = try container.decode(UInt64.self, forKey: .seed)
    split = try container.decode(Split.self, forKey: .split)
    thresholds = try container.decode(ThresholdSettings.self, forKey: .thresholds)
    evaluation = try container.decode(EvaluationSettings.self, forKey: .evaluation)
  }

  /// Reads a description from YAML or JSON.
  ///
  /// - Parameters:
  ///   - yaml: the text.
  ///   - name: the file's name for messages.
  ///   - catalogue: the kinds and presets it may name.
  /// - Throws: `PatchCoreError` with file, line and key path for anything unknown, duplicate, ill-typed or missing.
  public init(yaml: String, name: String = "description", catalogue: StageCatalogue) throws {
    self = try ResolvedDescription(yaml: yaml, name: name, catalogue: catalogue).description
  }
}
