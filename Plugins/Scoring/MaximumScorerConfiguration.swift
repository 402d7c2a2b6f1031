import PatchCore

/// The image score is the largest patch score; a patch score is the mean distance to the k nearest rows of the bank.
///
/// The scores of the authors' code. With `neighbours: 1` and `distance: euclidean` it is s* of Roth et al. (2022),
/// equation 6.
public struct MaximumScorerConfiguration: ScorerConfiguration {
  /// `maximum`.
  public static let kind = "maximum"

  /// Rows of the bank that a patch is compared with, k; at most the bank's size is used.
  ///
  /// Default 1.
  public var neighbours = 1
  /// The unit that is averaged over the neighbours.
  ///
  /// Default `squared_euclidean`.
  public var distance = DistanceUnit.squaredEuclidean

  /// The defaults.
  public init() {}

  /// Builds the scorer.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` if `neighbours` is below 1.
  public func makeScorer(_ context: StageContext) throws -> any Scorer {
    try requirePositive("neighbours", neighbours)
    return MaximumScorer(neighbours: neighbours, distance: distance)
  }
}

/// Throws `.invalidConfiguration` unless the value of a scorer's setting is at least 1.
func requirePositive(_ key: String, _ value: Int) throws {
  guard value >= 1 else {
    throw PatchCoreError(.invalidConfiguration, stage: "scorer", "\(key) is \(value); write a number of at least 1")
  }
}
