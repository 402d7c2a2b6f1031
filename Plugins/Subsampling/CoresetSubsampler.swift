import Compute
import PatchCore

/// Chooses the patches that best cover the others, by greedy k-centre on projected patches.
///
/// The rows kept are the originals, in order of selection. The projection and the start are drawn from two seeds
/// derived from the stage's, so that a change of one leaves the other as it is. Same candidates, settings, seed, engine
/// and processor type give the same rows at any thread count.
///
/// Roth et al., *Towards Total Recall in Industrial Anomaly Detection* (2022), algorithm 1.
struct CoresetSubsampler: Subsampler {
  private let fraction: BankFraction
  private let projection: CoresetProjection
  private let start: CoresetStart
  private let seed: UInt64
  private let engine: any ComputeEngine

  init(_ configuration: CoresetConfiguration, seed: UInt64, engine: any ComputeEngine) throws {
    fraction = try BankFraction(configuration.fraction)
    try configuration.projection.validate()
    try configuration.start.validate()
    projection = configuration.projection
    start = configuration.start
    self.seed = seed
    self.engine = engine
  }

  func bankSize(forCandidates n: Int) throws -> Int { try fraction.bankSize(forCandidates: n) }

  /// Rows as they are compared and what is known of each; of each pick coordinates and sketch.
  func workingBytes(forCandidates n: Int, dimension: Int) -> Int {
    let p = projection.dimension(forPatches: n, dimension: dimension)
    let picks = fraction.size(forCandidates: n)
    return n * (p * MemoryLayout<Float>.stride + 24) + picks * (6 * p + 12)
  }

  func subsample(_ candidates: PatchEmbeddings, progress: ProgressReporter) throws -> MemoryBank {
    let vectors = candidates.vectors
    let count = try bankSize(forCandidates: vectors.rows)
    let matrix = try projection.matrix(
      patches: vectors.rows, dimension: vectors.columns, seed: SeededGenerator.subseed(seed, for: "projection"))
    let greedy = try GreedyCoreset(vectors, projection: matrix, engine: engine, progress: progress)
    var generator = SeededGenerator(seed: SeededGenerator.subseed(seed, for: "start"))
    let rows: [Int]
    switch start {
    case .random:
      rows = try greedy.select(count, first: generator.next(below: vectors.rows), progress: progress)
    case .meanOfRandom(let settings):
      let points = generator.sample(min(settings.points, vectors.rows), below: vectors.rows)
      rows = try greedy.select(count, startDistances: greedy.meanDistances(to: points), progress: progress)
    }
    return MemoryBank(selecting: rows, from: candidates)
  }
}
