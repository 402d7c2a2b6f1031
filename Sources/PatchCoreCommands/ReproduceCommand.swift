import ArgumentParser
import Evaluation
import Foundation
import PatchCore

/// `patchcore reproduce`.
struct ReproduceCommand: ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "reproduce",
    abstract: "Runs a table or figure of the paper and prints its numbers beside the paper's.",
    discussion: """
      SUITE is one of --list, or a file of your own (Docs/Reproducing.md). Results go to the output folder as they come; \
      the same command goes on where it was stopped.
      """)

  @Argument(help: "The suite: a name of --list, or a YAML file.")
  var suite: String?

  @Flag(help: "List the suites.")
  var list = false

  @Option(
    help: ArgumentHelp(
      "The data set, a path or KIND:PATH; of MVTec AD a category or the folder of all. Once for each kind that the suite "
        + "needs.",
      valueName: "root"))
  var data: [String] = []

  @Option(
    help: ArgumentHelp(
      "A folder of checkpoints named by their architecture, such as resnet50-0676ba61.pth.", valueName: "dir"))
  var weights: String?

  @Flag(help: "Do runs without weights with random ones, labelled so, rather than not at all.")
  var randomWeights = false

  @Option(help: ArgumentHelp("A description in the place of the suite's base.", valueName: "file"))
  var base: String?

  @Option(help: ArgumentHelp("Categories of MVTec AD to run, instead of all that are there.", valueName: "a,b"))
  var categories: String?

  @Option(
    name: [.short, .customLong("output")],
    help: ArgumentHelp("Where results go; reproduce-SUITE if it is not given.", valueName: "dir"))
  var output: String?

  @Flag(help: "Do results that are there already anew.")
  var fresh = false

  @Option(
    help: ArgumentHelp(
      "The most bytes of feature maps to keep on disk for the runs that share them, such as 500M; 0 for none.",
      valueName: "size"))
  var featureCache = "8G"

  @OptionGroup(title: "Run options")
  var options: RunOptions

  func validate() throws {
    guard !list else { return }
    guard suite != nil else { throw ValidationError("name a suite, or give --list") }
    if Self.bytes(featureCache) == nil {
      throw ValidationError("--feature-cache \(featureCache): write a number of bytes such as 8G, 500M or 0")
    }
    if let categories, chosen?.contains("") ?? true {
      throw ValidationError("--categories \(categories): write names with commas between them, such as bottle,cable")
    }
  }

  func run(_ run: Run) throws {
    if list {
      try Console.print(try Self.listing())
      return
    }
    let suite = try read(suite ?? "")
    let folder = output ?? "reproduce-\(suite.name)"
    switch suite.content {
    case .table(let table): try reproduce(suite, table, folder, run)
    case .picture(.figure3): try drawFigure3(suite, folder, run)
    }
  }

  private func drawFigure3(_ suite: Suite, _ folder: String, _ run: Run) throws {
    guard data.isEmpty, weights == nil, base == nil, categories == nil, !randomWeights, !fresh else {
      throw ValidationError(
        "\(suite.name) draws points of its own; leave --data, --weights, --random-weights, --base, --categories and "
          + "--fresh out")
    }
    try makeFolder(folder)
    let rows = try writeFigure3(to: folder, catalogue: run.catalogue, seed: 0, progress: run.progress.reporter)
    run.progress.end()
    try Console.print(
      ([suite.title, suite.source, ""]
        + rows.map { row in
          "\(row.subsampler) of \(row.data): \(row.selected) of \(row.points) points; distance to the nearest of them: "
            + String(format: "mean %.4f, largest %.4f", row.meanDistance, row.largestDistance)
        } + [""] + suite.notes).joined(separator: "\n"))
    run.logger.info("\(folder)/figure3.svg: the picture")
  }

  private func reproduce(_ suite: Suite, _ table: Suite.Table, _ folder: String, _ run: Run) throws {
    guard !data.isEmpty else {
      throw ValidationError("give the data set: --data PATH, or --data KIND:PATH; this suite is on \(table.data.label)")
    }
    try makeFolder(folder)
    var options = SuiteOptions(data: data, folder: folder, version: PatchCoreCommand.version)
    options.categories = chosen
    options.base = base
    options.weightsFolder = weights
    options.allowsRandomWeights = randomWeights
    options.isFresh = fresh
    options.featureBytes = Self.bytes(featureCache) ?? 0
    let runner = try SuiteRunner(suite, table, options, catalogue: run.catalogue, logger: run.logger)
    let results = try runner.run(progress: run.progress.reporter) { line in
      run.progress.end()
      run.logger.info("\(line)")
    }
    run.progress.end()
    try results.write(to: folder)
    try Console.print(Data(results.text().utf8))
    run.logger.info("\(folder)/results.json, results.csv: the same numbers")
    if results.failures > 0 {
      throw PatchCoreError(
        .invalidDataset,
        "\(results.failures) of \(results.rows.count) rows are not complete; why stands below the table")
    }
  }

  /// A file if the text looks like one or is one, otherwise a suite of the program.
  private func read(_ name: String) throws -> Suite {
    let isFile = name.contains("/") || [".yaml", ".yml", ".json"].contains(where: name.lowercased().hasSuffix)
    return isFile ? try Suite(contentsOf: name) : try SuiteLibrary.suite(named: name)
  }

  private static func listing() throws -> String {
    let names = SuiteLibrary.names
    let width = names.map(\.count).max() ?? 0
    return try names.map { name in
      name.padding(toLength: width + 2, withPad: " ", startingAt: 0) + (try SuiteLibrary.suite(named: name).title)
    }.joined(separator: "\n")
  }

  private var chosen: [String]? {
    categories?.split(separator: ",", omittingEmptySubsequences: false)
      .map { $0.trimmingCharacters(in: .whitespaces) }
  }

  /// A number of bytes with an ending of K, M, G or T, each 1024 times the one before; `nil` if it is none.
  private static func bytes(_ text: String) -> Int? {
    let endings = ["K": 10, "M": 20, "G": 30, "T": 40]
    let shift = text.last.flatMap { endings[$0.uppercased()] }
    guard let number = Int(shift == nil ? text : String(text.dropLast())), number >= 0 else { return nil }
    let product = number.multipliedReportingOverflow(by: 1 << (shift ?? 0))
    return product.overflow ? nil : product.partialValue
  }
}
