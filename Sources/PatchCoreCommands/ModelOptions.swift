import ArgumentParser
import PatchCore

/// Options of commands that read a model.
struct ModelOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The weights file of a model fitted with --reference-weights.", valueName: "file"))
  var weights: String?

  @Option(help: ArgumentHelp("Compute with another engine than the model's: onednn or openblas.", valueName: "name"))
  var engine: String?

  func validate() throws {
    if let engine, ComputeSettings.Engine(rawValue: engine) == nil {
      let known = ComputeSettings.Engine.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--engine \(engine): known engines: \(known)")
    }
  }

  /// Reads a model that must hold one PatchCore pipeline.
  func pipeline(_ model: String, _ run: Run) throws -> FittedDetector {
    try FittedDetector(
      contentsOf: model, catalogue: run.catalogue, weights: weights,
      engine: engine.flatMap(ComputeSettings.Engine.init(rawValue:)), logger: run.logger)
  }

  /// Reads the model.
  func detector(_ model: String, _ run: Run) throws -> any AnomalyDetector {
    try run.catalogue.detector(
      contentsOf: model, weights: weights, engine: engine.flatMap(ComputeSettings.Engine.init(rawValue:)),
      logger: run.logger)
  }
}
