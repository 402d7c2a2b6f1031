import ArgumentParser
import Logging
import PatchCore

/// A command that works with stages, and so is given their catalogue.
protocol CatalogueCommand: ParsableCommand {
  /// The options about the run.
  var options: RunOptions { get }
  /// Does the work.
  func run(_ run: Run) throws
}

/// Options about the run, never about the method.
struct RunOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Threads to compute with. Results do not depend on it.", valueName: "n"))
  var threads: Int?

  @Flag(name: .shortAndLong, help: "Report no progress.")
  var quiet = false

  func validate() throws {
    if let threads, threads < 1 || threads > 1024 {
      throw ValidationError("--threads \(threads): give 1 to 1024")
    }
  }

  func makeRun(catalogue: StageCatalogue, interruption: Interruption) throws -> Run {
    if let threads { ThreadCount.set(threads) }
    return Run(
      catalogue: catalogue, logger: Logger(label: "patchcore") { _ in ConsoleLogHandler(isQuiet: quiet) },
      progress: ProgressPrinter(isQuiet: quiet, interruption: interruption))
  }
}

/// What a command works with.
struct Run {
  /// The kinds and presets.
  let catalogue: StageCatalogue
  /// Where stages report.
  let logger: Logger
  /// Shows how far long work is, and stops it when the user asks.
  let progress: ProgressPrinter
}
