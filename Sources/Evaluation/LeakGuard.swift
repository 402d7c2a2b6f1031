import PatchCore

/// Keeps images that a detector was fitted with out of its evaluation.
public enum LeakGuard {
  /// An image file by name and content.
  public struct DigestedImage: Sendable, Hashable {
    /// The file, relative to its data set.
    public var path: String
    /// The SHA-256 of the file's bytes, in hexadecimal digits.
    public var digest: String

    /// Creates a name with its digest.
    public init(path: String, digest: String) {
      self.path = path
      self.digest = digest
    }

    /// A training image that an artifact remembers.
    public init(_ image: TrainingImage) { self.init(path: image.name, digest: image.digest) }
  }

  /// Refuses test images whose bytes are those of a training image, under whatever name.
  ///
  /// Names do not matter: another data set may use the same ones.
  ///
  /// - Parameters:
  ///   - test: the images to evaluate with.
  ///   - training: the images that the detector was fitted with.
  /// - Throws: `PatchCoreError` with code `.invalidDataset` that names the first images, their number and the remedy.
  /// - Complexity: O(n + m).
  public static func refuse(test: [DigestedImage], among training: [DigestedImage]) throws {
    let trained = Dictionary(
      training.map { ($0.digest.lowercased(), $0.path) }, uniquingKeysWith: { first, _ in first })
    let leaks = test.compactMap { image in trained[image.digest.lowercased()].map { (image.path, $0) } }
    guard !leaks.isEmpty else { return }
    let names = leaks.map { $0 == $1 ? $0 : "\($0), fitted as \($1)" }
    throw PatchCoreError(
      .invalidDataset, stage: "evaluate",
      "\(leaks.count) of \(test.count) test images are among the \(training.count) "
        + "images that the detector was fitted with (\(DatasetFolder.listing(names, limit: 3))); evaluate with other "
        + "images, or fit again with split: {nominal_test_fraction: 0.2}, which keeps some nominal images apart")
  }
}
