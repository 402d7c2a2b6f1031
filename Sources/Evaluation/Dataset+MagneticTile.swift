import PatchCore

extension Dataset {
  /// Reads the Magnetic Tile Defects data set (Huang, Qiu, Yuan, *Surface defect saliency of magnetic tile*, 2018).
  ///
  /// `MT_Free` holds the nominal tiles, every other `MT_CLASS` those with a defect; files lie in the class's folder
  /// `Imgs` or in the class's folder itself. JPEG files are images, a PNG file of the same stem is the mask. Masks have
  /// grey rims: a pixel above 127 is a defect. Some masks are empty and stay so. Masks of nominal tiles are not read.
  ///
  /// - Parameter root: the folder that holds `MT_Free`.
  /// - Returns: the data set; nominal tiles are for training until `splitting` says otherwise.
  /// - Throws: `PatchCoreError` with code `.invalidDataset` for a missing or empty folder and masks that do not match.
  public static func magneticTile(_ root: String) throws -> Dataset {
    let prefix = "MT_", free = "MT_Free"
    let top = try DatasetFolder(root)
    guard top.folders.contains(free) else {
      let found = top.folders.map { $0 + "/" } + top.images + top.others
      throw PatchCoreError(
        .invalidDataset,
        "\(root) does not have the magnetic-tile layout: the folder \(free) is needed, it holds "
          + (found.isEmpty ? "nothing" : DatasetFolder.listing(found)))
    }
    var samples: [DatasetSample] = []
    var matcher = MaskMatcher()
    var maskCount = 0
    for name in top.folders where name.hasPrefix(prefix) {
      let inner = try DatasetFolder(root + "/" + name)
      let relative = inner.folders.contains("Imgs") ? name + "/Imgs" : name
      let folder = relative == name ? inner : try DatasetFolder(root + "/" + relative)
      let images = folder.images.filter {
        ["jpg", "jpeg"].contains(DatasetFolder.splitExtension($0).lowercasedExtension)
      }
      let masks = folder.images.filter { DatasetFolder.splitExtension($0).lowercasedExtension == "png" }
      guard !images.isEmpty else {
        throw PatchCoreError(
          .invalidDataset,
          "\(folder.path) holds no JPEG images"
            + (masks.isEmpty ? "" : ", only \(masks.count) PNG files, which are masks here"))
      }
      if name == free {
        // Nominal tiles may lack masks, so only masks that have no tile are a mistake here.
        var nominal = MaskMatcher()
        _ = try nominal.match(images: images, masks: masks, imageFolder: relative, maskFolder: relative)
        matcher.add(unmatchedMasks: nominal.unmatchedMasks)
        samples += images.map { DatasetSample(path: "\(relative)/\($0)", label: .nominal, use: .train) }
      } else {
        let matched = try matcher.match(images: images, masks: masks, imageFolder: relative, maskFolder: relative)
        maskCount += masks.count
        samples += zip(images, matched).map {
          let defect = String(name.dropFirst(prefix.count))
          return DatasetSample(path: "\(relative)/\($0)", label: .anomalous(defect: defect), maskPath: $1, use: .test)
        }
      }
    }
    if maskCount > 0 { try matcher.refuseUnmatched(in: root) }
    return Dataset(root: root, kind: .magneticTile, samples: samples, maskThreshold: 127)
  }
}
