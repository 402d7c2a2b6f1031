import PatchCore

/// The unit of a patch score.
public enum DistanceUnit: String, Sendable, Hashable, Codable, CaseIterable {
  /// The Euclidean distance, as in the paper and in anomalib.
  case euclidean
  /// Its square, as in the authors' code.
  case squaredEuclidean = "squared_euclidean"
}
