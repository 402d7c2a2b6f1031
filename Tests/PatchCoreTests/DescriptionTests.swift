import PatchCore
import Testing

/// Strict reading: every mistake names file, line, key path and the nearest known name.
@Suite struct DescriptionTests {
  private func message(_ yaml: String) -> String {
    do {
      _ = try PipelineDescription(yaml: yaml, name: "pipeline.yaml", catalogue: .toy)
      return "accepted"
    } catch {
      return "\(error)"
    }
  }

  @Test func emptyDescriptionIsThePreset() throws {
    let description = try PipelineDescription(yaml: "", catalogue: .toy)
    let subsampler = try #require(description.subsampler.configuration as? EverySubsamplerConfiguration)
    let extractor = try #require(description.extractor.configuration as? CellExtractorConfiguration)
    #expect(subsampler.step == 2)
    #expect(extractor.cell == 4)
    #expect(description.seed == 0)
    #expect(description.preset == "toy")
  }

  @Test func keysOverrideThePreset() throws {
    let description = try PipelineDescription(
      yaml: """
        subsampler: {step: 5}
        extractor: {kind: cells, cell: 2, note: "12"}
        seed: 18446744073709551615
        """, catalogue: .toy)
    #expect((description.subsampler.configuration as? EverySubsamplerConfiguration)?.step == 5)
    let extractor = try #require(description.extractor.configuration as? CellExtractorConfiguration)
    #expect(extractor.cell == 2)
    #expect(extractor.note == "12")
    #expect(description.seed == .max)
  }

  @Test func anotherKindBringsItsOwnDefaults() throws {
    let shifted = try PipelineDescription(yaml: "subsampler: {order: {kind: shifted}}", catalogue: .toy)
    let every = try #require(shifted.subsampler.configuration as? EverySubsamplerConfiguration)
    guard case .shifted(let shift) = every.order else {
      Issue.record("the kind named is not the kind decoded")
      return
    }
    #expect(shift.offset == 3)
    #expect(every.step == 2)

    let wrapped = try PipelineDescription(
      yaml: "neighbour_index: {kind: wrapped, index: {kind: wrapped}}", catalogue: .toy)
    let outer = try #require(wrapped.neighbourIndex.configuration as? WrappedIndexConfiguration)
    let inner = try #require(outer.index.configuration as? WrappedIndexConfiguration)
    #expect(inner.index.kind == "plain")
  }

  @Test func jsonIsADescriptionToo() throws {
    let description = try PipelineDescription(
      yaml: #"{"subsampler": {"kind": "every", "step": 7}, "seed": 3}"#, catalogue: .toy)
    #expect((description.subsampler.configuration as? EverySubsamplerConfiguration)?.step == 7)
    #expect(description.seed == 3)
  }

  @Test(arguments: [
    (
      "seed: 1\nsubsampler:\n  stepp: 3",
      "pipeline.yaml:3: subsampler.stepp: there is no such key here; did you mean step?"
    ),
    ("extractr: {kind: cells}", "pipeline.yaml:1: extractr: there is no such key here; did you mean extractor?"),
    (
      "extractor:\n  kind: cels",
      "pipeline.yaml:2: extractor.kind: there is no extractor of kind cels; did you mean cells? known: cells"
    ),
    ("subsampler:\n  step: many", "pipeline.yaml:2: subsampler.step: expected a whole number, found many"),
    ("subsampler: {step: 2.5}", "pipeline.yaml:1: subsampler.step: expected a whole number, found the number 2.5"),
    ("subsampler: {step: \"2\"}", "pipeline.yaml:1: subsampler.step: expected a whole number, found the text \"2\""),
    ("seed: -1", "pipeline.yaml:1: seed: expected a whole number that is not negative, found the number -1"),
    (
      "extractor: {note: 12}",
      "pipeline.yaml:1: extractor.note: expected text (quote it if it is meant as text), found the number 12"
    ),
    ("extractor: [cells]", "pipeline.yaml:1: extractor: expected a mapping of keys, found a list of 1"),
    (
      "subsampler: {order: {kind: shiftd}}",
      "pipeline.yaml:1: subsampler.order.kind: there is no kind shiftd here; did you mean shifted? known: forward, shifted"
    ),
    (
      "subsampler: {order: {kind: forward, offset: 2}}",
      "pipeline.yaml:1: subsampler.order.offset: there is no such key here; known keys: kind"
    ),
    (
      "neighbour_index: {kind: wrapped, index: {kind: wrapped, indx: 1}}",
      "pipeline.yaml:1: neighbour_index.index.indx: there is no such key here; did you mean index?"
    ),
    (
      "neighbour_index:\n\n  kind: far_away",
      "pipeline.yaml:3: neighbour_index.kind: far_away is not in this build; build with the trait FarAway"
    ),
    ("preset: tooy", "pipeline.yaml:1: preset: there is no preset tooy; did you mean toy? known: toy"),
    (
      "compute: {engine: openblass}",
      "pipeline.yaml:1: compute.engine: expected one of onednn, openblas; found openblass; did you mean openblas?"
    ),
    ("- extractor", "pipeline.yaml: a description is a mapping of keys such as `extractor:`; found a list"),
  ])
  func mistakesAreNamed(yaml: String, expected: String) { #expect(message(yaml) == expected) }

  @Test(arguments: [
    (
      "seed: 1\nsubsampler: {step: 1}\n\nseed: 2\n",
      "pipeline.yaml:4: seed: duplicate key; it was set before, remove one"
    ),
    (
      "seed: 1\nsubsampler:\n  step: 1\n  # again\n  \"step\": 2\n",
      "pipeline.yaml:5: subsampler.step: duplicate key; it was set before, remove one"
    ),
    (
      "seed: 1\nsubsampler: {step: 1, step: 2}\n",
      "pipeline.yaml:2: subsampler.step: duplicate key; it was set before, remove one"
    ),
    (
      "neighbour_index:\n  kind: wrapped\n  index:\n    kind: plain\n    kind: plain\n",
      "pipeline.yaml:5: neighbour_index.index.kind: duplicate key; it was set before, remove one"
    ),
  ])
  func duplicateKeysAreRefused(yaml: String, expected: String) { #expect(message(yaml) == expected) }

  @Test func syntaxErrorsNameTheLine() {
    let text = message("seed: 1\nsubsampler: {step: 1\n")
    #expect(text.hasPrefix("pipeline.yaml: line "), "\(text)")
  }

  @Test func everyValueSaysWhereItWasSet() throws {
    let resolved = try ResolvedDescription(
      yaml: "seed: 4\nextractor:\n  cell: 8", name: "p.yaml",
      overrides: [.init(path: ["extractor", "note"], text: "here", option: "--note")], catalogue: .toy)
    let origins = Dictionary(
      uniqueKeysWithValues: resolved.tree.leaves().map { ($0.path.joined(separator: "."), "\($0.node.origin)") })
    #expect(origins["seed"] == "p.yaml:1")
    #expect(origins["extractor.cell"] == "p.yaml:3")
    #expect(origins["extractor.note"] == "--note")
    #expect(origins["extractor.kind"] == "preset toy")
    #expect(origins["subsampler.step"] == "preset toy, paper silent")
    #expect(origins["compute.engine"] == "default")
  }

  /// `coarse_cells`: cells of 8 pixels, for a second extractor.
  private struct CoarseConfiguration: FeatureExtractorConfiguration {
    static let kind = "coarse_cells"
    var depth = 1

    private var cells: CellExtractorConfiguration { CellExtractorConfiguration(cell: 8) }
    func shapes(height: Int, width: Int) throws -> [FeatureShape] { try cells.shapes(height: height, width: width) }
    func makeExtractor(_ context: StageContext) throws -> any FeatureExtractor { try cells.makeExtractor(context) }
  }

  /// The extractor registered last as the default holds where neither file nor preset names one.
  @Test func theDefaultExtractorYieldsToPresetAndFile() throws {
    var catalogue = StageCatalogue()
    catalogue.register(Preset(name: "bare", summary: "no extractor", yaml: "seed: 1"))
    catalogue.register(Preset(name: "cells", summary: "an extractor", yaml: "extractor: {kind: cells, cell: 2}"))
    catalogue.register(CellExtractorConfiguration.self, isDefault: true)
    catalogue.register(CoarseConfiguration.self, isDefault: true)
    catalogue.register(ChannelsLastConfiguration.self)
    catalogue.register(EverySubsamplerConfiguration.self)
    catalogue.register(PlainIndexConfiguration.self)
    catalogue.register(FarthestScorerConfiguration.self)
    func extractor(_ yaml: String) throws -> [String] {
      let others = """
        aggregator: {kind: channels_last}
        subsampler: {kind: every}
        neighbour_index: {kind: plain}
        scorer: {kind: farthest}
        """
      return try ResolvedDescription(yaml: yaml + "\n" + others, name: "p.yaml", catalogue: catalogue).tree.leaves()
        .filter { $0.path[0] == "extractor" }.map { "\($0.path[1]): \($0.node.yaml), \($0.node.origin)" }
    }
    #expect(try extractor("seed: 2") == ["kind: coarse_cells, default", "depth: 1, default"])
    #expect(try extractor("extractor: {depth: 3}") == ["kind: coarse_cells, default", "depth: 3, p.yaml:1"])
    #expect(try extractor("preset: cells") == ["kind: cells, preset cells", "cell: 2, preset cells"])
    #expect(try extractor("extractor: {kind: cells}") == ["kind: cells, p.yaml:1", "cell: 4, default"])
  }

  @Test func aDescriptionSurvivesItsOwnText() throws {
    let first = try PipelineDescription(
      yaml: "subsampler: {step: 3, order: {kind: shifted, offset: 1}}\nneighbour_index: {kind: wrapped}",
      catalogue: .toy)
    let text = try first.yaml()
    let second = try PipelineDescription(yaml: text, catalogue: .toy)
    #expect(try second.yaml() == text)
    #expect(text.contains("offset: 1"))
  }
}
