import Logging

extension PipelineDescription: MethodDescription {
  /// `patchcore`.
  public static let name = "patchcore"
  /// Descriptions without the key of another method are PatchCore's.
  public static let key: String? = nil

  /// The tree of all defaults.
  ///
  /// - Parameter catalogue: the kinds that descriptions may name.
  /// - Returns: a mapping with every key.
  /// - Throws: `PatchCoreError` if a default names a kind that is not there.
  public static func defaults(_ catalogue: StageCatalogue) throws -> ConfigurationNode {
    func encoded(_ value: some Encodable) throws -> ConfigurationNode {
      try ConfigurationEncoder.encode(value, catalogue: catalogue)
    }
    let name = catalogue.presets.first?.name ?? ""
    var entries: [(key: String, node: ConfigurationNode)] = []
    for key in CodingKeys.allCases {
      let node: ConfigurationNode
      switch key {
      case .preset: node = try encoded(name)
      case .preprocess: node = try encoded(Preprocessing())
      case .map: node = try encoded(MapRendering())
      case .storage: node = try encoded(StorageSettings())
      case .compute: node = try encoded(ComputeSettings())
      case .seed: node = try encoded(UInt64(0))
      case .split: node = try encoded(Split())
      case .thresholds: node = try encoded(ThresholdSettings())
      case .evaluation: node = try encoded(EvaluationSettings())
      case .extractor, .aggregator, .subsampler, .neighbourIndex, .scorer:
        node = try catalogue.ground(ofRole: key.rawValue)
      }
      entries.append((key.rawValue, node))
    }
    return .mapping(entries)
  }

  /// What a fit on images of one size will compute and hold.
  ///
  /// - Parameters:
  ///   - images: number of training images.
  ///   - width: columns of an upright image.
  ///   - height: rows of an upright image.
  /// - Returns: the plan.
  /// - Throws: `PatchCoreError` if two stages do not fit together.
  public func memoryPlan(images: Int, width: Int, height: Int) throws -> MemoryPlan {
    let plan = try Pipeline(self).plan(images: images, width: width, height: height)
    return MemoryPlan(
      summary: "\(plan.summary); \(plan.memorySummary(spools: false))", bytes: plan.bytesInMemory,
      leastBytes: plan.bytesBesideCandidates, layers: plan.layers)
  }

  /// Fits the pipeline to all the images: as `Pipeline.fit`, without thresholds.
  public func fitAll(
    _ images: ImageSource, memory: MemoryBudget?, progress: ProgressReporter, clock: StageClock, logger: Logger
  ) throws -> any AnomalyDetector {
    try Pipeline(self, memory: memory, logger: logger).fitBank(images, progress: progress, clock: clock)
  }

  /// Restores a detector from what `archive` kept.
  ///
  /// - Parameters:
  ///   - archive: tensors and notes.
  ///   - logger: where stages report.
  /// - Returns: the detector.
  /// - Throws: `PatchCoreError` with code `.invalidArtifact` if something is missing or damaged.
  public func restore(from archive: DetectorArchive, logger: Logger) throws -> any AnomalyDetector {
    try FittedDetector(self, from: archive, logger: logger)
  }
}
