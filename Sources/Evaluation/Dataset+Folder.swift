import PatchCore

extension Dataset {
  /// Reads a plain folder.
  ///
  /// With a folder `good`: its images are nominal, every other folder is a class of defect with its own images, and
  /// `masks/CLASS/STEM.EXT` (or `STEM_mask.EXT`) are the masks. Without the folder `masks` there are no masks; with it
  /// every image with a defect needs one. Classes may hold folders; a mask then lies in folders of the same names.
  ///
  /// A folder that holds images and no folders of images: all are nominal.
  ///
  /// - Parameter root: the folder.
  /// - Returns: the data set; nominal images are for training until `splitting` says otherwise.
  /// - Throws: `PatchCoreError` with code `.invalidDataset` if there are no images, classes without `good`, images that
  ///   belong to no class, and masks that do not match.
  public static func folder(_ root: String) throws -> Dataset {
    let top = try DatasetFolder(root)
    var classes: [(name: String, images: [String])] = []
    for name in top.folders where name != "masks" {
      classes.append((name, try DatasetFolder.imagesBelow(root + "/" + name)))
    }
    guard classes.contains(where: { !$0.images.isEmpty }) else {
      guard !top.images.isEmpty else { throw try DatasetFolder.noImages(in: root) }
      return nominal(root, top.images)
    }
    guard let good = classes.first(where: { $0.name == nominalName }) else {
      throw try classesWithoutGood(top, classes.map(\.name))
    }
    guard !good.images.isEmpty else { throw try DatasetFolder.noImages(in: root + "/" + nominalName) }
    guard top.images.isEmpty else {
      throw PatchCoreError(
        .invalidDataset,
        "\(root) holds \(top.images.count) images beside its classes "
          + "(\(DatasetFolder.listing(top.images))); move them into good or the folder of their defect")
    }
    var samples = good.images.map { DatasetSample(path: "\(nominalName)/\($0)", label: .nominal, use: .train) }
    var matcher = MaskMatcher()
    let truth = top.folders.contains("masks") ? try DatasetFolder(root + "/masks") : nil
    for (name, images) in classes where name != nominalName && !images.isEmpty {
      var masks = [String?](repeating: nil, count: images.count)
      if let truth {
        let found = truth.folders.contains(name) ? try DatasetFolder.imagesBelow(truth.path + "/" + name) : []
        masks = try matcher.match(images: images, masks: found, imageFolder: name, maskFolder: "masks/\(name)")
      }
      samples += zip(images, masks).map {
        DatasetSample(path: "\(name)/\($0)", label: .anomalous(defect: name), maskPath: $1, use: .test)
      }
    }
    try matcher.refuseUnmatched(in: root)
    let known = Set(classes.map(\.name))
    if let lost = truth?.folders.first(where: { $0 != nominalName && !known.contains($0) }) {
      throw PatchCoreError(
        .invalidDataset,
        "\(root): masks/\(lost) holds masks, but there is no folder \(lost); remove it, or add the images")
    }
    return Dataset(root: root, kind: .folder, samples: samples)
  }

  /// Reads a folder of nominal images alone, folders in it included, to fit with.
  ///
  /// - Parameter root: the folder.
  /// - Returns: the data set; all images are nominal and for training.
  /// - Throws: `PatchCoreError` with code `.invalidDataset` if there is no image.
  public static func nominalImages(_ root: String) throws -> Dataset {
    nominal(root, try imageFiles(below: root))
  }

  /// The images in a folder and the folders in it, as paths relative to it in the order of their bytes.
  ///
  /// - Parameter root: the folder.
  /// - Returns: at least one path, parts separated by `/`.
  /// - Throws: `PatchCoreError` with code `.invalidDataset` if there is no image, naming what there is instead.
  public static func imageFiles(below root: String) throws -> [String] {
    let found = try DatasetFolder.imagesBelow(root)
    guard !found.isEmpty else { throw try DatasetFolder.noImages(in: root) }
    return found
  }

  private static func nominal(_ root: String, _ images: [String]) -> Dataset {
    Dataset(
      root: root, kind: .folder, samples: images.map { DatasetSample(path: $0, label: .nominal, use: .train) })
  }

  private static func classesWithoutGood(_ top: DatasetFolder, _ classes: [String]) throws -> PatchCoreError {
    let holds = "\(top.path) holds the folders \(DatasetFolder.listing(classes)) but no folder good"
    if classes.contains("train"), classes.contains("test") {
      return PatchCoreError(.invalidDataset, "\(holds); it looks like MVTec AD's layout, so write mvtec:\(top.path)")
    }
    if classes.contains("MT_Free") {
      return PatchCoreError(
        .invalidDataset, "\(holds); it looks like magnetic tiles, so write magnetic-tile:\(top.path)")
    }
    return PatchCoreError(
      .invalidDataset,
      "\(holds), so which images are nominal is unknown; rename their folder to good, or give a folder "
        + "that holds nominal images alone")
  }
}
