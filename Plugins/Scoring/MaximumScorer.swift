import PatchCore

/// Patch scores as the mean distance to the k nearest rows of the bank, and their maximum in each image.
///
/// The first patch among equals decides. Means are taken in 64-bit floats.
struct MaximumScorer: Scorer {
  let neighbours: Int
  let distance: DistanceUnit

  func score(
    _ embeddings: PatchEmbeddings, bank: MemoryBank, neighbourIndex: any NeighbourIndex
  ) throws -> [PatchScores] {
    try check(embeddings, bank, neighbourIndex)
    let grid = embeddings.grid
    guard grid.count > 0 else {
      guard grid.images == 0 else {
        throw PatchCoreError(
          .shapeMismatch, stage: "scorer",
          "\(grid.images) images with \(grid.height) x \(grid.width) patches each; "
            + "give at least one patch per image")
      }
      return []
    }
    let nearest = try neighbourIndex.search(embeddings.vectors, k: min(neighbours, bank.count))
    return (0..<grid.images).map { image in
      let first = image * grid.patchesPerImage
      var values: [Float] = []
      values.reserveCapacity(grid.patchesPerImage)
      var rows: [Int32] = []
      rows.reserveCapacity(grid.patchesPerImage)
      var deciding = 0
      for patch in 0..<grid.patchesPerImage {
        values.append(mean(of: nearest, query: first + patch))
        rows.append(nearest.rows[(first + patch) * nearest.k])
        if values[patch] > values[deciding] { deciding = patch }
      }
      return PatchScores(
        height: grid.height, width: grid.width, values: values, imageScore: values[deciding], decidingPatch: deciding,
        nearestBankRow: Int(rows[deciding]), nearestRows: rows)
    }
  }

  private func mean(of nearest: Neighbours, query: Int) -> Float {
    var sum = 0.0
    for slot in query * nearest.k..<(query + 1) * nearest.k {
      let squared = Double(nearest.squaredDistances[slot])
      sum += distance == .euclidean ? squared.squareRoot() : squared
    }
    return Float(sum / Double(nearest.k))
  }

  private func check(_ embeddings: PatchEmbeddings, _ bank: MemoryBank, _ neighbourIndex: any NeighbourIndex) throws {
    guard bank.count > 0 else {
      throw PatchCoreError(.shapeMismatch, stage: "scorer", "the memory bank is empty; fit on at least one image")
    }
    guard embeddings.dimension == bank.dimension else {
      throw PatchCoreError(
        .shapeMismatch, stage: "scorer",
        "the memory bank holds \(bank.dimension)-dimensional rows, the aggregator "
          + "produces \(embeddings.dimension); fit again with this aggregator")
    }
    guard neighbourIndex.count == bank.count, neighbourIndex.dimension == bank.dimension else {
      throw PatchCoreError(
        .shapeMismatch, stage: "scorer",
        "the index covers \(neighbourIndex.count) rows of dimension "
          + "\(neighbourIndex.dimension), the memory bank has \(bank.count) of \(bank.dimension); build the index again"
      )
    }
  }
}
