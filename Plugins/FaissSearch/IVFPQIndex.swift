#if FAISS
import CFaiss
import PatchCore

/// An inverted-file index with product-quantised rows; `FaissIVFPQConfiguration` builds and restores it.
struct IVFPQIndex: NeighbourIndex {
  static let tensorName = "index"
  /// Queries of one piece of work: enough that reading the centroids is shared, few enough to keep two cores busy.
  private static let queriesPerPiece = 32

  let handle: FaissHandle
  let bank: Matrix
  let shape: IVFPQShape
  let probes: Int

  var count: Int { shape.rows }
  var dimension: Int { shape.dimension }

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
    let pieces = (n + Self.queriesPerPiece - 1) / Self.queriesPerPiece
    try parallelLoop(pieces) { piece in
      let first = piece * Self.queriesPerPiece
      let block = queries.slice(first..<min(n, first + Self.queriesPerPiece))
      try bank.withUnsafeBufferPointer { bankValues in
        try block.withUnsafeBufferPointer { values in
          try handle.search(
            values, count: block.rows, k: k, probes: probes, bank: bankValues, rows: found.rows + first * k,
            squaredDistances: found.squaredDistances + first * k)
        }
      }
    }
    return found.neighbours(queries: n, k: k)
  }

  func archive() throws -> StageArchive {
    StageArchive(
      tensors: [Self.tensorName: try handle.written()],
      notes: ["format": "faiss IwPQ", "faiss_version": String(cString: cfaiss_version())])
  }
}

/// Room for results that pieces of work fill side by side.
///
/// A class because it owns memory, freed in `deinit`. `@unchecked Sendable`: each piece writes its own range, and the results are read after all pieces have ended.
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
