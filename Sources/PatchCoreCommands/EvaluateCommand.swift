import ArgumentParser
import Evaluation
import Foundation
import ImageFiles
import PatchCore

/// `patchcore evaluate`.
struct EvaluateCommand: ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Scores the test images of a data set and compares them with the truth.",
    discussion: """
      Prints how well scores and maps tell defects from good images; Docs/Metrics.md defines every number. Test images \
      that the detector was fitted with are refused. KIND is \(DatasetKind.names). The split of nominal images that the \
      model was fitted with holds again.
      """)

  @Argument(help: "The model file.")
  var model: String

  @Option(help: ArgumentHelp("The data set.", valueName: "kind:path"))
  var dataset: String

  @Option(help: ArgumentHelp("A folder for a report with pictures (report.html).", valueName: "dir"))
  var report: String?

  @Option(help: ArgumentHelp("A file for the results as JSON; - for standard output.", valueName: "file"))
  var json: String?

  @Option(
    help: ArgumentHelp(
      "A folder for the maps as 32-bit float TIFF files at the images' size, in the layout of MVTec AD's evaluation.",
      valueName: "dir"))
  var tiffMaps: String?

  @Flag(help: "Measure each stage; print seconds and keep them in the JSON.")
  var timings = false

  @OptionGroup(title: "Model options")
  var loading: ModelOptions

  @OptionGroup(title: "Run options")
  var options: RunOptions

  func validate() throws { try validateDataset(dataset) }

  func run(_ run: Run) throws {
    if let json, json != "-" { try checkWritable(json) }
    if let report { try makeFolder(report) }
    let detector = try loading.detector(model, run)
    run.logger.info("\(model): \(detector.summary)")
    detector.warnOfRandomWeights(run.logger)
    let dataset = try DatasetLocation(parsing: dataset).read()
    let clock = StageTimings()
    var pictures = PictureCollector()
    var maps = try tiffMaps.map { try TIFFMapFolder($0, dataset: dataset) }
    try maps?.check(dataset.splitting(detector.method.split, seed: detector.method.seed).test)
    var evaluator = try clock.measuring {
      try detector.evaluate(dataset, progress: run.progress.reporter, clock: clock.clock) { sample, image, prediction in
        pictures.add(sample.path, prediction)
        let method = detector.method
        try maps?.write(
          prediction.map, size: method.map.size, of: sample, geometry: method.preprocess.geometry(for: image))
      }
    }
    let result = try evaluator.report(detector: try detector.reportSummary, timings: timings ? clock.byName : nil)
    run.progress.end()

    if let json { try write(try result.json(), to: json) }
    if json != "-" {
      try Console.print(EvaluationSummary(result).text)
      if let thresholds = detector.thresholds { try Console.print(mistakes(of: thresholds, in: result)) }
    }
    if timings { Console.error("seconds: \(clock.summary(images: result.images.count))") }
    if let tiffMaps {
      run.logger.info("\(tiffMaps)/\(dataset.name)/test: float TIFF maps of \(result.images.count) images")
    }
    if let report {
      try pictures.writeReport(
        result, curves: try evaluator.curves(), dataset: dataset, detector: detector, to: report, run)
      run.logger.info("\(report)/report.html: the report")
    }
  }

  private func write(_ data: Data, to path: String) throws {
    if path == "-" {
      try Console.print(data)
    } else {
      try AtomicOutput.write(data, to: path)
    }
  }

  private func mistakes(of thresholds: Thresholds, in result: EvaluationReport) -> String {
    let wrong = result.images.filter { $0.isAnomalous != (thresholds.decision(for: $0.score) == .anomalous) }
    let missed = wrong.count { $0.isAnomalous }
    return "at the image threshold \(thresholds.image): \(wrong.count - missed) false positives, "
      + "\(missed) false negatives"
  }
}
