/// Several PatchCore pipelines whose scores and maps are averaged: the description with the key `members`.
///
/// A file's entries of `members` hold what differs from the rest of the file; here each member has all its stages.
///
/// Roth et al. (2022), section 4.2 and table 4: an ensemble of three networks.
public struct EnsembleDescription: Codable, Sendable {
  /// What a member has of its own.
  public struct Member: Codable, Sendable {
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
    /// The seed of the member's stages.
    public var seed: UInt64

    enum CodingKeys: String, CodingKey, CaseIterable {
      case extractor, aggregator, subsampler
      case neighbourIndex = "neighbour_index"
      case scorer, seed
    }

    /// The stages and seed of a pipeline.
    public init(_ pipeline: PipelineDescription) {
      extractor = pipeline.extractor
      aggregator = pipeline.aggregator
      subsampler = pipeline.subsampler
      neighbourIndex = pipeline.neighbourIndex
      scorer = pipeline.scorer
      seed = pipeline.seed
    }
  }

  /// The preset whose values hold where a key is absent.
  public var preset: String
  /// How pixels become the networks' input.
  public var preprocess: Preprocessing
  /// The members, at least two.
  public var members: [Member]
  /// How the members' scores become comparable.
  public var combination: EnsembleCombination
  /// The size of the maps.
  public var map: MapRendering
  /// In how many bits embeddings and banks are kept.
  public var storage: StorageSettings
  /// The engine and precision.
  public var compute: ComputeSettings
  /// The seed of split and held-out images, and of the members that set none.
  public var seed: UInt64
  /// Which nominal images are held out of the fit.
  public var split: Split
  /// Whether, and how, decisions are made, for the ensemble as a whole.
  public var thresholds: ThresholdSettings
  /// How results are compared with the truth.
  public var evaluation: EvaluationSettings

  /// Describes an ensemble in code.
  ///
  /// - Parameters:
  ///   - members: at least two pipelines; all but their stages and seeds is taken from the first.
  ///   - combination: how their scores become comparable.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` for fewer than two.
  public init(
    _ members: [PipelineDescription],
    combination: EnsembleCombination = EnsembleCombination(.heldOut)
  ) throws {
    try Self.checkCount(members.count)
    let first = members[0]
    preset = first.preset
    preprocess = first.preprocess
    self.members = members.map(Member.init)
    self.combination = combination
    map = first.map
    storage = first.storage
    compute = first.compute
    seed = first.seed
    split = first.split
    thresholds = first.thresholds
    evaluation = first.evaluation
  }

  /// Reads all keys; defaults are filled in and members completed before.
  ///
  /// - Throws: `DecodingError` or `PatchCoreError` if a key is missing or there are fewer than two members.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    preset = try container.decode(String.self, forKey: .preset)
    preprocess = try container.decode(Preprocessing.self, forKey: .preprocess)
    members = try container.decode([Member].self, forKey: .members)
    combination = try container.decode(EnsembleCombination.self, forKey: .combination)
    map = try container.decode(MapRendering.self, forKey: .map)
    storage = try container.decodeStorage(forKey: .storage)
    compute = try container.decode(ComputeSettings.self, forKey: .compute)
    seed = try container.decode(UInt64.self, forKey: .seed)
    split = try container.decode(Split.self, forKey: .split)
    thresholds = try container.decode(ThresholdSettings.self, forKey: .thresholds)
    evaluation = try container.decode(EvaluationSettings.self, forKey: .evaluation)
    try Self.checkCount(members.count)
  }

  private static func checkCount(_ count: Int) throws {
    guard count >= 2 else {
      throw PatchCoreError(
        .invalidConfiguration,
        "members: \(count == 0 ? "there are none" : "there is 1"); an ensemble has at least 2, and a single pipeline "
          + "is described without `members`")
    }
  }

  /// The pipeline of each member, whole but for thresholds, which are the ensemble's.
  public var pipelines: [PipelineDescription] {
    members.map { member in
      PipelineDescription(
        preset: preset, preprocess: preprocess, extractor: member.extractor.configuration,
        aggregator: member.aggregator.configuration, subsampler: member.subsampler.configuration,
        neighbourIndex: member.neighbourIndex.configuration, scorer: member.scorer.configuration, map: map,
        storage: storage, compute: compute, seed: member.seed, split: split, evaluation: evaluation)
    }
  }
}
