import PatchCore

/// The scores of the pixels of test images, collected map by map; `ranked` puts them in order for the metrics.
///
/// A nominal pixel takes 4 bytes and a defect pixel 8, its region included: 87 million pixels, as 83 images of
/// 1024 x 1024, take 350 MB and 4 bytes more for each defect pixel, and up to as much again while they are put in order.
public struct PixelScores: Sendable {
  /// Nominal pixels of images without a defect pixel.
  private var nominal: [UInt32] = []
  /// Nominal pixels of images with one.
  private var nominalBesideDefects: [UInt32] = []
  /// Defect pixels: the score's key in the upper half, the number of the region in the lower.
  private var defectPixels: [UInt64] = []
  /// Number of pixels of each region, in the order of the images.
  private var regionAreas: [Int] = []
  private var isSorted = true

  /// No pixels yet.
  public init() {}

  /// Number of nominal pixels.
  public var nominalCount: Int { nominal.count + nominalBesideDefects.count }
  /// Number of defect pixels.
  public var anomalousCount: Int { defectPixels.count }
  /// Number of 8-connected defect regions.
  public var regionCount: Int { regionAreas.count }

  /// Makes room for pixels that are to come.
  ///
  /// - Parameters:
  ///   - pixelsOfNominalImages: pixels of images without defects.
  ///   - pixelsOfAnomalousImages: pixels of images with defects.
  public mutating func reserveCapacity(pixelsOfNominalImages: Int, pixelsOfAnomalousImages: Int) {
    nominal.reserveCapacity(pixelsOfNominalImages)
    nominalBesideDefects.reserveCapacity(pixelsOfAnomalousImages)
  }

  /// Adds the pixels of a map.
  ///
  /// - Parameters:
  ///   - map: scores; higher means more anomalous.
  ///   - defects: the truth, of the map's size; `nil` if every pixel is nominal.
  ///   - image: named in errors.
  /// - Throws: `PatchCoreError` with code `.notFinite` if a score is NaN or infinite, `.shapeMismatch` if the sizes
  ///   differ. Nothing is added then.
  public mutating func add(_ map: AnomalyMap, defects: DefectMask?, image: String) throws {
    if let defects {
      guard defects.height == map.height, defects.width == map.width else {
        throw PatchCoreError(
          .shapeMismatch, stage: "evaluate",
          "\(image): the map has \(map.width) x \(map.height) pixels, the mask \(defects.width) x \(defects.height); a mask "
            + "must lie on its map pixel by pixel")
      }
    }
    if let bad = map.values.first(where: { !$0.isFinite }) {
      throw RankingScores.notFinite(bad, image, "a pixel's score")
    }
    isSorted = false
    guard let defects, defects.count > 0 else {
      nominal.append(contentsOf: map.values.lazy.map(ScoreKey.key))
      return
    }
    let regions = ConnectedRegions(height: defects.height, width: defects.width, isMember: defects.values)
    // Region 1 of this image follows the last one of the image before.
    let before = regionAreas.count - 1
    regionAreas += regions.areas
    map.values.withUnsafeBufferPointer { scores in
      regions.labels.withUnsafeBufferPointer { labels in
        for pixel in scores.indices {
          let key = ScoreKey.key(scores[pixel])
          if labels[pixel] == 0 {
            nominalBesideDefects.append(key)
          } else {
            defectPixels.append(UInt64(key) << 32 | UInt64(before + Int(labels[pixel])))
          }
        }
      }
    }
  }

  /// Adds the pixels of other images.
  mutating func append(_ other: PixelScores) {
    isSorted = false
    nominal += other.nominal
    nominalBesideDefects += other.nominalBesideDefects
    let offset = UInt64(regionAreas.count)
    defectPixels.append(contentsOf: other.defectPixels.lazy.map { $0 + offset })
    regionAreas += other.regionAreas
  }

  /// The pixels in order.
  ///
  /// - Throws: nothing of its own.
  /// - Complexity: O(n) time; O(1) but for the defect pixels if nothing was added since the last call. Sorts in place,
  ///   with memory for the longest list once more.
  public mutating func ranked() throws -> RankedPixels {
    if !isSorted {
      try RadixSort.sort(&nominal)
      try RadixSort.sort(&nominalBesideDefects)
      try RadixSort.sortByUpperHalf(&defectPixels)
      isSorted = true
    }
    let keys = defectPixels.map { UInt32(truncatingIfNeeded: $0 >> 32) }
    return RankedPixels(
      all: RankedScores(nominal: nominal, nominalBesideDefects, anomalous: keys),
      ofImagesWithDefects: RankedScores(nominal: nominalBesideDefects, anomalous: keys),
      regions: defectPixels.map { UInt32(truncatingIfNeeded: $0) }, regionAreas: regionAreas)
  }
}

/// The pixels of test images in order of their scores.
public struct RankedPixels: Sendable {
  /// The pixels of all images.
  public let all: RankedScores
  /// The pixels of the images that have a defect pixel.
  public let ofImagesWithDefects: RankedScores
  /// For each defect pixel, from the lowest score, its region.
  let regions: [UInt32]
  /// Number of pixels of each region.
  let regionAreas: [Int]
}
