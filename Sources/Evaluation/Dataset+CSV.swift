import PatchCore

extension Dataset {
  /// Reads a CSV file that lists images: RFC 4180 in UTF-8, a header, one image per line.
  ///
  /// | Column | |
  /// | --- | --- |
  /// | `path` | the image, relative to the file's folder |
  /// | `label` | `good` or `0`; the name of the defect, or `1` for the class `anomaly` |
  /// | `mask` | optional: the mask's file, relative to the same folder; for images with a defect only |
  /// | `use` | optional: `train` or `test`, on every line |
  ///
  /// With `use` the split is fixed. Without it nominal images are for training until `splitting` says otherwise, and
  /// images with a defect are tested. If one image has a mask, every image with a defect needs one.
  ///
  /// - Parameter path: the CSV file.
  /// - Returns: the data set, named like the file without its extension.
  /// - Throws: `PatchCoreError` with code `.invalidDataset` naming file and line, for a file that is missing or no CSV,
  ///   columns that are unknown or missing, images or masks that are missing, images that come twice, a mask of a nominal
  ///   image, and training images with a defect.
  public static func csv(_ path: String) throws -> Dataset {
    let list = try CSVImageList(path)
    var samples: [DatasetSample] = []
    var lineOfPath: [[UInt8]: Int] = [:]
    var absent: [String] = [], withoutMask: [String] = []
    for row in list.rows {
      let image = try list.relative(row.path, "image", row.line)
      if let other = lineOfPath.updateValue(row.line, forKey: Array(image.utf8)) {
        throw list.problem(row.line, "\(image) is listed on line \(other) already; remove one line")
      }
      guard DatasetFolder.isImage(image) else {
        throw list.problem(row.line, "\(image) is no image by its name; \(DatasetFolder.extensionsRead)")
      }
      try list.check(image, "image", row.line, &absent)
      let label = try list.label(row.label, row.line)
      let use = try list.use(row.use, row.line) ?? (label.isAnomalous ? .test : .train)
      guard use == .test || !label.isAnomalous else {
        throw list.problem(
          row.line,
          "\(image) has the defect \(label.className), but is for training; only nominal images are fitted with")
      }
      var mask: String?
      if row.mask.isEmpty {
        if label.isAnomalous { withoutMask.append("\(image) on line \(row.line)") }
      } else {
        guard label.isAnomalous else {
          throw list.problem(
            row.line, "\(image) is labelled good, but has the mask \(row.mask); remove one of the two")
        }
        let file = try list.relative(row.mask, "mask", row.line)
        guard file != image else { throw list.problem(row.line, "\(image) is its own mask") }
        try list.check(file, "mask", row.line, &absent)
        mask = file
      }
      samples.append(DatasetSample(path: image, label: label, maskPath: mask, use: use))
    }
    guard absent.isEmpty else {
      throw PatchCoreError(
        .invalidDataset,
        "\(path): \(absent.count) files are missing (\(DatasetFolder.listing(absent))); paths are "
          + "relative to the folder of the list, with / between their parts")
    }
    guard withoutMask.isEmpty || !samples.contains(where: { $0.maskPath != nil }) else {
      throw PatchCoreError(
        .invalidDataset,
        "\(path): \(withoutMask.count) images with defects have no mask (\(DatasetFolder.listing(withoutMask))), others "
          + "do; add the missing masks, or remove all masks to evaluate scores alone")
    }
    return Dataset(
      root: list.folder, kind: .csv, samples: samples, name: DatasetFolder.splitExtension(list.name).stem,
      hasFixedSplit: list.hasUses)
  }
}
