import PatchCore

/// The largest patch score, lowered where the nearest row of the bank is itself far from its neighbours.
///
/// Roth et al. (2022), section 3.3, equations 6 and 7. The paper leaves b open and the place of m* in its own
/// neighbourhood too; here m* is counted, as in anomalib, which keeps the weight between 0 and 1.
public struct ReweightedScorerConfiguration: ScorerConfiguration {
  /// `reweighted`.
  public static let kind = "reweighted"

  /// Rows of the bank that a patch is compared with, k; at most the bank's size is used.
  ///
  /// Default 1, as in the paper.
  public var neighbours = 1
  /// Rows of the bank in the neighbourhood of the nearest row, itself counted, b; at most the bank's size is used.
  ///
  /// With 1 the score is not reweighted. Default 9, as in anomalib.
  public var bankNeighbours = 9
  /// The unit of patch scores and of s*; the exponents of equation 7 are always Euclidean.
  ///
  /// Default `euclidean`.
  public var distance = DistanceUnit.euclidean

  /// The defaults.
  public init() {}

  /// Builds the scorer.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` if a number is below 1.
  public func makeScorer(_ context: StageContext) throws -> any Scorer {
    try requirePositive("neighbours", neighbours)
    try requirePositive("bank_neighbours", bankNeighbours)
    return ReweightedScorer(
      patchScorer: MaximumScorer(neighbours: neighbours, distance: distance), bankNeighbours: bankNeighbours)
  }

  private enum CodingKeys: String, CodingKey {
    case neighbours
    case bankNeighbours = "bank_neighbours"
    case distance
  }
}
