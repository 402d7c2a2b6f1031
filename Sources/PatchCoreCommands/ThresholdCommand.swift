import ArgumentParser
import Evaluation
import Foundation
import ImageFiles
import PatchCore

/// `patchcore threshold`.
struct ThresholdCommand: ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "threshold",
    abstract: "Sets a model's thresholds without a new fit.",
    discussion: """
      With --images they are measured on good images that the model was not fitted with, by the description's rules or \
      those given. With --image and --pixel they are the numbers given. All else of the model stays as it is; the output \
      may be the model itself.
      """)

  @Argument(help: "The model file.")
  var model: String

  @Option(help: ArgumentHelp("A folder of good images that the model was not fitted with.", valueName: "dir"))
  var images: String?

  @Option(
    help: ArgumentHelp(
      "The rule, as in a description: maximum, or '{kind: quantile, q: 0.999}', mean_sigma, false_positive_rate.",
      valueName: "rule"))
  var rule: String?

  @Option(help: ArgumentHelp("Another rule for pixels; by default that of images.", valueName: "rule"))
  var pixelRule: String?

  @Option(help: ArgumentHelp("The image threshold, set by hand; goes with --pixel.", valueName: "score"))
  var image: Float?

  @Option(help: ArgumentHelp("The pixel threshold, set by hand; goes with --image.", valueName: "score"))
  var pixel: Float?

  @Flag(help: "Take the thresholds away.")
  var clear = false

  @Option(help: ArgumentHelp("The least area of a region in pixels of the original image.", valueName: "pixels"))
  var minimumArea: Double?

  @Option(name: [.short, .customLong("output")], help: ArgumentHelp("The model file to write.", valueName: "model"))
  var output: String

  @OptionGroup(title: "Model options")
  var loading: ModelOptions

  @OptionGroup(title: "Run options")
  var options: RunOptions

  func validate() throws {
    guard (image == nil) == (pixel == nil) else { throw ValidationError("give --image and --pixel together") }
    guard [images != nil, image != nil, clear].count(where: { $0 }) == 1 else {
      throw ValidationError("give one of --images DIR, --image SCORE with --pixel SCORE, and --clear")
    }
    guard images != nil || (rule == nil && pixelRule == nil && loading.weights == nil && loading.engine == nil) else {
      throw ValidationError("--rule, --pixel-rule, --weights and --engine go with --images")
    }
    guard !clear || minimumArea == nil else { throw ValidationError("--minimum-area goes with thresholds") }
    if let minimumArea, !(minimumArea >= 0 && minimumArea.isFinite) {
      throw ValidationError("--minimum-area \(minimumArea): give 0 or more pixels")
    }
    for (name, value) in [("--image", image), ("--pixel", pixel)] {
      if let value, !value.isFinite { throw ValidationError("\(name) \(value): give a finite score") }
    }
    if output.isEmpty { throw ValidationError("--output is empty; name the model file to write") }
    do {
      _ = try rules(over: ThresholdSettings())
    } catch let error as PatchCoreError {
      throw ValidationError(error.message)
    }
  }

  func run(_ run: Run) throws {
    try checkWritable(output)
    let thresholds = try thresholds(run)
    try Thresholds.replace(by: thresholds, inArtifact: model, writingTo: output, progress: run.progress.reporter)
    run.progress.end()
    try Console.print("\(output): " + (thresholds.map { "thresholds: \($0.summary)" } ?? "no thresholds"))
  }

  private func thresholds(_ run: Run) throws -> Thresholds? {
    if clear { return nil }
    let area = try minimumArea ?? Thresholds.minimumArea(inArtifact: model)
    guard let images else {
      guard let image, let pixel else { return nil }
      return Thresholds(image: image, pixel: pixel, minimumArea: area)
    }
    let detector = try loading.detector(model, run)
    run.logger.info("\(model): \(detector.summary)")
    detector.warnOfRandomWeights(run.logger)
    var settings = try rules(over: detector.method.thresholds)
    settings.minimumArea = area
    return try detector.measuredThresholds(
      on: ImageSource(files: try Dataset.images(below: images), relativeTo: images), settings: settings,
      progress: run.progress.reporter, logger: run.logger)
  }

  /// The settings with the rules that the options name.
  private func rules(over settings: ThresholdSettings) throws -> ThresholdSettings {
    var settings = settings
    if let rule {
      settings.rule = try ThresholdRule(yaml: rule, name: "--rule")
      settings.pixelRule = .same
    }
    if let pixelRule { settings.pixelRule = .own(try ThresholdRule(yaml: pixelRule, name: "--pixel-rule")) }
    return settings
  }
}
