import Foundation
import PatchCore
import PatchCoreTestKit
import Scoring
import Testing

/// Both scorers against equations 6 and 7 in NumPy's 64-bit floats (Fixtures/make_scorer_goldens.py).
@Suite struct ScorerGoldenTests {
  struct Case: Codable, Sendable, CustomTestStringConvertible {
    var bank: Int
    var patches: Int
    var dimension: Int
    var neighbours: Int
    /// 0 for the scorer without reweighting.
    var bankNeighbours: Int
    var distance: DistanceUnit
    var scale: Float
    var patchScores: [Double]
    var deciding: [Int]
    var nearest: [Int]
    var imageScores: [Double]

    var testDescription: String {
      "\(bank) rows of \(dimension) times \(scale), k \(neighbours), b \(bankNeighbours), \(distance.rawValue)"
    }

    private enum CodingKeys: String, CodingKey {
      case bank, patches, dimension, neighbours, distance, scale, deciding, nearest
      case bankNeighbours = "bank_neighbours"
      case patchScores = "patch_scores"
      case imageScores = "image_scores"
    }

    static func load() throws -> [Case] {
      let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Fixtures/scorer_goldens.json")
      return try JSONDecoder().decode([Case].self, from: Data(contentsOf: file))
    }

    func matrix(rows: Int, seed: Int) -> Matrix {
      Matrix(
        rows: rows, columns: dimension,
        AggregatorData.values(rows * dimension, seed: seed).map { $0 * scale })
    }
  }

  /// Distances come rounded to 32 bits from the index; means and weights are computed in 64 bits and rounded once.
  static let relativeTolerance = 3e-7

  @Test(arguments: try Case.load())
  func equalsTheEquations(_ golden: Case) throws {
    let grid = PatchGrid(images: 2, height: golden.patches / 2, width: 2)
    let embeddings = PatchEmbeddings(vectors: golden.matrix(rows: grid.count, seed: 12), grid: grid)
    let bank = TestBank.bank(golden.matrix(rows: golden.bank, seed: 11))
    let scorer = try configuration(golden).makeScorer(StageContext())
    let scores = try scorer.score(embeddings, bank: bank, neighbourIndex: ReferenceIndex(over: bank.vectors))
    #expect(scores.map(\.decidingPatch) == golden.deciding)
    #expect(scores.map(\.nearestBankRow) == golden.nearest)
    let values = scores.flatMap(\.values).map(Double.init)
    try #require(values.count == golden.patchScores.count)
    for (value, truth) in zip(values, golden.patchScores) {
      #expect(abs(value - truth) <= Self.relativeTolerance * truth)
    }
    for (score, truth) in zip(scores, golden.imageScores) {
      #expect(abs(Double(score.imageScore) - truth) <= Self.relativeTolerance * truth)
    }
  }

  private func configuration(_ golden: Case) -> any ScorerConfiguration {
    guard golden.bankNeighbours > 0 else {
      var maximum = MaximumScorerConfiguration()
      maximum.neighbours = golden.neighbours
      maximum.distance = golden.distance
      return maximum
    }
    var reweighted = ReweightedScorerConfiguration()
    reweighted.neighbours = golden.neighbours
    reweighted.bankNeighbours = golden.bankNeighbours
    reweighted.distance = golden.distance
    return reweighted
  }
}

enum TestBank {
  /// A memory bank of given vectors, one patch of one image each.
  static func bank(_ vectors: Matrix) -> MemoryBank {
    let grid = PatchGrid(images: 1, height: vectors.rows, width: 1)
    return MemoryBank(
      selecting: Array(0..<vectors.rows), from: PatchEmbeddings(vectors: vectors, grid: grid))
  }
}
