import ArgumentParser
import Foundation
import PatchCore

/// Runs the `patchcore` command line with the stages of a catalogue, and ends the process.
///
/// A program of its own stages is three lines behind its imports: a copy of `.standard`, its registrations and a call of this.
/// Exit status: 0 done, 1 failed, 2 misused.
///
/// A command that computes may put the program in place of itself before it begins, as the same process with the same
/// arguments, so that OpenBLAS takes the kernels for this processor: call this before any work of your own. It does so
/// only for the arguments of the process, and only if `OPENBLAS_CORETYPE` is not set.
///
/// - Parameters:
///   - catalogue: the kinds and presets that descriptions and artifacts may name.
///   - arguments: the arguments without the program's name; `nil` for those of the process.
public func runPatchCore(catalogue: StageCatalogue, arguments: [String]? = nil) -> Never {
  exit(patchCoreStatus(catalogue: catalogue, arguments: arguments))
}

/// Runs the command line and returns its exit status: 0 done, 1 failed, 2 misused.
func patchCoreStatus(catalogue: StageCatalogue, arguments: [String]?) -> Int32 {
  // A closed pipe then is an error of the write that meets it, not a silent end in the middle of a file.
  signal(SIGPIPE, SIG_IGN)
  do {
    var command = try PatchCoreCommand.parseAsRoot(arguments)
    guard let command = command as? any CatalogueCommand else {
      try command.run()
      return 0
    }
    if arguments == nil, command.runOptions != nil { Restart.withBetterKernels() }
    let interruption = Interruption()
    defer { interruption.end() }
    let run = command.makeRun(catalogue: catalogue, interruption: interruption)
    do {
      try command.run(run)
    } catch {
      run.progress.end()
      throw error
    }
    return 0
  } catch is CancellationError {
    Console.error("stopped; nothing was left half-written")
    return 1
  } catch is Console.OutputClosed {
    return 1
  } catch let error as PatchCoreError {
    Console.error("Error: \(error)")
    return 1
  } catch {
    let code = PatchCoreCommand.exitCode(for: error)
    let message = PatchCoreCommand.fullMessage(for: error)
    if code == .success {
      // Help and version. A reader that wants less of it has it.
      return (try? Console.print(message)) == nil ? 1 : 0
    }
    Console.error(message)
    return code == .validationFailure ? 2 : 1
  }
}

/// The root of the command line.
struct PatchCoreCommand: ParsableCommand {
  /// The version of the program, part of what a result of `reproduce` depends on.
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "patchcore",
    abstract: "Finds defects in images after seeing good ones only.",
    discussion: """
      PatchCore (Roth et al. 2022): patch features of a pretrained network, a memory bank thinned by a greedy coreset, \
      nearest-neighbour distances as score and map.

      Exit status: 0 done, 1 failed, 2 misused.
      """,
    version: version,
    subcommands: [
      DemoCommand.self, FitCommand.self, PredictCommand.self, EvaluateCommand.self, InspectCommand.self,
      ThresholdCommand.self, ReindexCommand.self, CompareIndexesCommand.self, ReproduceCommand.self,
      StagesCommand.self, ExplainCommand.self,
    ])
}
