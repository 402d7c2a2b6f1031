#if FAISS
import CFaiss
import PatchCore
import TensorFiles

/// Builds an approximate index with inverted lists of whole rows: FAISS's `IndexIVFFlat`.
///
/// k-means splits the bank into lists, and a query is compared with the rows of those lists whose centroids are nearest.
/// FAISS trains the centroids and assigns the rows; the rows stay in the bank, so the index adds its centroids and a
/// number per row. Distances are those of the exact search. With probes equal to lists every row is compared and the
/// result is that of `exact`; a query whose lists hold fewer than k rows is compared with all. The same bank, settings
/// and seed give the same index, byte for byte, at any thread count.
///
/// Jégou, Douze, Schmid, *Product Quantization for Nearest Neighbor Search* (2011), section IV,
/// doi:10.1109/TPAMI.2010.57.
public struct FaissIVFFlatConfiguration: FaissIndexConfiguration {
  /// The name in a description, `faiss_ivfflat`.
  public static let kind = "faiss_ivfflat"

  /// Number of inverted lists, at most the rows of the bank.
  ///
  /// By default `nil` (`null` in a description): derived from the m rows of the bank as `round(4 * sqrt(m))`, but at
  /// most `m / 39` and at least 1, as for `faiss_ivfpq`.
  public var lists: Int?
  /// Lists that a query looks through, at most all of them; if `lists` is derived, more than there are means all.
  ///
  /// Default 16.
  public var probes = 16

  /// The default settings.
  public init() {}

  /// Creates settings.
  ///
  /// - Parameters:
  ///   - lists: number of inverted lists; `nil` derives it from the bank.
  ///   - probes: lists that a query looks through.
  public init(lists: Int? = nil, probes: Int = 16) {
    self.lists = lists
    self.probes = probes
  }

  /// Writes every key, `lists` as `null` if it is to be derived.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(lists, forKey: .lists)
    try container.encode(probes, forKey: .probes)
  }

  private enum CodingKeys: String, CodingKey { case lists, probes }

  /// Always `false`: whether all lists are looked through depends on the bank.
  public var isExact: Bool { false }

  /// Checks every setting against the bank's size.
  ///
  /// - Parameters:
  ///   - rows: rows of the bank.
  ///   - dimension: dimension of a row.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` naming the key, both numbers and the remedy.
  public func check(rows: Int, dimension: Int) throws { _ = try listCount(forRows: rows, dimension: dimension) }

  private func listCount(forRows rows: Int, dimension: Int) throws -> Int {
    try FaissSettings.check(lists: lists, probes: probes)
    try FaissSettings.checkBank(Self.kind, rows: rows, dimension: dimension)
    return try FaissSettings.lists(lists, probes: probes, forRows: rows)
  }

  /// Trains lists on the bank and assigns its rows, on one thread.
  ///
  /// - Parameters:
  ///   - bank: `m x d`, all finite.
  ///   - context: its seed decides the choice of the first centroids.
  /// - Returns: the index, which shares the bank's memory.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` if a setting is out of range or does not suit the
  ///   bank, `.notFinite` if the bank holds a NaN or an infinity, `.nativeFailure` if FAISS fails.
  /// - Complexity: about lists x m x d multiplications for each of 10 rounds.
  public func makeIndex(over bank: Matrix, _ context: StageContext) throws -> any NeighbourIndex {
    let count = try listCount(forRows: bank.rows, dimension: bank.columns)
    let bank = try FaissArchive.usable(bank)
    FaissSettings.warnIfFewRows(bank.rows, key: "lists", value: count, centroids: count, context)
    let seed = FaissHandle.nativeSeed(context.seed)
    let handle = try FaissHandle.making("building the index", over: bank) {
      cfaiss_build_ivfflat($0, count, seed, &$1, $2, $3)
    }
    return index(handle, bank, lists: count)
  }

  /// Restores the index that `archive()` kept.
  ///
  /// - Parameters:
  ///   - archive: tensors `centroids` and `lists`.
  ///   - bank: the bank it was built over.
  ///   - context: not needed.
  /// - Returns: an index that gives the same results as the one archived.
  /// - Throws: `PatchCoreError` with code `.invalidArtifact` if the tensors are damaged or belong to another bank or
  ///   other settings, `.invalidConfiguration` as `makeIndex`.
  public func restoreIndex(
    from archive: StageArchive, over bank: Matrix, _ context: StageContext
  ) throws -> any NeighbourIndex {
    let count = try listCount(forRows: bank.rows, dimension: bank.columns)
    let bank = try FaissArchive.usable(bank)
    let kept = FaissArchive(kind: Self.kind, archive: archive)
    let centroids = try Matrix(kept.tensor("centroids", .float32, [count, bank.columns]))
    if let row = centroids.firstRowNotFinite() { throw kept.damaged("centroid \(row) holds a NaN or an infinity") }
    let lists = try kept.numbers("lists", [bank.rows], in: 0..<Int32(count))
    let handle = try centroids.withUnsafeBufferPointer { centroids in
      try FaissHandle.making("restoring the index", over: bank) {
        cfaiss_restore_ivfflat($0, centroids.baseAddress, count, lists, &$1, $2, $3)
      }
    }
    return index(handle, bank, lists: count)
  }

  /// Whether the lists are those of another configuration; `probes` is a matter of searching alone.
  public func buildsSameIndex(as other: any NeighbourIndexConfiguration) -> Bool {
    (other as? Self).map { $0.lists == lists } ?? false
  }

  private func index(_ handle: FaissHandle, _ bank: Matrix, lists count: Int) -> FaissIndex {
    FaissIndex(handle: handle, bank: bank, depth: min(probes, count)) { handle in
      var centroids = [Float](repeating: 0, count: count * bank.columns)
      var lists = [Int32](repeating: 0, count: bank.rows)
      cfaiss_copy_ivfflat(handle.pointer, &centroids, &lists)
      return StageArchive(tensors: [
        "centroids": Tensor(centroids, shape: [count, bank.columns]), "lists": Tensor(lists, shape: [bank.rows]),
      ])
    }
  }
}
#endif
