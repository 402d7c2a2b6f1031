/// The part a stage plays in a pipeline; the name is its key in a description.
public protocol StageRole: Sendable {
  /// The protocol that this role's configurations conform to.
  associatedtype Configuration: Sendable
  /// The key of the role in a description.
  static var name: String { get }
}

/// `extractor`: images to feature maps.
public enum ExtractorRole: StageRole {
  /// Its configurations.
  public typealias Configuration = any FeatureExtractorConfiguration
  /// Its key in a description.
  public static let name = "extractor"
}

/// `aggregator`: feature maps to patch embeddings.
public enum AggregatorRole: StageRole {
  /// Its configurations.
  public typealias Configuration = any AggregatorConfiguration
  /// Its key in a description.
  public static let name = "aggregator"
}

/// `subsampler`: patch embeddings to a memory bank.
public enum SubsamplerRole: StageRole {
  /// Its configurations.
  public typealias Configuration = any SubsamplerConfiguration
  /// Its key in a description.
  public static let name = "subsampler"
}

/// `neighbour_index`: queries to nearest rows of the bank.
public enum NeighbourIndexRole: StageRole {
  /// Its configurations.
  public typealias Configuration = any NeighbourIndexConfiguration
  /// Its key in a description.
  public static let name = "neighbour_index"
}

/// `scorer`: distances to scores.
public enum ScorerRole: StageRole {
  /// Its configurations.
  public typealias Configuration = any ScorerConfiguration
  /// Its key in a description.
  public static let name = "scorer"
}
