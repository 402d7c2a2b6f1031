import ArgumentParser
import Foundation
import PatchCore

/// `patchcore reindex`.
struct ReindexCommand: ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "reindex",
    abstract: "Builds another neighbour index over a model's memory bank, without a fit.",
    discussion: """
      The new model is the one that a fit with that index would give: bank, training images and weights stay, thresholds only between exact indexes. It holds \
      the network's weights if the old one does.
      """)

  @Argument(help: "The model file.")
  var model: String

  @Option(
    help: ArgumentHelp(
      "The index, {kind: ...}, or a description whose neighbour_index counts; a YAML or JSON file.", valueName: "file"))
  var index: String

  @Option(name: [.short, .customLong("output")], help: ArgumentHelp("The model file to write.", valueName: "model"))
  var output: String

  @Option(help: ArgumentHelp("The weights file of a model fitted with --reference-weights.", valueName: "file"))
  var weights: String?

  @OptionGroup(title: "Run options")
  var options: RunOptions

  func validate() throws {
    if output.isEmpty { throw ValidationError("--output is empty; name the model file to write") }
  }

  func run(_ run: Run) throws {
    try checkWritable(output)
    let index = try StageDescription<NeighbourIndexRole>(contentsOf: index, catalogue: run.catalogue)
    let old = try FittedDetector(contentsOf: model, catalogue: run.catalogue, weights: weights, logger: run.logger)
    let detector = try old.replacingIndex(index.configuration, logger: run.logger)
    try detector.write(
      to: output, includingWeights: FittedDetector.holdsWeights(inFile: model), progress: run.progress.reporter)
    run.progress.end()
    try Console.print("\(output): \(detector.summary); \(try index.yaml())")
    if old.thresholds != nil, detector.thresholds == nil {
      run.logger.warning(
        """
        \(output) has no thresholds, since scores may differ from \(model)'s; set them with `patchcore threshold`
        """)
    }
    if !old.keepsScores(with: index.configuration) {
      run.logger.info(
        """
        scores differ from \(model)'s where an approximate index finds another row; `patchcore compare-indexes` \
        measures by how much
        """)
    }
  }
}
