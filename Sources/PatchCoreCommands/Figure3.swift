import Foundation
import PatchCore

/// How well a selection covers one of the data sets of figure 3.
package struct Figure3Row: Sendable, Equatable {
  /// `multimodal` or `uniform`.
  package var data: String
  /// The kind of the subsampler.
  package var subsampler: String
  /// Number of points.
  package var points: Int
  /// Number of points selected.
  package var selected: Int
  /// The largest distance of a point to the selected point nearest to it.
  package var largestDistance: Double
  /// The mean of these distances.
  package var meanDistance: Double
}

/// The comparison of coreset and random subsampling on points of the plane, as in figure 3 of the paper.
///
/// The paper gives neither the distributions nor the numbers; ours are 12 Gaussian clusters, each smaller than the one
/// before, and the unit square.
///
/// Roth et al., *Towards Total Recall in Industrial Anomaly Detection* (2022), figure 3.
struct Figure3 {
  /// Points of a data set.
  static let points = 3000
  /// Share of them that is selected.
  static let fraction = 0.02
  private static let clusters = 12
  private static let standardDeviation = 0.025
  /// The size of a cluster over that of the one before.
  private static let decline = 0.65

  /// Subsamplers, in the order of the picture's rows, as descriptions have them.
  private static let subsamplers = [
    (kind: "coreset", settings: "projection: {kind: none}, start: {kind: random}"), (kind: "random", settings: ""),
  ]

  /// One panel of the picture.
  struct Panel {
    var row: Figure3Row
    var points: [SIMD2<Double>]
    var selection: Set<Int>
  }

  /// Makes the data and the selections.
  ///
  /// Same seed, build and processor type give the same panels at any thread count.
  ///
  /// - Parameters:
  ///   - catalogue: has the subsamplers `coreset` and `random`.
  ///   - seed: of the points and the selections.
  ///   - progress: told how far the work is; throws when it should stop.
  /// - Returns: the panels, row by row from the top left.
  /// - Throws: `PatchCoreError` if the catalogue lacks a subsampler; what `progress` throws.
  static func panels(
    catalogue: StageCatalogue, seed: UInt64, progress: ProgressReporter = .silent
  ) throws -> [Panel] {
    let data = [
      ("multimodal", multimodal(seed: SeededGenerator.subseed(seed, for: "multimodal"))),
      ("uniform", uniform(seed: SeededGenerator.subseed(seed, for: "uniform"))),
    ]
    return try subsamplers.flatMap { kind, settings in
      let separator = settings.isEmpty ? "" : ", "
      let description = try PipelineDescription(
        yaml: "subsampler: {kind: \(kind), fraction: \(fraction)\(separator)\(settings)}", catalogue: catalogue)
      // The engine that is in every build.
      let context = StageContext(
        seed: SeededGenerator.subseed(seed, for: SubsamplerRole.name), compute: ComputeSettings(engine: .openblas))
      let subsampler = try description.subsampler.configuration.makeSubsampler(context)
      return try data.map { name, points in
        let vectors = Matrix(rows: points.count, columns: 2, points.flatMap { [Float($0.x), Float($0.y)] })
        let candidates = PatchEmbeddings(
          vectors: vectors, grid: PatchGrid(images: 1, height: 1, width: points.count))
        let bank = try subsampler.subsample(candidates, progress: progress)
        let selection = Set(bank.locations.map(\.column))
        let distances = points.map { point in
          selection.reduce(Double.infinity) { nearest, other in
            let difference = point - points[other]
            return min(nearest, (difference * difference).sum().squareRoot())
          }
        }
        let row = Figure3Row(
          data: name, subsampler: kind, points: points.count, selected: selection.count,
          largestDistance: distances.max() ?? 0, meanDistance: distances.reduce(0, +) / Double(distances.count))
        return Panel(row: row, points: points, selection: selection)
      }
    }
  }

  /// Clusters of declining size; the centres are as far from each other as a few hundred draws make them.
  private static func multimodal(seed: UInt64) -> [SIMD2<Double>] {
    var generator = SeededGenerator(seed: seed)
    var centres: [SIMD2<Double>] = []
    while centres.count < clusters {
      let draws = (0..<30).map { _ in
        SIMD2(0.1 + 0.8 * generator.nextUnit(), 0.1 + 0.8 * generator.nextUnit())
      }
      func clearance(_ point: SIMD2<Double>) -> Double {
        centres.map { (($0 - point) * ($0 - point)).sum() }.min() ?? 0
      }
      guard let farthest = draws.max(by: { clearance($0) < clearance($1) }) else { break }
      centres.append(farthest)
    }
    let weights = centres.indices.map { pow(decline, Double($0)) }
    let total = weights.reduce(0, +)
    return (0..<points).map { _ in
      var rest = generator.nextUnit() * total
      var cluster = 0
      while cluster < clusters - 1, rest >= weights[cluster] {
        rest -= weights[cluster]
        cluster += 1
      }
      // Box and Muller's transform; 1 less the draw is never 0.
      let radius = standardDeviation * (-2 * log(1 - generator.nextUnit())).squareRoot()
      let angle = 2 * Double.pi * generator.nextUnit()
      return centres[cluster] + SIMD2(radius * cos(angle), radius * sin(angle))
    }
  }

  private static func uniform(seed: UInt64) -> [SIMD2<Double>] {
    var generator = SeededGenerator(seed: seed)
    return (0..<points).map { _ in SIMD2(generator.nextUnit(), generator.nextUnit()) }
  }
}

/// Draws figure 3 of the paper: `figure3.svg`, its points in `figure3.csv`, its coverage in `figure3-coverage.csv`.
///
/// - Parameters:
///   - folder: an existing folder; files of these names are replaced.
///   - catalogue: has the subsamplers `coreset` and `random`.
///   - seed: of the points and the selections.
///   - progress: told how far the work is; throws when it should stop.
/// - Returns: the coverage of each panel, from the top left.
/// - Throws: `PatchCoreError` if the catalogue lacks a subsampler or a file cannot be written; what `progress` throws.
package func writeFigure3(
  to folder: String, catalogue: StageCatalogue, seed: UInt64, progress: ProgressReporter = .silent
) throws -> [Figure3Row] {
  let panels = try Figure3.panels(catalogue: catalogue, seed: seed, progress: progress)
  try AtomicOutput.write(Data(Figure3.svg(panels).utf8), to: Path.join(folder, "figure3.svg"))
  try AtomicOutput.write(Data(Figure3.pointTable(panels).utf8), to: Path.join(folder, "figure3.csv"))
  try AtomicOutput.write(Data(Figure3.coverageTable(panels).utf8), to: Path.join(folder, "figure3-coverage.csv"))
  return panels.map(\.row)
}
