import Testing

/// The example says what a reader expects of it.
@Suite struct FitAndPredictTests {
  @Test func output() throws {
    let outcome = try ExampleProgram(name: "FitAndPredict").run()
    #expect(outcome.status == 0, "\(outcome.errors)")
    try #require(outcome.lines.count == 4, "\(outcome.output)")
    #expect(outcome.lines[0].hasPrefix("weights: compact (embedded); "))
    let (good, blotted) = (try score("good", outcome.lines[1]), try score("blotted", outcome.lines[2]))
    #expect(blotted > 1.5 * good, "the blot must stand out")
    for line in outcome.lines[1...2] { #expect(line.contains(#/nearest to image [0-7], row \d+, column \d+$/#)) }
    #expect(try score("read back", outcome.lines[3]) == blotted, "a detector that was read scores as before")
  }

  private func score(_ label: String, _ line: String) throws -> Float {
    let match = try #require(line.wholeMatch(of: #/(?<label>[a-z ]+): score (?<score>[0-9.]+)(,.*)?/#), "\(line)")
    #expect(match.label == label)
    return try #require(Float(match.score))
  }
}
