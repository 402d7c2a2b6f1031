#if FAISS
import CFaiss
import PatchCore
import TensorFiles

/// Builds an approximate index as a graph of layers: FAISS's `IndexHNSW` over whole rows.
///
/// Each row is linked to near ones; a query walks from row to row, from a sparse layer down to the one that holds them
/// all. The rows stay in the bank, so the index adds its links. Distances are those of the exact search; a query that
/// finds fewer than k rows is compared with all. FAISS links rows in the order in which threads come to them, so the
/// graph is built on one thread: the same bank, settings and seed give the same index, byte for byte.
///
/// Malkov, Yashunin, *Efficient and robust approximate nearest neighbor search using Hierarchical Navigable Small World
/// graphs* (2020), doi:10.1109/TPAMI.2018.2889473.
public struct FaissHNSWConfiguration: FaissIndexConfiguration {
  /// The name in a description, `faiss_hnsw`.
  public static let kind = "faiss_hnsw"

  /// Links of a row on each layer, M in the paper, twice as many on the lowest; 2 to 1024, less than the bank's rows.
  ///
  /// Default 32, as in FAISS. A row takes `8 * links` bytes.
  public var links = 32
  /// Rows kept in view while a row is linked, the paper's efConstruction; at least 1.
  ///
  /// Default 100. More makes a better graph and takes longer to build; FAISS's own default is 40.
  public var buildDepth = 100
  /// Rows kept in view during a search, the paper's ef; at least 1, more than the bank's rows means all.
  ///
  /// Default 64. More finds more of the true neighbours and takes longer; FAISS's own default is 16.
  public var searchDepth = 64

  /// The default settings.
  public init() {}

  /// Creates settings.
  ///
  /// - Parameters:
  ///   - links: links of a row on each layer.
  ///   - buildDepth: rows kept in view while a row is linked.
  ///   - searchDepth: rows kept in view during a search.
  public init(links: Int = 32, buildDepth: Int = 100, searchDepth: Int = 64) {
    self.links = links
    self.buildDepth = buildDepth
    self.searchDepth = searchDepth
  }

  private enum CodingKeys: String, CodingKey {
    case links
    case buildDepth = "build_depth"
    case searchDepth = "search_depth"
  }

  /// Always `false`.
  public var isExact: Bool { false }

  /// FAISS divides by the logarithm of the number of links; beyond the upper bound it is no sparse graph any more.
  private static let supportedLinks = 2...1024

  /// Checks every setting against the bank's size.
  ///
  /// - Parameters:
  ///   - rows: rows of the bank.
  ///   - dimension: dimension of a row.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` naming the key, both numbers and the remedy.
  public func check(rows: Int, dimension: Int) throws {
    try FaissSettings.require(
      Self.supportedLinks.contains(links), "links",
      "\(links); give \(Self.supportedLinks.lowerBound) to \(Self.supportedLinks.upperBound)")
    try FaissSettings.require(buildDepth >= 1, "build_depth", "\(buildDepth); give at least 1")
    try FaissSettings.require(searchDepth >= 1, "search_depth", "\(searchDepth); give at least 1")
    try FaissSettings.checkBank(Self.kind, rows: rows, dimension: dimension)
    let remedy = rows > Self.supportedLinks.lowerBound ? "give at most \(rows - 1), or use" : "use"
    try FaissSettings.require(
      links < rows, "links",
      "\(links), but the bank has \(rows) rows to link to each other; \(remedy) neighbour_index: {kind: exact}")
  }

  /// Links the rows of the bank, on one thread.
  ///
  /// - Parameters:
  ///   - bank: `m x d`, all finite.
  ///   - context: its seed decides which rows are on the upper layers.
  /// - Returns: the index, which shares the bank's memory.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` if a setting is out of range or does not suit the
  ///   bank, `.notFinite` if the bank holds a NaN or an infinity, `.nativeFailure` if FAISS fails.
  /// - Complexity: about m x buildDepth x links distances.
  public func makeIndex(over bank: Matrix, _ context: StageContext) throws -> any NeighbourIndex {
    try check(rows: bank.rows, dimension: bank.columns)
    let bank = try FaissArchive.usable(bank)
    let seed = FaissHandle.nativeSeed(context.seed)
    let depth = min(buildDepth, bank.rows)
    let handle = try FaissHandle.making("building the index", over: bank) {
      cfaiss_build_hnsw($0, links, depth, seed, &$1, $2, $3)
    }
    return index(handle, bank)
  }

  /// Restores the index that `archive()` kept.
  ///
  /// - Parameters:
  ///   - archive: tensors `layers`, `links` and `entry_point`.
  ///   - bank: the bank it was built over.
  ///   - context: not needed.
  /// - Returns: an index that gives the same results as the one archived.
  /// - Throws: `PatchCoreError` with code `.invalidArtifact` if the tensors are damaged or belong to another bank or
  ///   other settings, `.invalidConfiguration` as `makeIndex`.
  public func restoreIndex(
    from archive: StageArchive, over bank: Matrix, _ context: StageContext
  ) throws -> any NeighbourIndex {
    try check(rows: bank.rows, dimension: bank.columns)
    let bank = try FaissArchive.usable(bank)
    let graph = try HNSWGraph(
      FaissArchive(kind: Self.kind, archive: archive), rows: bank.rows, linksPerRow: links)
    let handle = try FaissHandle.making("restoring the index", over: bank) {
      cfaiss_restore_hnsw($0, links, graph.layers, graph.links, graph.links.count, graph.entryPoint, &$1, $2, $3)
    }
    return index(handle, bank)
  }

  /// Whether the graph is that of another configuration; `search_depth` is a matter of searching alone.
  public func buildsSameIndex(as other: any NeighbourIndexConfiguration) -> Bool {
    guard let other = other as? Self else { return false }
    return links == other.links && buildDepth == other.buildDepth
  }

  private func index(_ handle: FaissHandle, _ bank: Matrix) -> FaissIndex {
    FaissIndex(handle: handle, bank: bank, depth: min(searchDepth, bank.rows)) { handle in
      var layers = [UInt8](repeating: 0, count: bank.rows)
      var links = [Int32](repeating: 0, count: cfaiss_hnsw_slots(handle.pointer))
      var entryPoint: Int32 = 0
      cfaiss_copy_hnsw(handle.pointer, &layers, &links, &entryPoint)
      return StageArchive(tensors: [
        "layers": Tensor(layers), "links": Tensor(links, shape: [links.count]),
        "entry_point": Tensor([entryPoint], shape: [1]),
      ])
    }
  }
}
#endif
