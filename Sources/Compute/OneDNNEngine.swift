#if OneDNN
import ConvNet
import PatchCore

/// Arithmetic through oneDNN (package trait `OneDNN`): the fastest engine on x86-64.
public struct OneDNNEngine: ComputeEngine {
  /// Creates the engine.
  public init() {}

  /// `.onednn`.
  public var kind: ComputeSettings.Engine { .onednn }

  /// Prepares a network for inputs of one shape.
  ///
  /// Takes longer than many runs: machine code is made for every layer and weights are packed. Keep the result.
  /// A single image later uses as many threads as `ThreadCount.current` says now.
  ///
  /// - Parameters:
  ///   - network: the operations; only those that the taps need are run.
  ///   - weights: parameters for each convolution and scale that is run.
  ///   - input: channels, height and width of each image.
  ///   - precision: the numbers and the algorithm to compute with.
  ///   - taps: names of the nodes whose outputs are wanted.
  /// - Returns: a network that runs batches of any size and may be used from many tasks at once.
  /// - Throws: `PatchCoreError` with code `.shapeMismatch` if the input is too small or a weight has the wrong shape,
  ///   `.invalidWeights` if a weight is missing, `.invalidConfiguration` if the table is malformed or lacks a tap
  ///   or the processor lacks the precision, `.invalidArtifact` if an int8 range is missing, `.nativeFailure` if oneDNN refuses an operation.
  public func compile(
    _ network: NetworkTable, weights: NetworkWeights, input: FeatureShape, precision: NetworkPrecision,
    taps: [String]
  ) throws -> any CompiledNetwork {
    let resolved = try ResolvedNetwork(network, weights: weights, input: input, taps: taps)
    return try OneDNNNetwork(
      OneDNNNetworkBuilder.plan(resolved, precision: precision, threads: ThreadCount.current))
  }
}
#endif
