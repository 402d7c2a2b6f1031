import PatchCore

extension Dataset {
  /// Reads one category in MVTec AD's layout.
  ///
  /// `train/good` holds the images to fit with, `test/good` and `test/CLASS` those to evaluate with, and
  /// `ground_truth/CLASS/STEM_mask.EXT` (or `STEM.EXT`) their masks. Without the folder `ground_truth` there are no masks;
  /// with it every image with a defect needs one.
  ///
  /// - Parameter root: the category's folder.
  /// - Returns: the category with its fixed split.
  /// - Throws: `PatchCoreError` with code `.invalidDataset` for a missing or empty folder and masks that do not match.
  public static func mvtec(_ root: String) throws -> Dataset {
    let top = try DatasetFolder(root)
    guard top.folders.contains("train"), top.folders.contains("test") else { throw try notMVTec(top) }
    let train = try DatasetFolder(root + "/train")
    guard train.folders.contains(nominalName) else {
      throw PatchCoreError(
        .invalidDataset, "\(root)/train has no folder good, which holds the nominal images to fit with")
    }
    if let defect = train.folders.first(where: { $0 != nominalName }) {
      throw PatchCoreError(
        .invalidDataset,
        "\(root)/train holds the folder \(defect) beside good; only nominal images are fitted with, so "
          + "move it to test")
    }
    let nominal = try DatasetFolder(root + "/train/" + nominalName)
    guard !nominal.images.isEmpty else { throw try DatasetFolder.noImages(in: nominal.path) }
    var samples = nominal.images.map {
      DatasetSample(path: "train/\(nominalName)/\($0)", label: .nominal, use: .train)
    }

    let test = try DatasetFolder(root + "/test")
    let withMasks = top.folders.contains("ground_truth")
    let truth = withMasks ? try DatasetFolder(root + "/ground_truth") : nil
    var matcher = MaskMatcher()
    for name in test.folders {
      let images = try DatasetFolder(root + "/test/" + name)
      guard !images.images.isEmpty else { throw try DatasetFolder.noImages(in: images.path) }
      guard name != nominalName else {
        samples += images.images.map { DatasetSample(path: "test/\(name)/\($0)", label: .nominal, use: .test) }
        continue
      }
      var masks = [String?](repeating: nil, count: images.images.count)
      if let truth {
        let found = truth.folders.contains(name) ? try DatasetFolder(truth.path + "/" + name).images : []
        masks = try matcher.match(
          images: images.images, masks: found, imageFolder: "test/\(name)", maskFolder: "ground_truth/\(name)")
      }
      samples += zip(images.images, masks).map {
        DatasetSample(path: "test/\(name)/\($0)", label: .anomalous(defect: name), maskPath: $1, use: .test)
      }
    }
    guard samples.contains(where: { $0.use == .test }) else {
      throw try DatasetFolder.noImages(in: test.path, what: "no folders of images to test with")
    }
    try matcher.refuseUnmatched(in: root)
    if let lost = truth?.folders.first(where: { $0 != nominalName && !test.folders.contains($0) }) {
      throw PatchCoreError(
        .invalidDataset,
        "\(root): ground_truth/\(lost) holds masks, but there is no folder test/\(lost); remove it, or "
          + "add the images")
    }
    return Dataset(root: root, kind: .mvtec, samples: samples)
  }

  private static func notMVTec(_ top: DatasetFolder) throws -> PatchCoreError {
    let categories = try top.folders.filter {
      let inner = try DatasetFolder(top.path + "/" + $0).folders
      return inner.contains("train") && inner.contains("test")
    }
    if let first = categories.first {
      return PatchCoreError(
        .invalidDataset,
        "\(top.path) holds \(categories.count) categories (\(DatasetFolder.listing(categories))); give "
          + "one, such as mvtec:\(top.path)/\(first)")
    }
    let found = (top.folders.map { $0 + "/" } + top.images + top.others)
    return PatchCoreError(
      .invalidDataset,
      "\(top.path) does not have MVTec AD's layout: the folders train/good and test are needed, it "
        + "holds \(found.isEmpty ? "nothing" : DatasetFolder.listing(found))")
  }
}
