import Evaluation
import Foundation
import PatchCore
import Testing

@Suite struct SuiteReadingTests {
  private static let head = """
    title: "A title"
    source: "A place"
    data: mvtec
    metrics: [image_auroc, pro]
    base: {preset: paper}

    """

  private static func suite(_ runs: String, head: String = head) throws -> Suite {
    try Suite(yaml: head + runs, file: "own.yaml", name: "own")
  }

  @Test func readsEveryKey() throws {
    let suite = try Self.suite(
      """
      notes: ["below"]
      runs:
        - name: "first"
          changes: {subsampler: {fraction: 0.25}}
          seeds: [0, 7]
          data: magnetic-tile
          paper: {image_auroc: 99.1, pro: 93}
          paper_deviation: {image_auroc: 0.6}
          paper_categories: {image_auroc: {bottle: 100, metal_nut: 99.5}}
          note: "about it"
        - name: "second"
      """)
    guard case .table(let table) = suite.content else {
      Issue.record("no table")
      return
    }
    #expect(suite.name == "own" && suite.title == "A title" && suite.source == "A place" && suite.notes == ["below"])
    #expect(table.data == .mvtec && table.metrics == [.imageAUROC, .pro] && !table.isTimed)
    #expect(table.base["preset"]?.text == "paper")
    #expect(table.runs.map(\.name) == ["first", "second"])
    let run = table.runs[0]
    #expect(run.changes?["subsampler"]?["fraction"]?.text == "0.25")
    #expect(run.seeds == [0, 7] && run.data == .magneticTile && run.note == "about it")
    #expect(run.paper == [.imageAUROC: 99.1, .pro: 93] && run.paperDeviation == [.imageAUROC: 0.6])
    #expect(run.paperCategories == [.imageAUROC: ["bottle": 100, "metal_nut": 99.5]])
    #expect(table.runs[1].changes == nil && table.runs[1].seeds == nil && table.runs[1].paper.isEmpty)
  }

  @Test func readsAPicture() throws {
    let suite = try Suite(yaml: "title: a\nsource: b\npicture: figure3\n", file: "own.yaml", name: "own")
    guard case .picture(.figure3) = suite.content else {
      Issue.record("no picture")
      return
    }
  }

  @Test(arguments: [
    ("runs: [{name: a, sedes: [1]}]", ["own.yaml:6: runs.0.sedes", "did you mean seeds?"]),
    ("runs: [{changes: {}}]", ["own.yaml:6: runs.0.name: this key is missing"]),
    (
      "runs:\n  - name: a\n    paper: {image_auorc: 1}",
      ["own.yaml:8: runs.0.paper.image_auorc", "did you mean image_auroc?"]
    ),
    ("runs:\n  - name: a\n    paper: {image_auroc: high}", ["own.yaml:8", "a finite decimal number"]),
    ("runs:\n  - name: a\n    paper: {pixel_auroc: 1}", ["own.yaml:8: runs.0.paper", "no metric of this suite"]),
    (
      "runs:\n  - name: a\n    paper_categories: {pixel_auroc: {a: 1}}",
      ["own.yaml:8: runs.0.paper_categories", "no metric of this suite"]
    ),
    ("runs:\n  - name: a\n  - name: a", ["own.yaml:8: runs.1.name", "give each its own name"]),
    ("runs:\n  - name: a\n    seeds: [1, 1]", ["own.yaml:8: runs.0.seeds", "names a seed twice"]),
    ("runs:\n  - name: a\n    seeds: []", ["own.yaml:8: runs.0.seeds", "names no seed"]),
    ("runs:\n  - name: a\n    seeds: [-1]", ["own.yaml:8: runs.0.seeds.0", "not negative"]),
    ("runs:\n  - name: a\n    data: mvtek", ["own.yaml:8: runs.0.data", "did you mean mvtec?"]),
    ("runs:\n  - name: a\n    changes: 3", ["own.yaml:8: runs.0.changes", "expected a mapping of keys"]),
    ("runs: []", ["own.yaml:6: runs", "holds no run"]),
    ("notes: []", ["own.yaml:1: runs", "this key is missing"]),
    ("runs: [{name: a}]\npicture: figure3", ["own.yaml:3: data", "either a picture or runs"]),
    ("run: []", ["own.yaml:6: run", "did you mean runs?"]),
  ])
  func refuses(_ text: String, parts: [String]) {
    expectError(.invalidConfiguration, containing: parts) { _ = try Self.suite(text) }
  }

  @Test func refusesMetricsThatAreNone() {
    let head = Self.head.replacingOccurrences(of: "[image_auroc, pro]", with: "[image_auroc, image_auroc]")
    expectError(.invalidConfiguration, containing: ["own.yaml:4: metrics.1", "named twice"]) {
      _ = try Self.suite("runs: [{name: a}]", head: head)
    }
    let other = Self.head.replacingOccurrences(of: "[image_auroc, pro]", with: "[prro]")
    expectError(.invalidConfiguration, containing: ["own.yaml:4: metrics.0", "did you mean pro?"]) {
      _ = try Self.suite("runs: [{name: a}]", head: other)
    }
  }

  @Test func theProgramHoldsEveryFile() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Sources/Evaluation/Suites")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".yaml") }
    #expect(SuiteLibrary.names == files.map { String($0.dropLast(".yaml".count)) }.sorted())
    for name in SuiteLibrary.names {
      let suite = try SuiteLibrary.suite(named: name)
      let file = try Suite(contentsOf: folder.appendingPathComponent(name + ".yaml").path)
      #expect(suite.name == name && file.name == name && file.title == suite.title, "\(name)")
    }
    expectError(.invalidConfiguration, containing: ["there is no suite tabel1", "did you mean table1?"]) {
      _ = try SuiteLibrary.suite(named: "tabel1")
    }
  }
}
