import PatchCore

/// The images of a data set, what is known about them, and what each is used for.
///
/// Readers list files only: no image is opened. Samples are ordered by the bytes of their relative path, so the order
/// does not depend on the file system or the language. Names that begin with a dot and files that are no images are
/// left out; links are followed.
public struct Dataset: Sendable, Hashable {
  /// The name of the class without defects.
  public static let nominalName = "good"

  /// The name of the data set's folder; of a CSV list, the file's without its extension; of a scene, the scene's.
  public let name: String
  /// The folder that sample paths are relative to.
  public let root: String
  /// The layout.
  public let kind: DatasetKind
  /// The images, ordered by the bytes of their path.
  public private(set) var samples: [DatasetSample]
  /// The value above which a mask's pixel is a defect, for masks with grey rims; `nil` if the mask rule decides.
  public let maskThreshold: UInt8?

  /// Whether the data set itself says which images are for training.
  public let hasFixedSplit: Bool

  /// Creates a data set, putting the samples in order.
  ///
  /// - Parameters:
  ///   - root: the folder that sample paths are relative to.
  ///   - kind: the layout.
  ///   - samples: the images, in any order.
  ///   - maskThreshold: the value above which a mask's pixel is a defect; `nil` if the mask rule decides.
  ///   - name: its name; `nil` for that of the folder.
  ///   - hasFixedSplit: whether the samples' uses are the data set's own; `nil` for what the layout says.
  public init(
    root: String, kind: DatasetKind, samples: [DatasetSample], maskThreshold: UInt8? = nil, name: String? = nil,
    hasFixedSplit: Bool? = nil
  ) {
    self.name = name ?? DatasetFolder.lastComponent(of: root)
    self.root = root
    self.kind = kind
    self.samples = samples.sorted { DatasetFolder.precedes($0.path, $1.path) }
    self.maskThreshold = maskThreshold
    self.hasFixedSplit = hasFixedSplit ?? kind.fixesSplit
  }

  /// The images to fit with.
  public var train: [DatasetSample] { samples.filter { $0.use == .train } }
  /// The images to evaluate with.
  public var test: [DatasetSample] { samples.filter { $0.use == .test } }
  /// Whether any image has a mask.
  public var hasMasks: Bool { samples.contains { $0.maskPath != nil } }

  /// The full path of a file that is relative to the root.
  public func file(_ path: String) -> String { root.hasSuffix("/") ? root + path : root + "/" + path }

  /// The same data set with nominal images held out for testing, and others left out of a low-shot draw.
  ///
  /// An earlier split is undone first. Without training images there is nothing to draw from, and `shots` changes nothing.
  ///
  /// - Parameters:
  ///   - split: the share to hold out and the number to train on.
  ///   - seed: the description's seed.
  /// - Returns: the data set with the use of its nominal images decided.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` if the data set fixes the split and the fraction is not
  ///   0, if the fraction holds out no image, and if there are fewer training images than shots.
  public func splitting(_ split: Split, seed: UInt64) throws -> Dataset {
    try split.validate()
    var divided = self
    if hasFixedSplit {
      guard split.nominalTestFraction == 0 else {
        throw PatchCoreError(
          .invalidConfiguration, stage: "split",
          "nominal_test_fraction is \(split.nominalTestFraction), but the \(kind.rawValue) data set \(root) fixes its "
            + "test images; leave the key out, or set it to 0")
      }
      for position in samples.indices where samples[position].use == .unused {
        divided.samples[position].use = .train
      }
    } else {
      let nominal = samples.indices.filter { !samples[$0].label.isAnomalous }
      let held = try split.heldOut(among: nominal.count, seed: seed)
      guard !held.isEmpty || split.nominalTestFraction == 0 || nominal.isEmpty else {
        throw PatchCoreError(
          .invalidConfiguration, stage: "split",
          "nominal_test_fraction is \(split.nominalTestFraction), which holds out none of the \(nominal.count) nominal "
            + "images of \(root)\(nominal.count == 1 ? " because one is needed to train on" : ""); add images"
            + (nominal.count == 1 ? "" : ", give a larger fraction") + " or leave the key out")
      }
      for position in nominal { divided.samples[position].use = .train }
      for position in held { divided.samples[nominal[position]].use = .test }
    }
    let training = divided.samples.indices.filter { divided.samples[$0].use == .train }
    guard split.shots != nil, !training.isEmpty else { return divided }
    let drawn = try split.drawn(among: training.count, seed: seed)
    for position in training { divided.samples[position].use = .unused }
    for position in drawn { divided.samples[training[position]].use = .train }
    return divided
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
