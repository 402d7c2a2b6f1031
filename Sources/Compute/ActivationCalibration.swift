import ConvNet
import PatchCore

/// Watches a network in float32 and finds the scales that an int8 network keeps its maps on.
///
/// The same images in the same order give the same ranges at any thread count: all that is added up are whole numbers.
public struct ActivationCalibration {
  private let table: NetworkTable
  private let weights: NetworkWeights
  private let engine: any ComputeEngine
  private var compiled: (input: FeatureShape, network: any CompiledNetwork)?
  private var histograms: [ActivationHistogram]

  /// A calibration that has seen nothing.
  ///
  /// - Parameters:
  ///   - table: the network, pruned to what it must compute.
  ///   - weights: its parameters.
  ///   - engine: what computes it.
  public init(_ table: NetworkTable, weights: NetworkWeights, engine: any ComputeEngine) {
    self.table = table
    self.weights = weights
    self.engine = engine
    histograms = Array(repeating: ActivationHistogram(), count: table.nodes.count)
  }

  /// Counts the numbers of every node's output.
  ///
  /// - Parameter images: a batch of preprocessed images.
  /// - Throws: `PatchCoreError` if the images do not suit the network or a number is not finite.
  public mutating func observe(_ images: FeatureMap) throws {
    let names = table.calibratedNodes
    if compiled?.input != images.shape {
      let network = try engine.compile(
        table, weights: weights, input: images.shape, precision: .float32, taps: names)
      compiled = (images.shape, network)
    }
    guard let maps = try compiled?.network.run(images) else { return }
    if let node = maps.firstIndex(where: { $0.firstImageNotFinite() != nil }) {
      throw PatchCoreError(
        .notFinite, stage: "network",
        "node '\(names[node])' gives numbers that are not finite on a training image; check the weights")
    }
    try histograms.withUnsafeMutableBufferPointer { histograms in
      nonisolated(unsafe) let histograms = histograms
      try parallelLoop(maps.count) { node in
        maps[node].withUnsafeBufferPointer { histograms[node].add($0) }
      }
    }
  }

  /// The ranges of what was observed.
  ///
  /// The limit of a node is the one with the least mean squared error of the numbers rounded to 8 bits: what a larger
  /// limit costs in coarser steps is weighed against what a smaller one cuts off.
  ///
  /// - Returns: a limit for every node.
  public func ranges() -> ActivationRanges {
    let nonNegative = table.nonNegativeNodes
    let limits = zip(table.nodes, histograms).map { node, histogram in
      (node.name, histogram.bestLimit(levels: nonNegative.contains(node.name) ? 255 : 127))
    }
    return ActivationRanges(Dictionary(limits) { first, _ in first })
  }
}
