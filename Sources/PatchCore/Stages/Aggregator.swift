/// Joins a patch's neighbourhood and layers into one vector per patch (f_agg in the paper).
///
/// Roth et al. (2022), section 3.1, equations 1 to 3. Safe to call from many tasks at once.
public protocol Aggregator: Sendable {
  /// The grid and dimension that come out for layers of the given shapes, without computing them.
  ///
  /// - Throws: `PatchCoreError` with code `.shapeMismatch` if the layers do not suit this aggregator.
  func shape(for layers: [FeatureShape]) throws -> PatchShape

  /// The patch embeddings of a batch.
  ///
  /// An image's embeddings do not depend on the others in its batch, nor on the number of threads.
  ///
  /// - Parameter layers: at least one map, all of one batch, as the extractor returns them.
  /// - Returns: `n x d`, image after image, each row by row.
  /// - Throws: `PatchCoreError` with code `.shapeMismatch` if the layers do not suit this aggregator.
  func aggregate(_ layers: [FeatureMap]) throws -> PatchEmbeddings
}

/// Plain data that builds an aggregator.
public protocol AggregatorConfiguration: StageConfiguration {
  /// Builds the aggregator.
  func makeAggregator(_ context: StageContext) throws -> any Aggregator
}
