import Compute
import PatchCore

/// `exact`: finds the true nearest rows of the bank.
///
/// It has no settings.
public struct ExactIndexConfiguration: NeighbourIndexConfiguration {
  /// The name in a description.
  public static let kind = "exact"

  /// An exact index.
  public init() {}

  /// Always.
  public var isExact: Bool { true }

  /// What the norms and sketches of the rows take.
  public func workingBytes(rows: Int, dimension: Int, format: NumberFormat) -> Int {
    PreparedBank.workingBytes(rows: rows, dimension: dimension)
  }

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

  /// Restores the index from what `archive()` kept.
  ///
  /// - Parameters:
  ///   - archive: sketches of the bank's rows; if there are none, they are made again.
  ///   - bank: the bank it was built over.
  ///   - context: names the engine that computes the products.
  /// - Returns: an `ExactIndex`.
  /// - Throws: as `makeIndex`, and `PatchCoreError` with code `.invalidArtifact` if the sketches do not suit the bank.
  public func restoreIndex(
    from archive: StageArchive, over bank: Matrix, _ context: StageContext
  ) throws -> any NeighbourIndex {
    try ExactIndex(over: bank, restoring: archive, engine: context.makeEngine())
  }
}
