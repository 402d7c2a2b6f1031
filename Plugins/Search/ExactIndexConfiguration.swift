import Compute
import PatchCore

/// `exact`: compares every query with every row of the bank.
///
/// It has no settings.
public struct ExactIndexConfiguration: NeighbourIndexConfiguration {
  /// The name in a description.
  public static let kind = "exact"

  /// An exact index.
  public init() {}

  /// Always: every row is compared.
  public var isExact: Bool { true }

  /// Builds the index over a bank.
  ///
  /// - Parameters:
  ///   - bank: `m x d`, all finite.
  ///   - context: names the engine that computes the products.
  /// - Returns: an `ExactIndex`.
  /// - Throws: `PatchCoreError` with code `.shapeMismatch` for an empty bank, `.notFinite` for one with a NaN or an
  ///   infinity, `.notInThisBuild` for an engine that is not there.
  public func makeIndex(over bank: Matrix, _ context: StageContext) throws -> any NeighbourIndex {
    try ExactIndex(over: bank, engine: context.makeEngine())
  }
}
