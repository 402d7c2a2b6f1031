import Foundation
import Testing

/// Docs/WritingAPlugin.md shows the example's code, not a copy that went its own way.
@Suite struct GuideTests {
  @Test func codeIsTheExamples() throws {
    let example = ExampleProgram.folder.appendingPathComponent("CustomSubsampler")
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let sources = try [
      example.appendingPathComponent("main.swift"), example.appendingPathComponent("StratifiedSubsampler.swift"),
      example.appendingPathComponent("pipeline.yaml"), tests.appendingPathComponent("CustomSubsamplerTests.swift"),
    ].map { try String(contentsOf: $0, encoding: .utf8) }
    let guide = try String(
      contentsOf: ExampleProgram.folder.deletingLastPathComponent().appendingPathComponent("Docs/WritingAPlugin.md"),
      encoding: .utf8)
    let blocks = guide.matches(of: #/```(?:swift|yaml)\n(?<code>(?s:.*?))```/#).map { String($0.code) }
    #expect(blocks.count == 5)
    for block in blocks { #expect(sources.contains { $0.contains(block) }, "no example holds this:\n\(block)") }
  }
}
