import ArgumentParser
import Logging
import PatchCore

/// A command that works with stages, and so is given their catalogue.
protocol CatalogueCommand: ParsableCommand {
  /// The options about the run; `nil` for a command that computes nothing.
  var runOptions: RunOptions? { get }
  /// Does the work.
  func run(_ run: Run) throws
}

extension CatalogueCommand {
  var runOptions: RunOptions? { nil }

  func makeRun(catalogue: StageCatalogue, interruption: Interruption) -> Run {
    let isQuiet = runOptions?.quiet ?? false
    if let threads = runOptions?.threads { ThreadCount.set(threads) }
    return Run(
      catalogue: catalogue, logger: Logger(label: "patchcore") { _ in ConsoleLogHandler(isQuiet: isQuiet) },
      progress: ProgressPrinter(isQuiet: isQuiet, interruption: interruption))
  }
}

/// A command that computes, and so has the options about the run.
protocol ComputingCommand: CatalogueCommand {
  /// The options about the run.
  var options: RunOptions { get }
}

extension ComputingCommand {
  var runOptions: RunOptions? { options }
}

/// Options about the run, never about the method.
struct RunOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Threads to compute with. Results do not depend on it.", valueName: "n"))
  var threads: Int?

  @Flag(name: .shortAndLong, help: "Print results, warnings and errors only.")
  var quiet = false

  func validate() throws {
    if let threads, threads < 1 || threads > 1024 {
      throw ValidationError("--threads \(threads): give 1 to 1024")
    }
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
