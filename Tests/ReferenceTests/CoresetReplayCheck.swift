import Compute
import PatchCore
import Subsampling

/// How a coreset made elsewhere compares with ours, on the same candidates, projection and start points.
struct CoresetReplayCheck: CustomStringConvertible {
  /// Picks in all.
  var steps: Int
  /// Steps at which the reference's pick was not our farthest row.
  var stepsThatUsedTheBound: Int
  /// Steps at which it was nearer than the bound allows; 0 if the selections agree.
  var stepsBeyondTheBound: Int
  /// The largest shortfall, and the largest as a part of the bound at its step.
  var largestShortfall: Double
  var largestPartOfTheBound: Double
  /// The largest distance of a candidate to the bank, Euclidean, in the original dimensions.
  var referenceRadius: Double
  var ownRadius: Double
  /// Picks that both selections hold.
  var sharedPicks: Int

  var description: String {
    "\(steps) steps, \(stepsThatUsedTheBound) used the bound, \(stepsBeyondTheBound) beyond it; largest shortfall "
      + "\(largestShortfall), \(largestPartOfTheBound) of the bound; covering radius \(ownRadius), reference "
      + "\(referenceRadius); \(sharedPicks) picks shared"
  }

  /// Replays a reference's picks, then makes our own selection.
  ///
  /// The reference computes a distance as sqrt(|a|^2 - 2 a.b + |b|^2) in 32 bits, on rows that it projected in 32 bits.
  /// With u = 2^-24, rounding changes a sum of n products by about sqrt(n) u of the product of the norms (Higham and
  /// Mary, *A New Approach to Probabilistic Rounding Error Analysis* (2019), doi:10.1137/18M1226312; the certain bound is
  /// n u). So a coordinate of a projected row is off by sqrt(d) u |x| |w|, and a squared distance by
  /// sqrt(p) u (|a| + |b|)^2. Errors of coordinates change a distance by their part along the difference of the two rows,
  /// which is one coordinate's error if they are independent. Two rows with two such errors each, in the reference and
  /// in ours, for two distances, that of the pick and that of our farthest row, make the bound
  ///
  ///     2 * (4 sqrt(d) u X W + sqrt(p) u (2 A)^2 / (2 D))
  ///
  /// with X, W and A the largest norms of a row, of a row of the projection and of a projected row, and D the pick's
  /// distance.
  init(
    embeddings: Matrix, projection: Matrix, startPoints: [Int], picks: [Int], engine: any ComputeEngine
  ) throws {
    let greedy = try GreedyCoreset(embeddings, projection: projection, engine: engine)
    let start = try greedy.meanDistances(to: startPoints)
    let replay = try greedy.replay(picks, startDistances: start)

    let unit = 0x1p-24
    let p = Double(projection.rows), d = Double(embeddings.columns)
    let largestRow = (0..<embeddings.rows).map { norm(embeddings[row: $0]) }.max() ?? 0
    let largestWeight = (0..<projection.rows).map { norm(projection[row: $0]) }.max() ?? 0
    let largestProjected = (0..<embeddings.rows).map { norm(greedy.coordinates(ofRow: $0)) }.max() ?? 0
    let projecting = 4 * d.squareRoot() * unit * largestRow * largestWeight
    steps = picks.count
    stepsThatUsedTheBound = 0
    stepsBeyondTheBound = 0
    largestShortfall = 0
    largestPartOfTheBound = 0
    for step in replay where step.shortfall > 0 {
      let shortfall = Double(step.shortfall)
      let measuring = 2 * p.squareRoot() * unit * largestProjected * largestProjected / Double(step.distance)
      let bound = 2 * (projecting + measuring)
      stepsThatUsedTheBound += 1
      if shortfall > bound { stepsBeyondTheBound += 1 }
      largestShortfall = max(largestShortfall, shortfall)
      largestPartOfTheBound = max(largestPartOfTheBound, shortfall / bound)
    }

    let own = try greedy.select(picks.count, startDistances: start)
    sharedPicks = Set(own).intersection(picks).count
    referenceRadius = try coveringRadius(of: picks, in: embeddings, engine)
    ownRadius = try coveringRadius(of: own, in: embeddings, engine)
  }
}

private func coveringRadius(of rows: [Int], in candidates: Matrix, _ engine: any ComputeEngine) throws -> Double {
  let nearest = try engine.nearest(queries: candidates, bank: candidates.selecting(rows: rows), k: 1)
  return Double(nearest.squaredDistances.max() ?? 0).squareRoot()
}

private func norm(_ values: [Float]) -> Double {
  values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
}
