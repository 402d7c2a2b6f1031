import Foundation
import Logging

/// A described pipeline, not yet fitted: it can fit, not predict.
public struct Pipeline: Sendable {
  /// The description with every value filled in.
  public let description: PipelineDescription
  let logger: Logger
  /// Embeddings of more bytes than this are held in a file; half the machine's memory except in tests.
  package var largestHeapBytes = Int(ProcessInfo.processInfo.physicalMemory / 2)
  /// The folder of that file.
  package var spoolFolder = NSTemporaryDirectory()

  /// Images that pass through the network together; results do not depend on it.
  package static let batchSize = 8

  /// A pipeline of the given description.
  public init(_ description: PipelineDescription, logger: Logger = Logger(label: "patchcore")) {
    self.description = description
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
    let bankRows = try subsampler.bankSize(forCandidates: images * patches.height * patches.width)
    try description.neighbourIndex.configuration.check(rows: bankRows, dimension: patches.dimension)
    return FitPlan(
      images: images,
      input: FeatureShape(channels: 3, height: geometry.outputHeight, width: geometry.outputWidth), layers: layers,
      patches: patches, bankRows: bankRows)
  }
}
