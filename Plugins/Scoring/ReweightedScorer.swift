import Foundation
import PatchCore

/// Equation 7: s = (1 - softmax over N_b(m*) of the distances to m_test, at m*) s*.
///
/// m_test is the patch with the largest score s*, the first among equals; m* is the row the index finds nearest to it.
/// With k above 1, s* is that patch's mean and m* the nearest of its k rows. N_b(m*) is m* and the b - 1 other rows
/// nearest to it, found by exact search whatever the index, so an approximate index changes only s* and m*. The map is
/// not reweighted.
struct ReweightedScorer: Scorer {
  let patchScorer: MaximumScorer
  let bankNeighbours: Int

  func score(
    _ embeddings: PatchEmbeddings, bank: MemoryBank, neighbourIndex: any NeighbourIndex
  ) throws -> [PatchScores] {
    var scores = try patchScorer.score(embeddings, bank: bank, neighbourIndex: neighbourIndex)
    let b = min(bankNeighbours, bank.count)
    // The softmax over one number is 1 and would make every score 0; without neighbours there is nothing to reweight.
    guard b > 1 else { return scores }
    let neighbourhoods = try BankNeighbourhoods(of: scores.map(\.nearestBankRow), in: bank.vectors, b: b)
    for image in scores.indices {
      let query = image * embeddings.grid.patchesPerImage + scores[image].decidingPatch
      let distances = embeddings.vectors.withRow(query) { query in
        neighbourhoods.rows[image].map { row in bank.vectors.withRow(row) { euclideanDistance(query, $0) } }
      }
      scores[image].imageScore *= Float(weight(distances))
    }
    return scores
  }

  /// 1 - softmax(distances)[0], in a form that neither overflows nor cancels: the share of the others.
  private func weight(_ distances: [Double]) -> Double {
    let largest = distances.max() ?? 0
    let exponentials = distances.map { exp($0 - largest) }
    let others = exponentials.dropFirst().reduce(0, +)
    return others / (exponentials[0] + others)
  }
}
