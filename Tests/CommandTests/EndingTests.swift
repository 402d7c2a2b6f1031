import Foundation
import Testing

/// How a run ends that somebody ends early.
@Suite struct EndingTests {
  /// Longer than any step before the one that is waited for takes on a busy machine, in seconds.
  private static let patience = 120.0

  @Test(arguments: ["embedding 6 of", "coreset 0 of"])
  func anInterruptLeavesNothing(step: String) throws {
    try WorkFolder.with { folder in
      // Enough images, and a bank large enough, for each step to take seconds.
      for number in 0..<60 { try folder.drawImage("many/\(number).png", seed: UInt64(number), side: 256) }
      let slow = WorkFolder.description(weights: "random")
        .replacingOccurrences(of: "resize: 64, crop: 56", with: "resize: 256, crop: 224")
      try folder.write(Data((slow + "subsampler: {kind: coreset, fraction: 0.9}\n").utf8), to: "slow.yaml")
      let command = try CommandProcess(["fit", "slow.yaml", "--images", "many", "-o", "model"], in: folder)
      try command.process.run()
      let start = Date()
      while try !command.errorsSoFar().contains(step) {
        guard command.process.isRunning, Date().timeIntervalSince(start) < Self.patience else { break }
        Thread.sleep(forTimeInterval: 0.02)
      }
      command.process.interrupt()
      let run = try command.finish()
      #expect(run.status == 1)
      #expect(run.errors.contains(step))
      #expect(run.errors.hasSuffix("stopped; nothing was left half-written\n"), "\(run.errors.suffix(200))")
      #expect(run.output == "")
      #expect(!folder.exists("model"))
      #expect(try folder.partialFiles().isEmpty)
    }
  }

  @Test func aReaderThatLeavesEndsTheRunQuietly() throws {
    try WorkFolder.with { folder in
      let command = try CommandProcess(["stages"], in: folder)
      let pipe = Pipe()
      try pipe.fileHandleForReading.close()
      command.process.standardOutput = pipe
      try command.process.run()
      let run = try command.finish()
      #expect(run.status == 1)
      #expect(run.errors == "")
    }
  }
}
