import ConvNet
import PatchCore

/// Arithmetic through OpenBLAS and kernels of our own: in every build, float32.
///
/// OpenBLAS itself runs on one thread, under the parallel loops of this package.
public struct OpenBLASEngine: ComputeEngine {
  /// Creates the engine.
  public init() {}

  /// `.openblas`.
  public var kind: ComputeSettings.Engine { .openblas }

  /// Prepares a network for inputs of one shape.
  ///
  /// - Parameters:
  ///   - network: the operations; only those that the taps need are run.
  ///   - weights: parameters for each convolution and scale that is run.
  ///   - input: channels, height and width of each image.
  ///   - precision: the numbers and the algorithm to compute with.
  ///   - taps: names of the nodes whose outputs are wanted.
  /// - Returns: a network that runs batches of any size and may be used from many tasks at once.
  /// - Throws: `PatchCoreError` with code `.shapeMismatch` if the input is too small or a weight has the wrong shape,
  ///   `.invalidWeights` if a weight is missing, `.invalidConfiguration` if the table is malformed or lacks a tap, or
  ///   for another precision than `float32`.
  public func compile(
    _ network: NetworkTable, weights: NetworkWeights, input: FeatureShape, precision: NetworkPrecision,
    taps: [String]
  ) throws -> any CompiledNetwork {
    guard precision == .float32 else {
      throw PatchCoreError(
        .invalidConfiguration, stage: "compute",
        "the engine openblas computes networks in float32 with direct convolutions alone; write compute: "
          + "{engine: onednn} for any other")
    }
    return OpenBLASNetwork(try ResolvedNetwork(network, weights: weights, input: input, taps: taps))
  }
}
