#if FAISS
import CFaiss
import PatchCore

/// Builds FAISS's exhaustive search, what its `IndexFlatL2` runs.
///
/// FAISS's distances, in 32 bits and by another algorithm for few queries than for many, decide which rows may be among
/// the nearest; those are then measured as the exact search does. So the results are those of `exact`, and a comparison
/// of the two is one of speed. The index keeps nothing.
public struct FaissFlatConfiguration: FaissIndexConfiguration {
  /// The name in a description, `faiss_flat`.
  public static let kind = "faiss_flat"

  /// An exhaustive search; there are no settings.
  public init() {}

  /// Always `true`.
  public var isExact: Bool { true }

  /// Queries that FAISS multiplies with the bank together.
  private static let queriesPerPiece = 256

  /// Prepares the search: the norms of the rows.
  ///
  /// - Parameters:
  ///   - bank: `m x d`, m and d at least 1, all finite.
  ///   - context: not needed.
  /// - Returns: the index, which shares the bank's memory.
  /// - Throws: `PatchCoreError` with code `.shapeMismatch` for an empty bank, `.notFinite` for one with a NaN or an
  ///   infinity, `.nativeFailure` if FAISS fails.
  public func makeIndex(over bank: Matrix, _ context: StageContext) throws -> any NeighbourIndex {
    try FaissSettings.checkBank(Self.kind, rows: bank.rows, dimension: bank.columns)
    let bank = try FaissArchive.usable(bank)
    let handle = try FaissHandle.making("building the index", over: bank) { cfaiss_build_flat($0, &$1, $2, $3) }
    return FaissIndex(handle: handle, bank: bank, depth: 1, queriesPerPiece: Self.queriesPerPiece) { _ in
      StageArchive()
    }
  }

  /// Whether the other one is this kind too, which has no settings.
  public func buildsSameIndex(as other: any NeighbourIndexConfiguration) -> Bool { other is Self }
}
#endif
