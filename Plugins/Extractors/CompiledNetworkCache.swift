import Compute
import PatchCore
import Synchronization

/// The networks compiled so far, one per input shape.
///
/// Compiling packs all weights, which takes longer than running; a folder of images usually has one shape, or two if
/// the network was fitted at another size. A class because compiled networks own native memory and all copies of an
/// extractor must share them.
final class CompiledNetworkCache: Sendable {
  /// Each compiled network holds a packed copy of all weights, so only a few are kept; the oldest goes first.
  private static let capacity = 3

  private let networks = Mutex<[(shape: FeatureShape, network: any CompiledNetwork)]>([])
  private let compile: @Sendable (FeatureShape) throws -> any CompiledNetwork

  init(compile: @escaping @Sendable (FeatureShape) throws -> any CompiledNetwork) { self.compile = compile }

  /// The network for a shape.
  ///
  /// Compiled under the lock: tasks that begin together wait for one packing of the weights.
  func network(for shape: FeatureShape) throws -> any CompiledNetwork {
    try networks.withLock { networks in
      if let known = networks.first(where: { $0.shape == shape }) { return known.network }
      // The network is kept, so it must not be made for the one thread of the piece of work that comes first.
      let network = try ThreadCount.withAll { try compile(shape) }
      if networks.count == Self.capacity { networks.removeFirst() }
      networks.append((shape, network))
      return network
    }
  }
}
