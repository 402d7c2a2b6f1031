#if FAISS
import CFaiss
import PatchCore
import TensorFiles

/// Builds an approximate index with inverted lists and product quantisation: FAISS's `IndexIVFPQ`.
///
/// k-means splits the bank into lists; a row is kept as its list and a code for its offset from the list's centroid,
/// made of one small codebook entry for each part of the vector. A query looks through the lists whose centroids are
/// nearest. The reference code's `ApproximateFaissNN` is this index with 512 lists, 64 sub-quantisers of 8 bits and
/// one probe.
///
/// Distances are FAISS's own approximation (from the query to the code, not to the row); rows that fill missing slots
/// have exact distances. The same bank, settings and seed give the same index, byte for byte, at any thread count.
///
/// Jégou, Douze, Schmid, *Product Quantization for Nearest Neighbor Search* (2011), doi:10.1109/TPAMI.2010.57.
public struct FaissIVFPQConfiguration: FaissIndexConfiguration {
  /// The name in a description, `faiss_ivfpq`.
  public static let kind = "faiss_ivfpq"

  /// Number of inverted lists, at most the rows of the bank.
  ///
  /// By default `nil` (`null` in a description): derived from the m rows of the bank as `round(4 * sqrt(m))`, but at
  /// most `m / 39` and at least 1. 4 to 16 times the square root is FAISS's advice; 39 is the fewest points per
  /// centroid it trains on without a warning. The reference code's 512 would leave 3 rows per list in a small bank.
  public var lists: Int?
  /// Number of parts a vector is cut into, each with a codebook of its own; a divisor of the dimension.
  ///
  /// Default 64, as in the reference code.
  public var subQuantisers = 64
  /// Bits of a code per part, 4 to 8; default 8.
  ///
  /// A codebook has `2^bits` entries and needs a bank of as many rows.
  public var bits = 8
  /// Lists that a query looks through, at most all of them; if `lists` is derived, more than there are means all.
  ///
  /// Default 1, as in FAISS and in the reference code, which never sets it. More probes find more of the true
  /// neighbours and take longer.
  public var probes = 1

  /// The default settings.
  public init() {}

  /// Creates settings.
  ///
  /// - Parameters:
  ///   - lists: number of inverted lists; `nil` derives it from the bank.
  ///   - subQuantisers: number of parts a vector is cut into.
  ///   - bits: bits of a code per part.
  ///   - probes: lists that a query looks through.
  public init(lists: Int? = nil, subQuantisers: Int = 64, bits: Int = 8, probes: Int = 1) {
    self.lists = lists
    self.subQuantisers = subQuantisers
    self.bits = bits
    self.probes = probes
  }

  private enum CodingKeys: String, CodingKey {
    case lists
    case subQuantisers = "sub_quantisers"
    case bits, probes
  }

  /// Writes every key, `lists` as `null` if it is to be derived.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(lists, forKey: .lists)
    try container.encode(subQuantisers, forKey: .subQuantisers)
    try container.encode(bits, forKey: .bits)
    try container.encode(probes, forKey: .probes)
  }

  /// Always `false`.
  public var isExact: Bool { false }

  /// Trains an index on the bank and adds the bank's rows to it.
  ///
  /// Training runs on one thread: about lists x m x d multiplications for each of 10 rounds and 2^bits x m x d for
  /// each of 25.
  ///
  /// - Parameters:
  ///   - bank: `m x d`, `m >= 2^bits`, all finite.
  ///   - context: its seed decides the choice of the first centroids.
  /// - Returns: the index.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` if a setting is out of range or does not suit the
  ///   bank, `.notFinite` if the bank holds a NaN or an infinity, `.nativeFailure` if FAISS fails.
  public func makeIndex(over bank: Matrix, _ context: StageContext) throws -> any NeighbourIndex {
    let shape = try shape(forRows: bank.rows, dimension: bank.columns)
    let bank = try FaissArchive.usable(bank)
    FaissSettings.warnIfFewRows(shape.rows, key: "lists", value: shape.lists, centroids: shape.lists, context)
    FaissSettings.warnIfFewRows(shape.rows, key: "bits", value: bits, centroids: shape.codebookSize, context)
    let seed = FaissHandle.nativeSeed(context.seed)
    let handle = try FaissHandle.making("building the index", over: bank) {
      cfaiss_build_ivfpq($0, shape.lists, shape.subQuantisers, shape.bits, seed, &$1, $2, $3)
    }
    return index(handle, bank, shape)
  }

  /// Restores the index that `archive()` kept.
  ///
  /// - Parameters:
  ///   - archive: a tensor `index` in FAISS's format.
  ///   - bank: the bank it was built over.
  ///   - context: not needed.
  /// - Returns: an index that gives the same results as the one archived.
  /// - Throws: `PatchCoreError` with code `.invalidArtifact` if the bytes are damaged or belong to another bank or
  ///   other settings, `.invalidConfiguration` as `makeIndex`.
  public func restoreIndex(
    from archive: StageArchive, over bank: Matrix, _ context: StageContext
  ) throws -> any NeighbourIndex {
    let shape = try shape(forRows: bank.rows, dimension: bank.columns)
    let bank = try FaissArchive.usable(bank)
    let tensor = try FaissArchive(kind: Self.kind, archive: archive).tensor(Self.tensorName, .uint8, [nil])
    let handle = try tensor.withBytes { bytes in
      try IVFPQFormat(shape).check(bytes)
      return try FaissHandle.making("reading the index", over: bank) {
        cfaiss_read_ivfpq(bytes.assumingMemoryBound(to: UInt8.self).baseAddress, bytes.count, &$1, $2, $3)
      }
    }
    return index(handle, bank, shape)
  }

  /// Whether lists and codes are those of another configuration; `probes` is a matter of searching alone.
  public func buildsSameIndex(as other: any NeighbourIndexConfiguration) -> Bool {
    guard let other = other as? Self else { return false }
    return lists == other.lists && subQuantisers == other.subQuantisers && bits == other.bits
  }

  private static let tensorName = "index"

  private func index(_ handle: FaissHandle, _ bank: Matrix, _ shape: IVFPQShape) -> FaissIndex {
    FaissIndex(handle: handle, bank: bank, depth: min(probes, shape.lists)) { handle in
      var bytes: UnsafeMutablePointer<UInt8>?
      var count = 0
      try FaissHandle.call("writing the index") { cfaiss_write_ivfpq(handle.pointer, &bytes, &count, $0, $1) }
      defer { cfaiss_free_bytes(bytes) }
      let storage = TensorStorage(byteCount: count)
      storage.mutableBytes.copyMemory(from: UnsafeRawBufferPointer(start: bytes, count: count))
      return StageArchive(
        tensors: [Self.tensorName: Tensor(elementType: .uint8, shape: [count], storage: storage)],
        notes: ["format": "faiss IwPQ"])
    }
  }
}
#endif
