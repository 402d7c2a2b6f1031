/// A fitted pipeline: it predicts, and may be called from many tasks at once.
public struct FittedDetector: AnomalyDetector {
  /// The description it was fitted with, every value filled in.
  public let description: PipelineDescription
  /// The images it was fitted with.
  public let trainingImages: [TrainingImage]
  /// The memory bank.
  public let bank: MemoryBank
  let embedder: Embedder
  /// The index over the bank.
  public let neighbourIndex: any NeighbourIndex
  let scorer: any Scorer
  /// Where the network's weights come from.
  public let weights: WeightsOrigin
  /// The engine that computed the bank; the one in `description.compute` may differ after loading.
  public let fitEngine: ComputeSettings.Engine
  /// Scores above which an image or a pixel counts as anomalous; `nil` if none were set.
  public var thresholds: Thresholds?

  /// The description it was fitted with, every value filled in.
  public var method: any MethodDescription { description }

  /// One sentence: what was fitted, with which weights and engine.
  public var summary: String {
    "\(bank.count) x \(bank.dimension) memory bank from \(trainingImages.count) images; "
      + "\(description.extractor.kind) with weights \(weights.name); fitted with \(fitEngine.rawValue)"
      + (description.compute.engine == fitEngine ? "" : ", running with \(description.compute.engine.rawValue)")
  }
}
