import ConvNet
import PatchCore

/// The arithmetic that stages need, done by one library: products and nearest rows of matrices, and whole networks.
///
/// Engines hold no state between calls and may be used from many tasks at once. Results do not depend on the number of
/// threads: work is cut into pieces that are fixed by the sizes alone, and one thread computes a piece.
public protocol ComputeEngine: Sendable {
  /// Which engine this is.
  var kind: ComputeSettings.Engine { get }

  /// `C = A * transpose(B)` on the calling thread alone, for callers that cut the work themselves.
  ///
  /// - Parameters:
  ///   - a: `m x k`, rows `k` apart.
  ///   - b: `n x k`, rows `k` apart.
  ///   - c: `m x n`, rows `n` apart; overwritten.
  ///   - m: rows of A and C.
  ///   - n: rows of B, columns of C.
  ///   - k: columns of A and B.
  func multiply(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>, m: Int, n: Int, k: Int
  )

  /// Prepares a network for inputs of one shape.
  ///
  /// - Parameters:
  ///   - network: the operations; only those that the taps need are run.
  ///   - weights: parameters for each convolution and scale that is run.
  ///   - input: channels, height and width of each image.
  ///   - precision: the numbers and the algorithm to compute with.
  ///   - taps: names of the nodes whose outputs are wanted.
  /// - Returns: a network that runs batches of any size and may be used from many tasks at once.
  /// - Throws: `PatchCoreError` with code `.shapeMismatch` if the input is too small or a weight has the wrong shape.
  func compile(
    _ network: NetworkTable, weights: NetworkWeights, input: FeatureShape, precision: NetworkPrecision,
    taps: [String]
  ) throws -> any CompiledNetwork
}

/// A network made ready for one input shape: packed weights, layouts and scratch memory are its own affair.
public protocol CompiledNetwork: Sendable {
  /// The shapes of the tapped outputs, in the order asked for.
  var outputs: [FeatureShape] { get }

  /// Runs a batch.
  ///
  /// Each image is computed as if it were alone. A batch of several images is spread over threads by image.
  ///
  /// - Parameter images: `batch x channels x height x width` with the shape compiled for.
  /// - Returns: the tapped outputs, in the order asked for.
  /// - Throws: `PatchCoreError` with code `.shapeMismatch` for another shape, `.nativeFailure` if the library fails.
  func run(_ images: FeatureMap) throws -> [FeatureMap]

  /// Runs a batch into maps that a caller keeps from one batch to the next.
  ///
  /// Once as many images have been run at once as ever will be, this package's part of the work allocates nothing for a
  /// single image.
  ///
  /// - Parameters:
  ///   - images: as for `run(_:)`.
  ///   - maps: overwritten; replaced where batch or shape differ from what the outputs need.
  /// - Throws: as `run(_:)`.
  func run(_ images: FeatureMap, into maps: inout [FeatureMap]) throws
}

extension CompiledNetwork {
  /// Runs a batch into new maps.
  public func run(_ images: FeatureMap) throws -> [FeatureMap] {
    var maps: [FeatureMap] = []
    try run(images, into: &maps)
    return maps
  }
}
