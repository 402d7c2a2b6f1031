import PatchCore

/// Where a suite finds its data and weights, and where it writes.
public struct SuiteOptions: Sendable {
  /// The data sets, as `KIND:PATH` or a path of the suite's kind.
  public var data: [String]
  /// The categories to run; `nil` for all that are there.
  public var categories: [String]?
  /// A description that takes the place of the suite's base; `nil` for the suite's own.
  public var base: String?
  /// A folder of checkpoints, named by their architecture; `nil` for none.
  public var weightsFolder: String?
  /// Whether a run without weights is done with random ones.
  public var allowsRandomWeights = false
  /// Where results go; it must exist.
  public var folder: String
  /// Whether results of earlier runs are done anew.
  public var isFresh = false
  /// The most bytes of feature maps to keep at a time; 0 for none.
  public var featureBytes = 8 << 30
  /// The version of the program.
  public var version: String

  /// Creates options.
  public init(data: [String], folder: String, version: String) {
    self.data = data
    self.folder = folder
    self.version = version
  }
}
