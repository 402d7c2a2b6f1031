import PatchCore

/// `stratified`: an equal share of every position of the patch grid, or of every image, drawn at random.
///
/// A draw from all patches at once can leave a corner of the part, or an image, without a patch in the bank.
public struct StratifiedSubsamplerConfiguration: SubsamplerConfiguration {
  /// The name in a description.
  public static let kind = "stratified"

  /// What gets an equal share.
  public enum Stratum: String, Codable, Sendable, CaseIterable {
    /// The patches at one position of the grid, over all images: for parts that always lie alike.
    case position
    /// The patches of one image.
    case image
  }

  /// The share of the patches to keep, above 0 and at most 1; default 0.1.
  public var fraction = 0.1
  /// What gets an equal share; default `position`.
  public var stratifyBy = Stratum.position

  private enum CodingKeys: String, CodingKey {
    case fraction
    case stratifyBy = "stratify_by"
  }

  /// The default settings.
  public init() {}

  /// Builds the subsampler.
  ///
  /// - Parameter context: its seed decides the rows.
  /// - Returns: a subsampler that keeps rows in ascending order.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` for a fraction out of range.
  public func makeSubsampler(_ context: StageContext) throws -> any Subsampler {
    guard fraction > 0, fraction <= 1 else {
      throw PatchCoreError(
        .invalidConfiguration, stage: "subsampler", "fraction is \(fraction); it must be above 0 and at most 1")
    }
    return StratifiedSubsampler(fraction: fraction, stratum: stratifyBy, seed: context.seed)
  }
}

/// Draws rows without replacement from one stratum after another.
struct StratifiedSubsampler: Subsampler {
  let fraction: Double
  let stratum: StratifiedSubsamplerConfiguration.Stratum
  let seed: UInt64

  func bankSize(forCandidates n: Int) throws -> Int { max(1, Int(Double(n) * fraction)) }

  func subsample(_ candidates: PatchEmbeddings, progress: ProgressReporter) throws -> MemoryBank {
    let grid = candidates.grid
    let strata = stratum == .image ? grid.images : grid.patchesPerImage
    let size = grid.count / strata
    let (share, rest) = try bankSize(forCandidates: grid.count).quotientAndRemainder(dividingBy: strata)
    var generator = SeededGenerator(seed: seed)
    var rows: [Int] = []
    // The strata come in random order, so that no corner is favoured: the first ones give one row more.
    for (turn, number) in generator.sample(strata, below: strata).enumerated() {
      try progress.report("subsampling", turn, of: strata)
      for pick in generator.sample(turn < rest ? share + 1 : share, below: size) {
        rows.append(stratum == .image ? number * size + pick : pick * strata + number)
      }
    }
    return MemoryBank(selecting: rows.sorted(), from: candidates)
  }
}
