/// Turns preprocessed images into feature maps, usually the tapped layers of a pretrained network (phi in the paper).
///
/// Roth et al. (2022), section 3.1. Safe to call from many tasks at once.
public protocol FeatureExtractor: Sendable {
  /// The names of the layers that `extract` returns, in that order.
  var layers: [String] { get }

  /// The feature maps of a batch of normalised images.
  ///
  /// An image's maps do not depend on the others in its batch, nor on the number of threads.
  ///
  /// - Parameter images: `batch x 3 x height x width`, as the preprocessing makes them.
  /// - Returns: one map per layer in the order of `layers`, each with the batch size given.
  /// - Throws: `PatchCoreError` with code `.shapeMismatch` if the images do not suit the network.
  func extract(_ images: FeatureMap) throws -> [FeatureMap]

  /// Where the weights come from, named in every output.
  var weights: WeightsOrigin { get }

  /// What must be kept in the artifact to restore this extractor without its original files.
  func archive() throws -> StageArchive

  /// How many nominal images a fit must show the extractor before it embeds; 0 if it needs none.
  var calibrationImages: Int { get }

  /// The extractor once it has seen nominal images, on which it sets the scales of its numbers.
  ///
  /// Depends on the images and their order alone, not on the number of threads.
  ///
  /// - Parameters:
  ///   - count: how many images there are: `calibrationImages`, or all if there are fewer.
  ///   - image: gives the image of a number below `count`, preprocessed, a batch of one.
  /// - Returns: the extractor to embed with.
  /// - Throws: whatever `image` and the network throw.
  func calibrated(on count: Int, image: (Int) throws -> FeatureMap) throws -> any FeatureExtractor

  /// What `calibrated` found, for artifacts that do not hold the weights; part of `archive()` too.
  func calibration() throws -> StageArchive

  /// The extractor with the calibration that an artifact kept.
  ///
  /// - Parameter archive: what `calibration()` gave.
  /// - Returns: the extractor to predict with.
  /// - Throws: `PatchCoreError` with code `.invalidArtifact` if something is missing.
  func calibrated(from archive: StageArchive) throws -> any FeatureExtractor
}

extension FeatureExtractor {
  /// An extractor that has nothing to keep.
  public func archive() throws -> StageArchive { StageArchive() }

  /// An extractor that needs no calibration.
  public var calibrationImages: Int { 0 }

  /// An extractor that needs no calibration.
  public func calibrated(on count: Int, image: (Int) throws -> FeatureMap) throws -> any FeatureExtractor { self }

  /// An extractor that needs no calibration.
  public func calibration() throws -> StageArchive { StageArchive() }

  /// An extractor that needs no calibration.
  public func calibrated(from archive: StageArchive) throws -> any FeatureExtractor { self }
}

/// Plain data that builds a feature extractor.
public protocol FeatureExtractorConfiguration: StageConfiguration {
  /// The shape of each layer's map for an input of the given size, found without weights or arithmetic.
  ///
  /// - Parameters:
  ///   - height: rows of the input.
  ///   - width: columns of the input.
  /// - Returns: one shape per layer, in the order in which the extractor returns them.
  /// - Throws: `PatchCoreError` if a layer is unknown or the input is too small for the network.
  func shapes(height: Int, width: Int) throws -> [FeatureShape]

  /// The most memory that the extractor holds for batches of one size, for the plan of a fit; by default 0.
  ///
  /// - Parameters:
  ///   - batch: images of a batch.
  ///   - height: rows of the input.
  ///   - width: columns of the input.
  /// - Returns: bytes: weights, and room for what is computed, the maps returned excepted.
  /// - Throws: `PatchCoreError` if a layer is unknown or the input is too small for the network.
  func workingBytes(batch: Int, height: Int, width: Int) throws -> Int

  /// Builds the extractor.
  func makeExtractor(_ context: StageContext) throws -> any FeatureExtractor

  /// Builds the extractor from what `archive()` kept; by default builds it anew.
  func restoreExtractor(from archive: StageArchive, _ context: StageContext) throws -> any FeatureExtractor
}

extension FeatureExtractorConfiguration {
  /// Nothing.
  public func workingBytes(batch: Int, height: Int, width: Int) throws -> Int { 0 }

  /// Builds the extractor anew.
  public func restoreExtractor(from archive: StageArchive, _ context: StageContext) throws -> any FeatureExtractor {
    try makeExtractor(context)
  }
}

/// Where an extractor's weights come from.
public struct WeightsOrigin: Sendable, Hashable, Codable {
  /// What a person should read: a file's name, "random", "none".
  public var name: String
  /// SHA-256 of the weights file in hexadecimal; `nil` if they come from no file.
  public var digest: String?

  /// Whether some network's weights are random; an ensemble names the weights of all its members.
  package var isRandom: Bool { digest == nil && name.split(separator: ", ").contains { $0.hasPrefix("random") } }

  /// Names an origin.
  public init(name: String, digest: String? = nil) {
    self.name = name
    self.digest = digest
  }
}
