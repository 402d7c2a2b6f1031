import ArgumentParser
import Evaluation
import Foundation
import ImageFiles
import PatchCore

/// `patchcore predict`.
struct PredictCommand: ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Scores images with a model; higher means more anomalous.",
    discussion: """
      Prints a line per image: the score, a tab, the path. A model with thresholds puts its decision, nominal or \
      anomalous, and another tab before the path. With --json, each line is one JSON object with path, score, \
      nearest_patch (the training patch nearest to the one that decided the score; ensembles have none), weights and \
      engine, and with thresholds also decision, regions and thresholds. An image that cannot be read ends the run with \
      an error that names it.
      """)

  @Argument(help: "The model file.")
  var model: String

  @Argument(help: "Image files, and folders whose images are taken, with those of the folders in them.")
  var images: [String]

  @Option(help: ArgumentHelp("A folder for heat maps and overlays as PNG.", valueName: "dir"))
  var maps: String?

  @Option(
    help: ArgumentHelp(
      "The scores drawn darkest and lightest, such as 0,40; by default the lowest and highest of the run.",
      valueName: "lower,upper"))
  var scale: String?

  @Flag(help: "Print a JSON object per line.")
  var json = false

  @Flag(help: "Measure each stage and print seconds on standard error.")
  var timings = false

  @OptionGroup(title: "Model options")
  var loading: ModelOptions

  @OptionGroup(title: "Run options")
  var options: RunOptions

  func validate() throws {
    if images.isEmpty { throw ValidationError("give at least one image or folder") }
    if let scale {
      guard maps != nil else { throw ValidationError("--scale goes with --maps") }
      guard ColourScale(parsing: scale) != nil else {
        throw ValidationError("--scale \(scale): write LOWER,UPPER with the lower score first, such as 0,40")
      }
    }
  }

  func run(_ run: Run) throws {
    let targets = try PredictionTarget.collect(images)
    if let maps {
      try PredictionTarget.refuseCollisions(targets)
      try makeFolder(maps)
    }
    let detector = try loading.detector(model, run)
    run.logger.info("\(model): \(detector.summary)")
    detector.warnOfRandomWeights(run.logger)
    let source = ImageSource(files: targets.map(\.path))
    var collector = PictureCollector()
    let clock = StageTimings()
    try clock.measuring {
      try detector.predict(source, progress: run.progress.reporter, clock: clock.clock) { number, _, prediction in
        try Console.print(try line(targets[number].path, prediction, detector))
        if maps != nil { collector.add(targets[number].pictureName, prediction) }
      }
    }
    run.progress.end()
    if timings { Console.error("seconds: \(clock.summary(images: source.count))") }
    if let maps {
      let scale = scale.flatMap(ColourScale.init(parsing:)) ?? collector.scale
      try collector.write(to: maps, source: source, detector: detector, scale: scale, run)
      run.logger.info("\(maps): heat maps, dark \(scale.lower) to light \(scale.upper)")
    }
  }

  private struct Line: Encodable {
    let path: String
    let score: Float
    let nearest_patch: TrainingPatch?
    let weights: String
    let engine: String
    /// Absent without thresholds, as the next two.
    let decision: Decision?
    let regions: [AnomalyRegion]?
    let thresholds: Numbers?
  }

  private struct Numbers: Encodable {
    let image: Float
    let pixel: Float
  }

  private func line(_ path: String, _ prediction: Prediction, _ detector: any AnomalyDetector) throws -> String {
    guard json else {
      let decision = prediction.decision.map { "\($0.rawValue)\t" } ?? ""
      return "\(prediction.score)\t\(decision)\(path)"
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let line = Line(
      path: path, score: prediction.score, nearest_patch: prediction.nearestPatch, weights: detector.weights.name,
      engine: detector.method.compute.engine.rawValue, decision: prediction.decision,
      regions: detector.thresholds == nil ? nil : prediction.regions,
      thresholds: detector.thresholds.map { Numbers(image: $0.image, pixel: $0.pixel) })
    return String(decoding: try encoder.encode(line), as: UTF8.self)
  }
}

/// An image to score, with the name of its pictures.
struct PredictionTarget {
  /// The file.
  let path: String
  /// The file's name below its argument, without the extension.
  let pictureName: String

  /// The images that arguments name, in the order of the arguments, those of a folder by the bytes of their path.
  static func collect(_ arguments: [String]) throws -> [PredictionTarget] {
    try arguments.flatMap { argument -> [PredictionTarget] in
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: argument, isDirectory: &isFolder) else {
        throw PatchCoreError(.invalidFile, "\(argument): there is no such file or folder")
      }
      guard isFolder.boolValue else {
        return [PredictionTarget(path: argument, pictureName: name(of: Path.name(of: argument)))]
      }
      return try Dataset.images(below: argument).map {
        PredictionTarget(path: Path.join(argument, $0), pictureName: name(of: $0))
      }
    }
  }

  private static func name(of path: String) -> String { Path.withoutExtension(path) }

  /// Refuses images whose pictures would overwrite each other.
  static func refuseCollisions(_ targets: [PredictionTarget]) throws {
    var first: [String: String] = [:]
    for target in targets {
      if let other = first.updateValue(target.path, forKey: target.pictureName) {
        throw PatchCoreError(
          .invalidFile,
          "the heat maps of \(other) and \(target.path) would have the same name, \(target.pictureName); "
            + "give their folder instead, or run them apart")
      }
    }
  }
}
