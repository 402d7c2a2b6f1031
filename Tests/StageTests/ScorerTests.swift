import Foundation
import PatchCore
import PatchCoreTestKit
import Scoring
import Testing

@Suite struct ScorerTests {
  @Test func firstOfEqualPatchesDecides() throws {
    let bank = TestBank.bank(Matrix(rows: 1, columns: 1, [0]))
    let scores = try score(MaximumScorerConfiguration(), [1, -2, 2, 0], bank)
    #expect(scores.decidingPatch == 1)
    #expect(scores.imageScore == 4)
    #expect(scores.values == [1, 4, 4, 0])
  }

  /// Five copies of the nearest row: whichever of them the index names, all distances are equal and w = 1 - 1/b.
  @Test func copiesOfTheNearestRowCountAsNeighbours() throws {
    let bank = TestBank.bank(Matrix(rows: 6, columns: 1, [0, 0, 0, 0, 0, 9]))
    var configuration = ReweightedScorerConfiguration()
    configuration.bankNeighbours = 4
    let scores = try score(configuration, [-3], bank)
    #expect(abs(scores.imageScore - 3 * 0.75) <= 1e-6)
  }

  /// Equation 7 by hand on a line.
  @Test func neighbourhoodIsThatOfTheNearestRowNotOfTheQuery() throws {
    // The patch at 10; m* at 12 (row 1). Nearest to m* are 15 (row 2) and 16 (row 3), though 6 (row 0) is nearer to
    // the patch than both.
    let bank = TestBank.bank(Matrix(rows: 4, columns: 1, [6, 12, 15, 16]))
    var configuration = ReweightedScorerConfiguration()
    configuration.bankNeighbours = 3
    let scores = try score(configuration, [10], bank)
    let weight = 1 - exp(2.0) / (exp(2.0) + exp(5.0) + exp(6.0))
    #expect(scores.nearestBankRow == 1)
    #expect(abs(Double(scores.imageScore) - weight * 2) <= 1e-6)
  }

  /// The bank neighbours come from exact search even where the index is wrong: only s* and m* are the index's.
  @Test func neighbourhoodIsExactWhateverTheIndex() throws {
    struct LastRowIndex: NeighbourIndex {
      let count: Int
      let dimension: Int

      func search(_ queries: Matrix, k: Int) throws -> Neighbours {
        Neighbours(
          queries: queries.rows, k: 1, rows: [Int32](repeating: Int32(count - 1), count: queries.rows),
          squaredDistances: [Float](repeating: 49, count: queries.rows))
      }
    }
    let bank = TestBank.bank(Matrix(rows: 3, columns: 1, [1, 3, 4]))
    var configuration = ReweightedScorerConfiguration()
    configuration.bankNeighbours = 2
    let embeddings = PatchEmbeddings(
      vectors: Matrix(rows: 1, columns: 1, [0]), grid: PatchGrid(images: 1, height: 1, width: 1))
    let scores = try configuration.makeScorer(StageContext())
      .score(embeddings, bank: bank, neighbourIndex: LastRowIndex(count: 3, dimension: 1))
    let weight = 1 - exp(4.0) / (exp(4.0) + exp(3.0))
    #expect(abs(Double(scores[0].imageScore) - weight * 7) <= 1e-5)
  }

  /// Candidates picked with 32-bit distances and ordered with 64-bit ones are the true neighbours, near ties included.
  @Test(arguments: [3, 64, 65, 200], [2, 9, 40])
  func largeBanksWithNearTies(_ dimension: Int, _ b: Int) throws {
    var generator = SeededGenerator(seed: UInt64(dimension + b))
    // Few distinct values far from zero: many distances are equal or differ in the last bit.
    let values = (0..<1500 * dimension).map { _ in 100 + Float(generator.next(below: 3)) * 0.0625 }
    let bank = TestBank.bank(Matrix(rows: 1500, columns: dimension, values))
    let query = Matrix(
      rows: 1, columns: dimension, (0..<dimension).map { _ in 100 + generator.nextUniform(limit: 0.25) })
    var configuration = ReweightedScorerConfiguration()
    configuration.bankNeighbours = b
    let reference = ReferenceIndex(over: bank.vectors)
    let embeddings = PatchEmbeddings(vectors: query, grid: PatchGrid(images: 1, height: 1, width: 1))
    let scores = try configuration.makeScorer(StageContext())
      .score(embeddings, bank: bank, neighbourIndex: reference)[0]
    let nearest = scores.nearestBankRow
    // The neighbourhood by sorting, m* first, ties to the lower row.
    let centre = bank.vectors.slice(nearest..<nearest + 1)
    let order = try reference.search(centre, k: 1500).rows.map(Int.init).filter { $0 != nearest }
    let rows = [nearest] + order.prefix(b - 1)
    let exponentials = rows.map { row in exp(distance(query[row: 0], bank.vectors[row: row])) }
    let weight = 1 - exponentials[0] / exponentials.reduce(0, +)
    let truth = weight * distance(query[row: 0], bank.vectors[row: nearest])
    #expect(abs(Double(scores.imageScore) - truth) <= 1e-6 * truth)
  }

  @Test func mismatchesNameBothNumbers() throws {
    let bank = TestBank.bank(Matrix(rows: 4, columns: 3))
    let scorer = try MaximumScorerConfiguration().makeScorer(StageContext())
    let embeddings = PatchEmbeddings(
      vectors: Matrix(rows: 1, columns: 5), grid: PatchGrid(images: 1, height: 1, width: 1))
    let dimensions = #expect(throws: PatchCoreError.self) {
      try scorer.score(embeddings, bank: bank, neighbourIndex: ReferenceIndex(over: bank.vectors))
    }
    #expect(dimensions?.code == .shapeMismatch)
    #expect(dimensions?.message.contains("3") == true && dimensions?.message.contains("5") == true)
    let other = ReferenceIndex(over: Matrix(rows: 7, columns: 3))
    let matching = PatchEmbeddings(
      vectors: Matrix(rows: 1, columns: 3), grid: PatchGrid(images: 1, height: 1, width: 1))
    let index = #expect(throws: PatchCoreError.self) {
      try scorer.score(matching, bank: bank, neighbourIndex: other)
    }
    #expect(index?.message.contains("7") == true && index?.message.contains("4") == true)
  }

  @Test func numbersBelowOneAreRefused() {
    var maximum = MaximumScorerConfiguration()
    maximum.neighbours = 0
    var reweighted = ReweightedScorerConfiguration()
    reweighted.bankNeighbours = 0
    for configuration in [maximum, reweighted] as [any ScorerConfiguration] {
      let error = #expect(throws: PatchCoreError.self) { try configuration.makeScorer(StageContext()) }
      #expect(error?.code == .invalidConfiguration)
      #expect(error?.message.contains("neighbours is 0") == true)
    }
  }

  private func score(
    _ configuration: some ScorerConfiguration, _ patches: [Float], _ bank: MemoryBank
  ) throws -> PatchScores {
    let grid = PatchGrid(images: 1, height: 1, width: patches.count)
    let embeddings = PatchEmbeddings(vectors: Matrix(rows: patches.count, columns: 1, patches), grid: grid)
    return try configuration.makeScorer(StageContext())
      .score(embeddings, bank: bank, neighbourIndex: ReferenceIndex(over: bank.vectors))[0]
  }

  private func distance(_ a: [Float], _ b: [Float]) -> Double {
    zip(a, b).reduce(0) { $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1)) }.squareRoot()
  }
}
