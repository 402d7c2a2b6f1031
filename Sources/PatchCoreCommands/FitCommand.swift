import ArgumentParser
import Evaluation
import Foundation
import ImageFiles
import PatchCore

/// `patchcore fit`.
struct FitCommand: ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "fit",
    abstract: "Fits a detector to good images and writes it to one file.",
    discussion: """
      Good images come from a folder (--images, all images in it and below) or from the training part of a data set \
      (--dataset KIND:PATH; KIND is \(DatasetKind.names)). With split.shots in the description, so many of them are drawn.
      """)

  @Argument(help: "The description, a YAML or JSON file.")
  var config: String

  @Option(help: ArgumentHelp("A folder of good images.", valueName: "dir"))
  var images: String?

  @Option(help: ArgumentHelp("A data set to take the training images of.", valueName: "kind:path"))
  var dataset: String?

  @Option(help: ArgumentHelp("The weights file, instead of extractor.weights in the description.", valueName: "file"))
  var weights: String?

  @Option(name: [.short, .customLong("output")], help: ArgumentHelp("The model file to write.", valueName: "model"))
  var output: String

  @Flag(
    help: """
      Keep the weights' name and digest in the model, not the weights; commands then need --weights, unless the weights \
      are embedded.
      """)
  var referenceWeights = false

  @Option(
    help: ArgumentHelp(
      """
      The most memory that the fit may take, such as 2G or 512M (2^30 and 2^20 bytes): embeddings go to a file if \
      needed. The model does not depend on it.
      """, valueName: "size"))
  var memory: String?

  @OptionGroup(title: "Run options")
  var options: RunOptions

  func validate() throws {
    guard (images == nil) != (dataset == nil) else {
      throw ValidationError("give either --images or --dataset")
    }
    if let dataset { try validateDataset(dataset) }
    if let memory, MemoryBudget(parsing: memory) == nil {
      throw ValidationError(
        "--memory \(memory): give a number of bytes, or one with K, M, G or T behind it, such as 2G")
    }
    if output.isEmpty { throw ValidationError("--output is empty; name the model file to write") }
  }

  func run(_ run: Run) throws {
    let method = try ResolvedDescription(
      contentsOf: config, overrides: weightsOverride(weights), catalogue: run.catalogue
    ).method
    // Known before the fit, so said before it.
    if referenceWeights, method is EnsembleDescription { throw EnsembleDescription.refusalToReferenceWeights }
    try checkWritable(output)
    let source = try trainingImages(method)
    let clock = StageTimings()
    let detector = try method.fit(
      source, memory: memory.flatMap(MemoryBudget.init(parsing:)), progress: run.progress.reporter, clock: clock.clock,
      logger: run.logger)
    try detector.write(to: output, includingWeights: !referenceWeights, progress: run.progress.reporter)
    run.progress.end()
    run.logger.info("\(clock.summary)")
    try Console.print("\(output): \(detector.summary)")
  }

  private func trainingImages(_ method: any MethodDescription) throws -> ImageSource {
    if let images, method.split.nominalTestFraction != 0 {
      throw PatchCoreError(
        .invalidConfiguration, stage: "split",
        "nominal_test_fraction is \(method.split.nominalTestFraction), but no image of --images is held out; give "
          + "--dataset folder:\(images), or leave the key out")
    }
    let dataset = try (images.map(Dataset.nominalImages) ?? DatasetLocation(parsing: dataset ?? "").read())
      .splitting(method.split, seed: method.seed)
    guard !dataset.train.isEmpty else {
      throw PatchCoreError(
        .invalidDataset,
        "\(dataset.name): none of its \(dataset.samples.count) images is for training; a fit needs nominal images, in a "
          + "list labelled good and for the use train")
    }
    return ImageSource(files: dataset.train.map(\.path), relativeTo: dataset.root)
  }
}

/// Refuses a text that is not `KIND:PATH`.
func validateDataset(_ text: String) throws {
  do {
    _ = try DatasetLocation(parsing: text)
  } catch let error as PatchCoreError {
    throw ValidationError("--dataset: \(error.message)")
  }
}

/// The override that `--weights FILE` stands for.
func weightsOverride(_ path: String?) -> [ResolvedDescription.Override] {
  guard let path else { return [] }
  return [ResolvedDescription.Override(path: ["extractor", "weights", "file"], text: path, option: "--weights")]
}

/// Refuses an output path that cannot be written, before the work rather than after it.
func checkWritable(_ path: String) throws {
  let parent = Path.parent(of: path)
  let folder = parent.isEmpty ? "." : parent
  var isFolder: ObjCBool = false
  guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue
  else { throw PatchCoreError(.invalidFile, "\(path): there is no folder \(folder); make it first") }
  if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
    throw PatchCoreError(.invalidFile, "\(path): is a folder; give a file name")
  }
  guard access(folder, W_OK) == 0 else {
    throw PatchCoreError(
      .invalidFile, "\(path): the folder \(folder) cannot be written to: \(String(cString: strerror(errno)))")
  }
}
