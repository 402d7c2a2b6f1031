import ArgumentParser
import Evaluation
import Foundation
import ImageFiles
import PatchCore

/// `patchcore demo`.
struct DemoCommand: ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Draws a small data set of parts, fits a detector, evaluates it and writes pictures.",
    discussion: """
      Shows the whole way on a machine that has neither images nor weights: the parts are drawn, and the network is \
      the small one in the program, which serves real parts too.
      """)

  @Option(name: .shortAndLong, help: ArgumentHelp("Where to write; made if it is not there.", valueName: "dir"))
  var output = "patchcore-demo"

  @OptionGroup(title: "Run options")
  var options: RunOptions

  /// The description that the demo writes and uses.
  static let description = """
    # No extractor is named, so the network in the program is used. With a checkpoint a large one takes its place:
    #   extractor: {kind: resnet, architecture: wide_resnet50_2, weights: {file: wide_resnet50_2.pth}}
    preset: official
    """

  func run(_ run: Run) throws {
    let data = try DemoDataset(folder: path("parts")).write(run.progress.reporter)
    let config = path("pipeline.yaml"), model = path("model.safetensors")
    try AtomicOutput.write(Data((Self.descriptionOfThisBuild + "\n").utf8), to: config)
    let common = options.quiet ? ["--quiet"] : []
    let dataset = "mvtec:\(data)"
    try step(["fit", config, "--dataset", dataset, "--output", model] + common, run)
    try step(
      ["evaluate", model, "--dataset", dataset, "--report", path("report"), "--json", path("results.json")] + common,
      run)
    try Console.print("open \(path("report/report.html")) to see the defects that were found")
  }

  /// The description, with the engine named where the build lacks the default one.
  private static var descriptionOfThisBuild: String {
    #if OneDNN
    return description
    #else
    return description + "\ncompute: {engine: openblas}"
    #endif
  }

  /// Runs a command as a person would type it, and shows the line.
  private func step(_ arguments: [String], _ run: Run) throws {
    if !options.quiet { Console.error("$ patchcore " + arguments.joined(separator: " ")) }
    guard let command = try PatchCoreCommand.parseAsRoot(arguments) as? any CatalogueCommand else { return }
    try command.run(run)
  }

  private func path(_ name: String) -> String { Path.join(output, name) }
}

/// The demo's images in the layout of MVTec AD.
struct DemoDataset {
  let folder: String
  static let trainingImages = 40
  static let goodTestImages = 12
  static let imagesPerDefect = 6

  /// Draws and writes all images and masks.
  ///
  /// - Returns: the data set's folder.
  func write(_ progress: ProgressReporter) throws -> String {
    typealias Job = (name: String, seed: UInt64, defect: DemoPart.Defect?)
    var jobs: [Job] = []
    func add(_ place: String, _ count: Int, _ defect: DemoPart.Defect?) {
      for number in 0..<count {
        jobs.append((place + "/" + String(format: "%03d", number), UInt64(jobs.count + 1), defect))
      }
    }
    add("train/good", Self.trainingImages, nil)
    add("test/good", Self.goodTestImages, nil)
    for defect in DemoPart.Defect.allCases { add("test/\(defect.rawValue)", Self.imagesPerDefect, defect) }
    for job in jobs {
      try makeFolder(Path.parent(of: folder + "/" + job.name))
      if let defect = job.defect { try makeFolder(folder + "/ground_truth/\(defect.rawValue)") }
    }
    let batch = 8
    for start in Swift.stride(from: 0, to: jobs.count, by: batch) {
      try progress.report("drawing parts", start, of: jobs.count)
      let part = Array(jobs[start..<min(start + batch, jobs.count)])
      try parallelLoop(part.count) { number in
        let job = part[number]
        let (image, mask) = try DemoPart(seed: job.seed, defect: job.defect).draw()
        try ImageFile.write(image, to: folder + "/" + job.name + ".png")
        if job.defect != nil {
          let name = job.name.replacingOccurrences(of: "test/", with: "ground_truth/") + "_mask.png"
          try ImageFile.write(mask, to: folder + "/" + name)
        }
      }
    }
    try progress.report("drawing parts", jobs.count, of: jobs.count)
    return folder
  }
}
