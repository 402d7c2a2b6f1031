/// The per-region overlap (PRO): how much of each defect region is found, averaged over regions and over false-positive
/// rates up to a limit.
///
/// As MVTec AD's own evaluation defines it: regions are the 8-connected parts of each image's mask; a threshold's
/// overlap is the mean over all regions of the share of the region at or above it, so small defects weigh as much as
/// large ones; its false-positive rate is over the defect-free pixels of all images, those without a defect included.
/// The overlap is integrated over the rate by trapezoids between all distinct scores, up to the limit, where it is
/// interpolated linearly, and divided by the limit.
///
/// The integral is taken region by region: a pixel of the scores between the false-positive counts a and b adds what is
/// right of its rise, limit - (a + b) / 2, and the counts are added up in whole numbers. So the result depends neither
/// on the order of images nor on rounding along a long sum.
///
/// Bergmann et al., *The MVTec Anomaly Detection Dataset* (2021), doi:10.1007/s11263-020-01400-4; Roth et al. (2022),
/// table 3.
public struct PerRegionOverlap: Sendable, Equatable {
  /// The false-positive rate up to which MVTec AD integrates.
  public static let standardLimit = 0.3

  /// The normalised area, 0 to 1.
  public let value: Double
  /// The false-positive rate up to which the overlap is integrated.
  public let limit: Double
  /// Number of defect regions.
  public let regionCount: Int

  /// Computes the overlap; `nil` if there is no nominal pixel or no region.
  ///
  /// - Parameters:
  ///   - pixels: the pixels of all test images.
  ///   - limit: the false-positive rate up to which the overlap is integrated, above 0 and at most 1.
  /// - Complexity: O(n) time.
  public init?(_ pixels: RankedPixels, limit: Double = PerRegionOverlap.standardLimit) {
    precondition(limit > 0 && limit <= 1, "a limit of \(limit)")
    guard pixels.all.nominalCount > 0, pixels.all.anomalousCount > 0 else { return nil }
    let end = limit * Double(pixels.all.nominalCount)
    var areas = [RegionArea](repeating: RegionArea(), count: pixels.regionAreas.count)
    // What a pixel adds whose score the limit cuts in two; only one score can be that.
    var partAtLimit = 0.0
    pixels.regions.withUnsafeBufferPointer { regions in
      areas.withUnsafeMutableBufferPointer { areas in
        pixels.all.forEachAnomalousThreshold { step in
          if Double(step.nominal) <= end {
            let rise = UInt64(step.nominalAbove + step.nominal)
            for place in step.places {
              areas[Int(regions[place])].found += 1
              areas[Int(regions[place])].twiceTheRises += rise
            }
            return true
          }
          let width = end - Double(step.nominalAbove)
          guard width > 0 else { return false }
          partAtLimit = width * width / (2 * Double(step.nominal - step.nominalAbove))
          for place in step.places { areas[Int(regions[place])].atLimit += 1 }
          return false
        }
      }
    }
    let shares = zip(areas, pixels.regionAreas).map { area, count in
      let whole = Double(area.found) * end - Double(area.twiceTheRises) / 2
      return (whole + Double(area.atLimit) * partAtLimit) / (Double(count) * end)
    }
    value = shares.sorted().reduce(0, +) / Double(shares.count)
    self.limit = limit
    regionCount = shares.count
  }

  /// What the pixels of one region add up to.
  private struct RegionArea {
    /// Pixels found at or below the limit.
    var found = 0
    /// For each of them the false positives above and at or above its score, added up.
    var twiceTheRises: UInt64 = 0
    /// Pixels whose score the limit cuts in two.
    var atLimit = 0
  }
}
