import Foundation
import Logging

/// A described pipeline, not yet fitted: it can fit, not predict.
public struct Pipeline: Sendable {
  /// The description with every value filled in.
  public let description: PipelineDescription
  let logger: Logger
  /// How much memory a fit may take; default `nil`.
  ///
  /// Embeddings lie in a file if the fit would exceed it otherwise, and a fit that exceeds it even so is refused before
  /// any work. Without a budget they lie in a file if they alone exceed half the machine's memory. The bank is the same
  /// either way.
  public var memory: MemoryBudget?
  /// The folder of the file that embeddings may lie in; default the system's folder for temporary files.
  public var spoolFolder = NSTemporaryDirectory()

  /// A pipeline of the given description.
  public init(
    _ description: PipelineDescription, memory: MemoryBudget? = nil, logger: Logger = Logger(label: "patchcore")
  ) {
    self.description = description
    self.memory = memory
    self.logger = logger
  }

  /// The context of a stage: its own seed, the engine, the logger.
  func context(_ role: String) -> StageContext {
    StageContext(
      seed: SeededGenerator.subseed(description.seed, for: role), compute: description.compute, logger: logger)
  }

  /// What a fit on images of one size will compute and hold.
  ///
  /// - Parameters:
  ///   - images: number of training images.
  ///   - width: columns of an upright image.
  ///   - height: rows of an upright image.
  /// - Returns: shapes, and sizes in bytes.
  /// - Throws: `PatchCoreError` if two stages do not fit together.
  public func plan(images: Int, width: Int, height: Int) throws -> FitPlan {
    let geometry = try description.preprocess.geometry(width: width, height: height)
    let layers = try description.extractor.configuration.shapes(
      height: geometry.outputHeight, width: geometry.outputWidth)
    let patches = try description.aggregator.configuration.makeAggregator(context(AggregatorRole.name))
      .shape(for: layers)
    let subsampler = try description.subsampler.configuration.makeSubsampler(context(SubsamplerRole.name))
    let rows = images * patches.height * patches.width
    let bankRows = try subsampler.bankSize(forCandidates: rows)
    try description.neighbourIndex.configuration.check(rows: bankRows, dimension: patches.dimension)
    var plan = FitPlan(
      images: images,
      input: FeatureShape(channels: 3, height: geometry.outputHeight, width: geometry.outputWidth), layers: layers,
      patches: patches, bankRows: bankRows, storage: description.storage)
    plan.working.network = try description.extractor.configuration.workingBytes(
      batch: ThreadCount.current, height: geometry.outputHeight, width: geometry.outputWidth)
    plan.working.images = FitPlan.WorkingMemory.bytesOfImages(
      pixels: width * height, input: plan.input, layers: layers,
      vectors: patches.height * patches.width * patches.dimension)
    plan.working.subsampler = subsampler.workingBytes(forCandidates: rows, dimension: patches.dimension)
    plan.working.neighbourIndex = description.neighbourIndex.configuration.workingBytes(
      rows: bankRows, dimension: patches.dimension, format: description.storage.bank)
    plan.working.thresholds = try description.thresholdBytes(fitted: images, width: width, height: height)
    return plan
  }
}
