import Foundation
import PatchCore
import PatchCoreStandard
import Testing

/// What the program's processes hold, as the system counts it, beside what was planned.
@Suite(.serialized) struct MemoryCommandTests {
  /// Layers 2 and 3 of ResNet-18 with 784 patches of 1024 numbers from each image.
  private static let description = """
    preset: official
    extractor: {kind: resnet, architecture: resnet18, weights: random}
    subsampler: {kind: coreset, fraction: 0.01}

    """

  private static func pipeline() throws -> Pipeline {
    Pipeline(try PipelineDescription(yaml: description + engine, catalogue: .standard))
  }

  private static var engine: String {
    #if OneDNN
    ""
    #else
    "compute: {engine: openblas}\n"
    #endif
  }

  /// Runs the program and follows the most memory that it ever held (VmHWM), until it ends.
  private func peak(_ arguments: [String], in folder: WorkFolder) throws -> (run: CommandRun, bytes: Int) {
    let command = try CommandProcess(arguments, in: folder)
    try command.process.run()
    let status = URL(fileURLWithPath: "/proc/\(command.process.processIdentifier)/status")
    var bytes = 0
    while command.process.isRunning {
      // The last reading before the end counts; the process may be gone between the two lines.
      if let text = try? String(contentsOf: status, encoding: .utf8),
        let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
        let kilobytes = line.split(whereSeparator: { !$0.isNumber }).first.flatMap({ Int($0) })
      {
        bytes = max(bytes, kilobytes * 1024)
      }
      Thread.sleep(forTimeInterval: 0.002)
    }
    return (try command.finish(), bytes)
  }

  @Test func aFitHoldsToItsBudget() throws {
    try WorkFolder.with { folder in
      for number in 0..<64 { try folder.drawImage("many/\(number).png", seed: UInt64(number), side: 256) }
      try folder.write(Data((Self.description + Self.engine).utf8), to: "deep.yaml")
      let plan = try Self.pipeline().plan(images: 64, width: 256, height: 256)
      let budget = plan.bytesBesideCandidates + plan.candidateBytes / 8
      #expect(budget < plan.bytesInMemory)
      let free = try peak(["fit", "deep.yaml", "--images", "many", "-o", "free"], in: folder)
      let bound = try peak(
        ["fit", "deep.yaml", "--images", "many", "-o", "bound", "--memory", "\(budget)"], in: folder)
      #expect(free.run.status == 0 && bound.run.status == 0, "\(bound.run.errors)")
      #expect(free.bytes <= plan.bytesInMemory && bound.bytes <= budget)
      // What lies in the file is not held.
      #expect(bound.bytes < free.bytes - plan.candidateBytes / 2, "\(bound.bytes) and \(free.bytes)")
      #expect(bound.run.errors.contains("the embeddings in a file of "))
      #expect(try Data(contentsOf: folder.url("free")) == Data(contentsOf: folder.url("bound")))

      let refused = try folder.run("fit", "deep.yaml", "--images", "many", "-o", "none", "--memory", "100M")
      #expect(refused.status == 1 && refused.errors.contains("the budget is 104.9 MB; raise the budget"))
      #expect(!refused.errors.contains("embedding 0 of") && !folder.exists("none"))
    }
  }

  @Test func predictionsHoldBankNetworkAndImages() throws {
    try WorkFolder.with { folder in
      for number in 0..<12 { try folder.drawImage("many/\(number).png", seed: UInt64(number), side: 256) }
      // Kept patches of these, 3.2 MB each, would exceed what is expected.
      for number in 12..<48 { try folder.drawImage("more/\(number).png", seed: UInt64(number), side: 256) }
      // A bank that would be seen if it were held twice.
      let whole = (Self.description + Self.engine)
        .replacingOccurrences(of: "kind: coreset, fraction: 0.01", with: "kind: none")
      try folder.write(Data(whole.utf8), to: "whole.yaml")
      #expect(try folder.run("fit", "whole.yaml", "--images", "many", "-o", "model").status == 0)
      let plan = try Self.pipeline().plan(images: 12, width: 256, height: 256)
      let bank = plan.candidateBytes
      let expected = plan.working.program + plan.working.network + bank + plan.working.images
      let few = try peak(["predict", "model", "many"], in: folder)
      let many = try peak(["predict", "model", "many", "more"], in: folder)
      #expect(few.run.status == 0 && many.run.status == 0 && many.run.lines.count == 48)
      #expect(few.bytes > bank && many.bytes <= expected, "\(few.bytes), \(many.bytes) of \(expected)")
    }
  }

  @Test(arguments: ["2X", "0", "much"])
  func sizesThatAreNoneAreMisuse(size: String) throws {
    try WorkFolder.with { folder in
      let run = try folder.run("fit", "random.yaml", "--images", "parts/train", "-o", "model", "--memory", size)
      #expect(run.status == 2 && run.errors.contains("--memory \(size): give a number of bytes"), "\(run.errors)")
    }
  }
}
