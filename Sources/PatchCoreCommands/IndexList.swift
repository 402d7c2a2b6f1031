import PatchCore

/// The indexes that `compare-indexes` compares, an exact one first.
struct IndexList {
  let indexes: [StageDescription<NeighbourIndexRole>]

  /// The indexes given, with the first exact one in front (`exact` if there is none); or, if none are, a list for a bank.
  ///
  /// - Parameters:
  ///   - given: the user's list.
  ///   - rows: rows of the bank.
  ///   - dimension: dimension of a row.
  ///   - catalogue: the kinds of the build.
  /// - Throws: `PatchCoreError` if the catalogue lacks `exact`.
  init(
    _ given: [StageDescription<NeighbourIndexRole>]?, rows: Int, dimension: Int, catalogue: StageCatalogue
  ) throws {
    var list = try given ?? Self.suggestions(rows: rows, dimension: dimension, catalogue)
    if let exact = list.firstIndex(where: { $0.configuration.isExact }) {
      list.insert(list.remove(at: exact), at: 0)
    } else {
      list.insert(contentsOf: try Self.parse(["{kind: exact}"], catalogue), at: 0)
    }
    indexes = list
  }

  /// Indexes of this build that suit a bank of the given size, from thorough to quick within each kind.
  static func suggestions(
    rows: Int, dimension: Int, _ catalogue: StageCatalogue
  ) throws -> [StageDescription<NeighbourIndexRole>] {
    // 64 parts as in the reference code, or the next smaller number that divides the dimension; 8 bits need 256 rows.
    let parts = (1...max(1, min(64, dimension))).last { dimension % $0 == 0 } ?? 1
    let bits = (4...8).last { 1 << $0 <= rows } ?? 4
    let codes = "kind: faiss_ivfpq, sub_quantisers: \(parts), bits: \(bits)"
    let all = [
      "{kind: exact}", "{kind: faiss_flat}",
      "{kind: faiss_ivfflat, probes: 64}", "{kind: faiss_ivfflat, probes: 16}", "{kind: faiss_ivfflat, probes: 4}",
      "{kind: faiss_ivfflat, probes: 1}",
      "{kind: faiss_hnsw, search_depth: 256}", "{kind: faiss_hnsw}",
      "{kind: reranked, index: {\(codes), probes: 16}, candidates: 50}",
      "{\(codes), probes: 16}", "{\(codes), probes: 1}",
    ]
    let kinds = Set(catalogue.kinds(ofRole: NeighbourIndexRole.name))
    let present = all.filter { text in
      !text.contains("faiss_") || kinds.isSuperset(of: ["faiss_ivfpq", "faiss_ivfflat", "faiss_hnsw", "faiss_flat"])
    }
    return try parse(present, catalogue).filter { index in
      do {
        try index.configuration.check(rows: rows, dimension: dimension)
        return true
      } catch let error as PatchCoreError where [.invalidConfiguration, .shapeMismatch].contains(error.code) {
        return false
      }
    }
  }

  private static func parse(
    _ texts: [String], _ catalogue: StageCatalogue
  ) throws -> [StageDescription<NeighbourIndexRole>] {
    try StageDescription<NeighbourIndexRole>.list(
      yaml: "[" + texts.joined(separator: ", ") + "]", name: "default indexes", catalogue: catalogue)
  }
}
