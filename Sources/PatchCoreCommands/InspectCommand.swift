import ArgumentParser
import Foundation
import PatchCore

/// `patchcore inspect`.
struct InspectCommand: CatalogueCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Prints what a model file holds: description, training images, bank, weights, thresholds.")

  @Argument(help: "The model file.")
  var model: String

  @OptionGroup(title: "Model options")
  var loading: ModelOptions

  func run(_ run: Run) throws {
    let detector = try loading.detector(model, run)
    let size = try FileManager.default.attributesOfItem(atPath: model)[.size] as? Int ?? 0
    try Console.print(
      """
      \(model): \(size) bytes, SHA-256 \(try Digest.sha256(ofFile: model))
      \(detector.summary)
      weights: \(detector.weights.name)\(detector.weights.digest.map { ", SHA-256 \($0)" } ?? "")
      thresholds: \(detector.thresholds?.summary ?? "none")
      training images: \(detector.trainingImages.count), \(detector.trainingImages[0].name) to \
      \(detector.trainingImages[detector.trainingImages.count - 1].name)
      description:
      \(try detector.method.yaml(indent: "  "))
      """)
  }
}
