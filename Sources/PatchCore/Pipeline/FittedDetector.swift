/// A fitted pipeline: it predicts, and may be called from many tasks at once.
public struct FittedDetector: Sendable {
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
}
