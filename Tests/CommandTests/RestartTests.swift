import Compute
import Foundation
import Testing

/// How the program comes to kernels that suit the processor.
@Suite struct RestartTests {
  /// A library that makes OpenBLAS say that it has taken old kernels, and notes every start of a program.
  private static let pretender = """
    #include <stdio.h>
    #include <stdlib.h>
    #include <unistd.h>
    char *openblas_get_corename(void) { return "Haswell"; }
    char *openblas_get_config(void) { return "OpenBLAS DYNAMIC_ARCH"; }
    __attribute__((constructor)) static void note(int count, char **arguments) {
      FILE *notes = fopen(getenv("START_NOTES"), "a");
      const char *core = getenv("OPENBLAS_CORETYPE");
      fprintf(notes, "%d %s", getpid(), core ? core : "-");
      for (int i = 1; i < count; i++) fprintf(notes, " %s", arguments[i]);
      fprintf(notes, "\\n");
      fclose(notes);
    }
    """

  /// The starts that a run of the program makes, and what it did.
  private func starts(
    _ arguments: [String], in folder: WorkFolder, core: String? = nil, program: URL = CommandProcess.program
  ) throws -> (starts: [[Substring]], run: CommandRun) {
    try folder.write(Data(Self.pretender.utf8), to: "pretender.c")
    let (library, notes) = (folder.url("pretender.so"), folder.url("notes"))
    let compiler = Process()
    compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    compiler.arguments = ["clang", "-shared", "-fPIC", "-o", library.path, folder.url("pretender.c").path]
    try compiler.run()
    compiler.waitUntilExit()
    try #require(compiler.terminationStatus == 0)
    try folder.write(Data(), to: "notes")
    let command = try CommandProcess(arguments, in: folder, program: program)
    var environment = ProcessInfo.processInfo.environment
    environment["LD_PRELOAD"] = library.path
    environment["START_NOTES"] = notes.path
    environment[OpenBLASKernels.variable] = core
    command.process.environment = environment
    try command.process.run()
    let run = try command.finish()
    let lines = try String(contentsOf: notes, encoding: .utf8).split(separator: "\n")
    return (lines.map { $0.split(separator: " ") }, run)
  }

  private static var hasAVX512: Bool {
    let information = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let features = information.split(separator: "\n").first { $0.hasPrefix("flags") }?.split(separator: " ") ?? []
    return ["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"].allSatisfy { features.contains($0[...]) }
  }

  @Test func aCommandThatComputesStartsOnceMoreAsTheSameProcess() throws {
    try WorkFolder.with { folder in
      let arguments = ["fit", "random.yaml", "--images", "parts/train/good", "-o", "model with blanks"]
      let (starts, run) = try starts(arguments, in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(folder.exists("model with blanks"))
      #expect(starts.count == (Self.hasAVX512 ? 2 : 1))
      #expect(starts.first?[1] == "-")
      #expect(starts.last?[1] == (Self.hasAVX512 ? "SkylakeX" : "-"))
      #expect(starts.first?[0] == starts.last?[0])
      #expect(starts.first?.dropFirst(2) == starts.last?.dropFirst(2))
    }
  }

  @Test func theStatusIsThatOfTheSecondStart() throws {
    try WorkFolder.with { folder in
      let (starts, run) = try starts(["fit", "absent.yaml", "--images", "absent", "-o", "model"], in: folder)
      #expect(starts.count == (Self.hasAVX512 ? 2 : 1))
      #expect(run.status == 1)
      #expect(run.errors.contains("absent.yaml"))
    }
  }

  @Test func aVariableThatIsSetStays() throws {
    try WorkFolder.with { folder in
      let (starts, _) = try starts(
        ["fit", "absent.yaml", "--images", "absent", "-o", "model"], in: folder, core: "Haswell")
      #expect(starts.map { $0[1] } == ["Haswell"])
    }
  }

  /// Started by the loader, the program cannot start itself again, as a program that uses the library cannot.
  @Test func whoCannotRestartIsToldOnce() throws {
    try WorkFolder.with { folder in
      #if OneDNN
      let engine = WorkFolder.description(weights: "random") + "\ncompute: {engine: openblas}\n"
      try folder.write(Data(engine.utf8), to: "random.yaml")
      #endif
      let fit = [CommandProcess.program.path, "fit", "random.yaml", "--images", "parts/train/good", "-o", "model"]
      let (starts, run) = try starts(fit, in: folder, program: URL(fileURLWithPath: Self.loader))
      #expect(starts.count == 1)
      #expect(run.status == 0, "\(run.errors)")
      let advice = run.errors.components(separatedBy: "OPENBLAS_CORETYPE=SkylakeX").count - 1
      #expect(advice == (Self.hasAVX512 ? 1 : 0), "\(run.errors)")
    }
  }

  private static let loader = "/lib64/ld-linux-x86-64.so.2"

  @Test(arguments: [["--help"], ["stages"], ["fit"]]) func whatComputesNothingStartsOnce(arguments: [String]) throws {
    try WorkFolder.with { folder in
      let (starts, _) = try starts(arguments, in: folder)
      #expect(starts.count == 1)
    }
  }

  @Test func adviceIsGivenWhereItHelps() {
    func core(
      _ core: String, _ configuration: String, _ avx512: Bool, _ environment: [String: String] = [:]
    ) -> String? {
      OpenBLASKernels(core: core, configuration: configuration, hasAVX512: avx512, environment: environment).betterCore
    }
    let several = "OpenBLAS 0.3.21 DYNAMIC_ARCH NO_AFFINITY Haswell"
    #expect(core("Haswell", several, true) == "SkylakeX")
    #expect(core("Zen", several, true) == "SkylakeX")
    // Kernels for this processor, or for one that this program does not know.
    #expect(core("Cooperlake", several, true) == nil)
    #expect(core("SapphireRapids2", several, true) == nil)
    #expect(core("Haswell", several, false) == nil)
    // A library with one set of kernels, and a user's own choice.
    #expect(core("Haswell", "OpenBLAS 0.3.21 Haswell", true) == nil)
    #expect(core("Haswell", several, true, [OpenBLASKernels.variable: "Haswell"]) == nil)
  }

  @Test func adviceNamesTheVariableAndItsValue() throws {
    let kernels = OpenBLASKernels(core: "Zen", configuration: "DYNAMIC_ARCH", hasAVX512: true, environment: [:])
    let advice = try #require(kernels.advice)
    #expect(advice.contains("OPENBLAS_CORETYPE=SkylakeX") && advice.contains("Zen"))
  }
}
