import PatchCore

/// The images of a data set, what is known about them, and what each is used for.
///
/// Readers list files only: no image is opened. Samples are ordered by the bytes of their relative path, so the order
/// does not depend on the file system or the language. Names that begin with a dot and files that are no images are
/// left out; links are followed.
public struct Dataset: Sendable, Hashable {
  /// The name of the class without defects.
  public static let nominalName = "good"

  /// The name of the data set's folder.
  public let name: String
  /// The folder that sample paths are relative to.
  public let root: String
  /// The layout.
  public let kind: DatasetKind
  /// The images, ordered by the bytes of their path.
  public let samples: [DatasetSample]
  /// The value above which a mask's pixel is a defect, for masks with grey rims; `nil` if the mask rule decides.
  public let maskThreshold: UInt8?

  /// Creates a data set, putting the samples in order.
  public init(root: String, kind: DatasetKind, samples: [DatasetSample], maskThreshold: UInt8? = nil) {
    self.name = DatasetFolder.lastComponent(of: root)
    self.root = root
    self.kind = kind
    self.samples = samples.sorted { DatasetFolder.precedes($0.path, $1.path) }
    self.maskThreshold = maskThreshold
  }

  /// Whether the layout itself says which images are for training.
  public var hasFixedSplit: Bool { kind == .mvtec }
  /// The images to fit with.
  public var train: [DatasetSample] { samples.filter { $0.use == .train } }
  /// The images to evaluate with.
  public var test: [DatasetSample] { samples.filter { $0.use == .test } }
  /// Whether any image has a mask.
  public var hasMasks: Bool { samples.contains { $0.maskPath != nil } }

  /// The full path of a file that is relative to the root.
  public func file(_ path: String) -> String { root.hasSuffix("/") ? root + path : root + "/" + path }

  /// The same data set with nominal images held out for testing.
  ///
  /// - Parameters:
  ///   - split: the share to hold out.
  ///   - seed: the description's seed.
  /// - Returns: the data set with the use of its nominal images decided.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` if the layout fixes the split and the fraction is not 0.
  public func splitting(_ split: Split, seed: UInt64) throws -> Dataset {
    try split.validate()
    if hasFixedSplit {
      guard split.nominalTestFraction == 0 else {
        throw PatchCoreError(
          .invalidConfiguration, stage: "split",
          "nominal_test_fraction is \(split.nominalTestFraction), but the layout "
            + "\(kind.rawValue) of \(root) fixes its test images; leave the key out, or set it to 0")
      }
      return self
    }
    let nominal = samples.indices.filter { !samples[$0].label.isAnomalous }
    var divided = samples
    for position in nominal { divided[position].use = .train }
    for held in try split.heldOut(among: nominal.count, seed: seed) { divided[nominal[held]].use = .test }
    return Dataset(root: root, kind: kind, samples: divided, maskThreshold: maskThreshold)
  }

  /// The image files in a folder and the folders in it, relative to it, ordered by the bytes of their path.
  ///
  /// - Parameter folder: the folder.
  /// - Returns: at least one path.
  /// - Throws: `PatchCoreError` with code `.invalidDataset` if the folder is missing or holds no image; the message says
  ///   what it holds and which files are read.
  public static func images(below folder: String) throws -> [String] {
    let images = try DatasetFolder.imagesBelow(folder)
    guard !images.isEmpty else { throw try DatasetFolder.noImages(in: folder) }
    return images
  }
}
