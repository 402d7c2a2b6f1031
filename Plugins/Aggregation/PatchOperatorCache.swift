import PatchCore
import Synchronization

/// The operator for maps of the shapes that came last.
///
/// Making one takes longer than applying it to an image, and the images of a run usually have one shape. A class because
/// all copies of an aggregator share it.
final class PatchOperatorCache: Sendable {
  private let last = Mutex<(layers: [FeatureShape], made: PatchOperator)?>(nil)

  /// The operator for layers of the given shapes.
  ///
  /// - Parameters:
  ///   - layers: the shapes.
  ///   - make: makes the operator; called under the lock, so that threads that begin together wait for one.
  /// - Returns: the operator, shared with calls before and after.
  func made(for layers: [FeatureShape], _ make: () -> PatchOperator) -> PatchOperator {
    last.withLock { last in
      if let last, last.layers == layers { return last.made }
      let made = make()
      last = (layers, made)
      return made
    }
  }
}
