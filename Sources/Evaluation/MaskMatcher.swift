import PatchCore

/// Finds the mask of each image of one class by name: `STEM_mask.EXT` or `STEM.EXT`.
struct MaskMatcher {
  /// Images without a mask.
  private(set) var unmatchedImages: [String] = []
  /// Masks without an image.
  private(set) var unmatchedMasks: [String] = []

  /// The mask of each image, `nil` where there is none.
  ///
  /// - Parameters:
  ///   - images: names of images relative to `imageFolder`.
  ///   - masks: names of masks relative to `maskFolder`.
  ///   - imageFolder: the class's folder, relative to the data set.
  ///   - maskFolder: the folder of the class's masks, relative to the data set.
  /// - Returns: paths relative to the data set.
  /// - Throws: `PatchCoreError` with code `.invalidDataset` if two images would share a mask or an image has two masks.
  mutating func match(
    images: [String], masks: [String], imageFolder: String, maskFolder: String
  ) throws -> [String?] {
    // Keyed by bytes: Swift takes names for equal that differ in their Unicode form, the file system does not.
    var maskOfStem: [[UInt8]: String] = [:]
    for mask in masks {
      let stem = Self.stem(mask)
      if let other = maskOfStem.updateValue(mask, forKey: stem) {
        throw PatchCoreError(
          .invalidDataset, "\(maskFolder)/\(other) and \(maskFolder)/\(mask) are masks of one image; remove one")
      }
    }
    var imageOfStem: [[UInt8]: String] = [:]
    var used: Set<[UInt8]> = []
    var matched: [String?] = []
    for image in images {
      let stem = Self.stem(image)
      if let other = imageOfStem.updateValue(image, forKey: stem) {
        throw PatchCoreError(
          .invalidDataset,
          "\(imageFolder)/\(other) and \(imageFolder)/\(image) have the same name but for the "
            + "extension, so their masks cannot be told apart; rename one")
      }
      let candidates = [stem + Array("_mask".utf8), stem].filter { maskOfStem[$0] != nil }
      if candidates.count > 1 {
        let names = candidates.compactMap { maskOfStem[$0] }.map { "\(maskFolder)/\($0)" }
        throw PatchCoreError(
          .invalidDataset, "\(imageFolder)/\(image) has two masks, \(names.joined(separator: " and ")); remove one")
      }
      used.formUnion(candidates)
      matched.append(candidates.first.flatMap { maskOfStem[$0] }.map { "\(maskFolder)/\($0)" })
      if candidates.isEmpty { unmatchedImages.append("\(imageFolder)/\(image)") }
    }
    unmatchedMasks += masks.filter { !used.contains(Self.stem($0)) }.map { "\(maskFolder)/\($0)" }
    return matched
  }

  /// Counts masks without an image that were found elsewhere.
  mutating func add(unmatchedMasks masks: [String]) { unmatchedMasks += masks }

  /// Refuses what did not match.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidDataset` that lists the first names and the count.
  func refuseUnmatched(in root: String) throws {
    if !unmatchedImages.isEmpty {
      let names = DatasetFolder.listing(unmatchedImages)
      throw PatchCoreError(
        .invalidDataset,
        "\(root): \(unmatchedImages.count) images with defects have no mask (\(names)), others do; add "
          + "the missing masks, or remove all masks to evaluate scores alone")
    }
    if !unmatchedMasks.isEmpty {
      let names = DatasetFolder.listing(unmatchedMasks)
      throw PatchCoreError(
        .invalidDataset,
        "\(root): \(unmatchedMasks.count) masks have no image (\(names)); name a mask like its image, "
          + "as 000.png and 000_mask.png, or remove it")
    }
  }

  private static func stem(_ name: String) -> [UInt8] { Array(DatasetFolder.splitExtension(name).stem.utf8) }
}
