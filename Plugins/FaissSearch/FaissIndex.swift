#if FAISS
import CFaiss
import PatchCore
import TensorFiles

/// An index of FAISS's over a bank that it shares; the kinds differ in what they keep.
struct FaissIndex: NeighbourIndex {
  let handle: FaissHandle
  let bank: Matrix
  /// Lists that a query looks through, or the search depth of a graph.
  let depth: Int
  /// Queries of one piece of work: enough that rows are read once for several of them, few enough to keep the cores busy.
  var queriesPerPiece = 32
  /// What the kind keeps of the native index.
  let keep: @Sendable (FaissHandle) throws -> StageArchive

  var count: Int { bank.rows }
  var dimension: Int { bank.columns }

  func search(_ queries: Matrix, k: Int) throws -> Neighbours {
    precondition(k >= 1, "k must be at least 1")
    guard queries.columns == dimension else {
      throw PatchCoreError(
        .shapeMismatch, stage: NeighbourIndexRole.name,
        "the index expects \(dimension)-dimensional rows, the queries have \(queries.columns); use the aggregator the "
          + "index was built with, or fit again")
    }
    let k = min(k, count), n = queries.rows
    let found = NativeResults(count: n * k)
    let pieces = (n + queriesPerPiece - 1) / queriesPerPiece
    try parallelLoop(pieces) { piece in
      let first = piece * queriesPerPiece
      let block = queries.slice(first..<min(n, first + queriesPerPiece))
      try bank.withNative { bank in
        try block.withUnsafeBufferPointer { values in
          try handle.search(
            values, count: block.rows, k: k, depth: depth, bank: bank, rows: found.rows + first * k,
            squaredDistances: found.squaredDistances + first * k)
        }
      }
    }
    return found.neighbours(queries: n, k: k)
  }

  func archive() throws -> StageArchive {
    var archive = try keep(handle)
    archive.notes["faiss_version"] = String(cString: cfaiss_version())
    archive.notes["faiss_options"] = String(cString: cfaiss_options())
      .split(separator: " ").joined(separator: " ")
    return archive
  }
}

/// Room for results that pieces of work fill side by side.
///
/// A class because it owns memory, freed in `deinit`. `@unchecked Sendable`: each piece writes its own range, and the
/// results are read after all pieces have ended.
private final class NativeResults: @unchecked Sendable {
  let rows: UnsafeMutablePointer<Int32>
  let squaredDistances: UnsafeMutablePointer<Float>
  private let count: Int

  init(count: Int) {
    self.count = count
    rows = .allocate(capacity: count)
    squaredDistances = .allocate(capacity: count)
    rows.initialize(repeating: 0, count: count)
    squaredDistances.initialize(repeating: 0, count: count)
  }

  deinit {
    rows.deallocate()
    squaredDistances.deallocate()
  }

  func neighbours(queries: Int, k: Int) -> Neighbours {
    Neighbours(
      queries: queries, k: k, rows: Array(UnsafeBufferPointer(start: rows, count: count)),
      squaredDistances: Array(UnsafeBufferPointer(start: squaredDistances, count: count)))
  }
}
#endif
