import ConvNet
import PatchCore

/// Watches a network in float32 and finds the scales that an int8 network keeps its maps on.
///
/// The same images give the same ranges in any order and at any thread count: only maxima are taken.
public struct ActivationCalibration {
  /// How much larger than the largest number of good images a number may be without being cut off.
  ///
  /// Defects are where maps are larger than on good parts, so a cut takes from the very scores that count. On real
  /// images the largest change of a score was 0.10 with the limit of least squared error, which cuts, 0.04 with none, and
  /// 0.015 with this room; the median change was 0.009, 0.006 and 0.006.
  static let headroom: Float = 1.5

  private let table: NetworkTable
  private let weights: NetworkWeights
  private let engine: any ComputeEngine
  private var compiled: (input: FeatureShape, network: any CompiledNetwork)?
  private var largest: [Float]

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
    largest = Array(repeating: 0, count: table.nodes.count)
  }

  /// Takes in the numbers of every node's output.
  ///
  /// - Parameter images: a batch of preprocessed images.
  /// - Throws: `PatchCoreError` if the images do not suit the network or a number is not finite.
  public mutating func observe(_ images: FeatureMap) throws {
    let names = table.nodes.map(\.name)
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
    try largest.withUnsafeMutableBufferPointer { largest in
      nonisolated(unsafe) let largest = largest
      try parallelLoop(maps.count) { node in
        maps[node].withUnsafeBufferPointer { values in
          largest[node] = values.reduce(largest[node]) { max($0, $1.magnitude) }
        }
      }
    }
  }

  /// The ranges of what was observed.
  ///
  /// - Returns: for every node one and a half times the largest magnitude; 1 if there was next to nothing.
  public func ranges() -> ActivationRanges {
    let limits = zip(table.nodes, largest).map { ($0.name, $1 > 1e-20 ? Self.headroom * $1 : 1) }
    return ActivationRanges(Dictionary(limits) { first, _ in first })
  }
}
