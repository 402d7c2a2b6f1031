import PatchCore
import Testing

/// Text that is meant to break the reader: refused with file and line, never a crash, a hang or another reading.
@Suite struct HostileDescriptionTests {
  private func message(_ yaml: String) -> String {
    do {
      _ = try PipelineDescription(yaml: yaml, name: "p.yaml", catalogue: .toy)
      return "accepted"
    } catch {
      #expect(error is PatchCoreError, "\(type(of: error))")
      return "\(error)"
    }
  }

  @Test(arguments: [
    ("map: {sigma: 1e400}", "p.yaml:1: map.sigma: expected a finite decimal number, found the number 1e400"),
    ("map: {sigma: .inf}", "p.yaml:1: map.sigma: expected a finite decimal number, found .inf"),
    ("map: {sigma: inf}", "p.yaml:1: map.sigma: expected a finite decimal number, found the number inf"),
    ("map: {sigma: .nan}", "p.yaml:1: map.sigma: expected a finite decimal number, found .nan"),
    ("map: {sigma: nan}", "p.yaml:1: map.sigma: expected a finite decimal number, found the number nan"),
    ("map: {sigma: 0x10}", "p.yaml:1: map.sigma: expected a finite decimal number, found the number 0x10"),
    ("map: {sigma: \"4\"}", "p.yaml:1: map.sigma: expected a finite decimal number, found the text \"4\""),
    ("seed: 0x10", "p.yaml:1: seed: expected a whole number that is not negative, found the number 0x10"),
    ("seed: 1_000", "p.yaml:1: seed: expected a whole number that is not negative, found 1_000"),
    (
      "seed: 18446744073709551616",
      "p.yaml:1: seed: expected a whole number that is not negative, found the number 18446744073709551616"
    ),
    ("seed: 1e3", "p.yaml:1: seed: expected a whole number that is not negative, found the number 1e3"),
    ("seed: null", "p.yaml:1: seed: expected a whole number that is not negative, found nothing"),
    ("seed:", "p.yaml:1: seed: expected a whole number that is not negative, found nothing"),
    (
      "extractor: {note: true}", "p.yaml:1: extractor.note: expected text (quote it if it is meant as text), found true"
    ),
    ("extractor: {note: [a]}", "p.yaml:1: extractor.note: expected text, found a list of 1"),
    ("extractor: {note: {a: b}}", "p.yaml:1: extractor.note: expected text, found a mapping"),
    ("extractor:", "p.yaml:1: extractor: expected a mapping of keys, found nothing"),
    ("extractor: {kind: null}", "p.yaml:1: extractor.kind: there is no extractor of kind null; known: cells"),
    ("extractor: {kind: [cells]}", "p.yaml:1: extractor.kind: expected a name, found a list of 1"),
    ("extractor: {kind: {kind: cells}}", "p.yaml:1: extractor.kind: expected a name, found a mapping"),
    (
      "neighbour_index: {kind: wrapped, index: {}}\nseed: x",
      "p.yaml:2: seed: expected a whole number that is not negative, found x"
    ),
    (
      "neighbour_index: {kind: wrapped, index: [{kind: plain}]}",
      "p.yaml:1: neighbour_index.index: expected a mapping of keys, found a list of 1"
    ),
    (
      "neighbour_index: {kind: wrapped, index: null}",
      "p.yaml:1: neighbour_index.index: expected a mapping of keys, found nothing"
    ),
    ("preset: null", "p.yaml:1: preset: there is no preset null; known: toy"),
    ("preset: [toy]", "p.yaml:1: preset: expected a name, found a list of 1"),
    ("compute: {engine: null}", "p.yaml:1: compute.engine: expected one of onednn, openblas; found nothing"),
    ("compute: {engine: [onednn]}", "p.yaml:1: compute.engine: expected one of onednn, openblas; found a list of 1"),
    ("1: 2", "p.yaml:1: 1: there is no such key here; known keys: preset"),
    ("seed: 1\n[a, b]: 2", "p.yaml:2: a key must be plain text"),
    ("seed: 1\n!x seed: 2", "p.yaml:2: a key must be plain text"),
    ("seed: 1\n{a: b}: 2", "p.yaml:2: a key must be plain text"),
    ("seed: 1\n\"seed\": 2", "p.yaml:2: seed: duplicate key"),
    ("extractor: {cell: 4, !!str cell: 8}", "p.yaml:1: extractor.cell: duplicate key"),
    ("seed: !!int 5", "p.yaml:1: the tag tag:yaml.org,2002:int is not supported; leave it out"),
    ("extractor: !stage {kind: cells}", "p.yaml:1: the tag !stage is not supported; leave it out"),
    ("seed: &n 1", "p.yaml:1: anchors and aliases are not supported; write the value where it is needed"),
    ("seed: *n", "p.yaml: line 1"),
    ("<<: {seed: 1}", "p.yaml:1: <<: there is no such key here"),
    ("extractor:\n\tcell: 4", "p.yaml: line 2"),
    ("seed: 1\n---\nseed: 2", "p.yaml: line 2"),
    ("seed", "p.yaml: a description is a mapping of keys such as `extractor:`; found a single value"),
    ("\u{0}", "p.yaml: "), ("seed: \u{7}", "p.yaml: "), ("\"", "p.yaml: line 1"), ("%TAG ! x\n", "p.yaml: "),
  ])
  func isRefusedWithItsPlace(yaml: String, expected: String) {
    let text = message(yaml)
    #expect(text.contains(expected), "\(text)")
  }

  @Test(arguments: [("+5", 5), ("007", 7), ("9223372036854775809", 9_223_372_036_854_775_809)] as [(String, UInt64)])
  func wholeNumbersAreDecimal(text: String, expected: UInt64) throws {
    #expect(try PipelineDescription(yaml: "seed: \(text)", catalogue: .toy).seed == expected)
  }

  @Test(arguments: [("4", 4), ("4.0", 4), (".5", 0.5), ("+1.5e-3", 0.0015)])
  func fractionsAreDecimal(text: String, expected: Double) throws {
    #expect(try PipelineDescription(yaml: "map: {sigma: \(text)}", catalogue: .toy).map.sigma == expected)
  }

  /// YAML 1.2: only `true` and `false` are truth values.
  @Test(arguments: ["yes", "no", "on", "True", "1_000", "a b", "é"])
  func plainWordsAreText(word: String) throws {
    let description = try PipelineDescription(yaml: "extractor: {note: \(word)}", catalogue: .toy)
    #expect((description.extractor.configuration as? CellExtractorConfiguration)?.note == word)
  }

  /// Whatever a text holds, the description that is printed reads back.
  @Test(arguments: [
    "", " ", "~", "null", "true", "12", "0x1p3", "nan", "-", "---", "...", "a: b", "#", "{", "\"", "\\", "'", "a\nb",
    "\t", "\u{0}", "\u{7F}", "\u{85}", "\u{9F}", "\u{2028}", "\u{2029}", "\u{FFFE}", "\u{FFFF}",
    "\u{1F600}", "é/ü.pth",
    "*a", "&a", "!a", "%a", "@a", "`a", "|", ">", "? ", ", ",
  ])
  func everyTextSurvives(text: String) throws {
    var description = try PipelineDescription(yaml: "", catalogue: .toy)
    description.extractor = StageDescription(CellExtractorConfiguration(cell: 4, note: text))
    let printed = try description.yaml()
    let read = try PipelineDescription(yaml: printed, catalogue: .toy)
    let note = (read.extractor.configuration as? CellExtractorConfiguration)?.note
    #expect(note.map { Array($0.unicodeScalars) } == Array(text.unicodeScalars), "\(printed)")
  }

  /// Aliases of aliases would grow to 10^9 values; deep nesting would exhaust the stack.
  @Test func bombsAreRefused() {
    var laughs = "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
    for (name, last) in zip("bcdefghi", "abcdefgh") {
      let aliases = Array(repeating: "*\(last)", count: 10).joined(separator: ",")
      laughs += "\(name): &\(name) [\(aliases)]\n"
    }
    #expect(message(laughs).contains("p.yaml:1: anchors and aliases are not supported"))
    for depth in [65, 500, 10_000, 400_000] {
      let flow = "extractor: " + String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
      #expect(message(flow).contains("deep") || message(flow).contains("nesting"), "\(depth): \(message(flow))")
      let open = message("extractor: " + String(repeating: "{a: ", count: depth / 4))
      #expect(open.hasPrefix("p.yaml:"), "\(depth): \(open)")
    }
    var block = ""
    for level in 0..<1200 { block += String(repeating: " ", count: level) + "a:\n" }
    #expect(message(block).hasPrefix("p.yaml"), "\(message(block))")
    var nested = "{kind: plain}"
    for _ in 0..<60 { nested = "{kind: wrapped, index: \(nested)}" }
    #expect(message("neighbour_index: \(nested)") == "accepted")
  }

  /// Reading takes time in proportion to the text; in the square of it these would take hours.
  @Test(.timeLimit(.minutes(1))) func hugeTextsAreRefused() {
    #expect(message(String(repeating: "a", count: 1 << 20 + 1)).contains("a description has at most 1048576"))
    #expect(message("? " + String(repeating: "k", count: 500_000) + "\n: 1").contains("there is no such key here"))
    let keys = (0..<90_000).map { "k\($0): 1" }.joined(separator: "\n")
    #expect(message(keys).hasPrefix("p.yaml:1: k0: there is no such key here"))
  }
}
