import Foundation
import Testing

/// Suites of one's own on drawn images.
@Suite struct ReproduceCommandTests {
  static let engine: String = {
    #if OneDNN
    "onednn"
    #else
    "openblas"
    #endif
  }()

  /// Readers of JSON differ in the last digit of a number, which a difference of close numbers enlarges.
  static let rounding = 1e-9

  static let base = """
    preset: official
    preprocess: {resize: 64, crop: 56}
    extractor: {kind: compact}
    aggregator: {kind: official, layer_dimension: 32, dimension: 32}
    compute: {engine: \(engine)}
    """

  static func suite(_ runs: String, metrics: String = "image_auroc, pixel_auroc", data: String = "mvtec") -> String {
    """
    title: "A small suite"
    source: "drawn images"
    data: \(data)
    metrics: [\(metrics)]
    base:
      \(base.replacing("\n", with: "\n  "))
    runs:
      \(runs.replacing("\n", with: "\n  "))

    """
  }

  static let twoRows = """
    - name: "half"
      changes: {subsampler: {fraction: 0.5}}
      paper: {image_auroc: 99.5}
      paper_categories: {pixel_auroc: {parts: 98}}
    - name: "a, \\"tenth\\""
      seeds: [0, 1, 2]
      changes: {subsampler: {fraction: 0.05}}
      paper: {pixel_auroc: 90}
      paper_deviation: {pixel_auroc: 0.5}
      note: "a note"
    """

  static func write(_ folder: WorkFolder, _ text: String, _ name: String = "own.yaml") throws {
    try folder.write(Data(text.utf8), to: name)
  }

  static func results(_ folder: WorkFolder, _ output: String) throws -> [[String: Any]] {
    let top = try JSON.object(try Data(contentsOf: folder.url(output + "/results.json")))
    return try #require(top["rows"] as? [[String: Any]])
  }

  static func number(_ row: [String: Any], _ metric: String, _ key: String = "value") -> Double? {
    ((row["overall"] as? [String: Any])?[metric] as? [String: Any])?[key] as? Double
  }

  @Test func numbersAreThoseOfFitAndEvaluate() throws {
    try WorkFolder.with { folder in
      try Self.write(folder, Self.suite(Self.twoRows))
      let run = try folder.run("reproduce", "own.yaml", "--data", "parts", "-o", "out")
      try #require(run.status == 0, "\(run.errors)")
      let rows = try Self.results(folder, "out")
      try #require(rows.count == 2)
      var byHand: [[Double]] = []
      for (fraction, seed) in [("0.5", 0), ("0.05", 0), ("0.05", 1), ("0.05", 2)] {
        try Self.write(folder, Self.base + "\nsubsampler: {fraction: \(fraction)}\nseed: \(seed)\n", "hand.yaml")
        try #require(try folder.run("fit", "hand.yaml", "--dataset", "mvtec:parts", "-o", "model").status == 0)
        let result = try folder.run("evaluate", "model", "--dataset", "mvtec:parts", "--json", "-").json()
        byHand.append(try ["image_auroc", "pixel_auroc"].map { try #require(result[$0] as? Double) * 100 })
      }
      #expect(Self.number(rows[0], "image_auroc") == byHand[0][0])
      #expect(Self.number(rows[0], "pixel_auroc") == byHand[0][1])
      #expect(Self.number(rows[0], "image_auroc", "difference") == byHand[0][0] - 99.5)
      let seeds = byHand[1...].map { $0[1] }
      let mean = seeds.reduce(0, +) / 3
      let deviation = (seeds.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 2).squareRoot()
      #expect(deviation > 0)
      #expect(Self.number(rows[1], "pixel_auroc") == mean)
      #expect(Self.number(rows[1], "pixel_auroc", "deviation").map { abs($0 - deviation) < Self.rounding } == true)
      #expect(Self.number(rows[1], "pixel_auroc", "paper_deviation") == 0.5)
      #expect(run.lines.allSatisfy { $0.count <= 120 })
      #expect(run.output.contains("a note\n") && run.output.contains(String(format: "%.2f ± ", mean)))
      #expect(run.output.contains("Run with: weights compact") && run.output.contains("engine \(Self.engine) float32;"))
      #expect(run.output.contains("Data: parts; the paper's numbers are over the 15 categories of MVTec AD."))

      let csv = try String(contentsOf: folder.url("out/results.csv"), encoding: .utf8).split(separator: "\n")
      // Two rows of two metrics, over all categories and for the one.
      #expect(csv.count == 1 + 2 * 2 * 2)
      #expect(csv[1].hasPrefix("own,half,,image_auroc,percent,\(byHand[0][0]),,1,99.5,,"))
      #expect(csv[4].hasPrefix("own,half,parts,pixel_auroc,percent,\(byHand[0][1]),,1,98.0,,"))
      #expect(csv[5].hasPrefix("own,\"a, \"\"tenth\"\"\",,image_auroc"))
    }
  }

  @Test func aRecordHoldsTheReportOfTheRealDescription() throws {
    try WorkFolder.with { folder in
      try Self.write(folder, Self.suite("- name: one\n- name: two\n  changes: {subsampler: {fraction: 0.2}}"))
      try #require(try folder.run("reproduce", "own.yaml", "--data", "parts", "-o", "out").status == 0)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.url("out/runs").path)
      #expect(names.count == 2)
      for name in names {
        let record = try JSON.object(try Data(contentsOf: folder.url("out/runs/" + name)))
        let report = try #require(record["report"] as? [String: Any])
        let detector = try #require(report["detector"] as? [String: Any])
        #expect((detector["description"] as? String)?.contains("kind: compact") == true)
        #expect((report["images"] as? [Any])?.count == 6)
      }
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder.url("out").path).sorted() == [
          "results.csv", "results.json", "runs",
        ])
    }
  }

  @Test func goesOnWhereItStopped() throws {
    try WorkFolder.with { folder in
      try Self.write(folder, Self.suite(Self.twoRows))
      let arguments = ["reproduce", "own.yaml", "--data", "parts", "-o", "out"]
      let first = try folder.run(arguments)
      try #require(first.status == 0, "\(first.errors)")
      #expect(!first.errors.contains("done before"))
      let written = try Data(contentsOf: folder.url("out/results.json"))
      func doneBefore(_ extra: String...) throws -> Int {
        let run = try folder.run(arguments + extra)
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output == first.output)
        #expect(try Data(contentsOf: folder.url("out/results.json")) == written)
        return run.errors.components(separatedBy: "done before").count - 1
      }
      #expect(try doneBefore() == 4)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.url("out/runs").path)
      #expect(names.count == 4)
      try FileManager.default.removeItem(at: folder.url("out/runs/" + names[0]))
      try folder.write(Data("{".utf8), to: "out/runs/" + names[1])
      #expect(try doneBefore() == 2)
      #expect(try doneBefore("--fresh") == 0)
      // Other bytes of an image are other data, whatever its name.
      try folder.drawImage("parts/test/good/0.png", seed: 999)
      let changed = try folder.run(arguments)
      #expect(changed.status == 0 && !changed.errors.contains("done before"))
    }
  }

  @Test func anInterruptLeavesWhatIsDone() throws {
    try WorkFolder.with { folder in
      let seeds = (0..<30).map(String.init).joined(separator: ", ")
      try Self.write(folder, Self.suite("- name: many\n  seeds: [\(seeds)]\n  changes: {subsampler: {fraction: 0.9}}"))
      let arguments = ["reproduce", "own.yaml", "--data", "parts", "-o", "out"]
      let command = try CommandProcess(arguments, in: folder)
      try command.process.run()
      while command.process.isRunning, try !command.errorsSoFar().contains("[3 of 30]") {
        Thread.sleep(forTimeInterval: 0.01)
      }
      command.process.interrupt()
      let run = try command.finish()
      #expect(run.status == 1)
      #expect(run.output == "")
      #expect(run.errors.hasSuffix("stopped; nothing was left half-written\n"), "\(run.errors.suffix(200))")
      #expect(try folder.partialFiles().isEmpty)
      #expect(!folder.exists("out/results.json"))
      let done = try FileManager.default.contentsOfDirectory(atPath: folder.url("out/runs").path).count
      #expect(done >= 2 && done < 30)
      let second = try folder.run(arguments)
      #expect(second.status == 0)
      #expect(second.errors.components(separatedBy: "done before").count - 1 == done)
    }
  }

  @Test(arguments: ["compact", "resnet, architecture: resnet18, weights: random"])
  func keptFeaturesChangeNoNumber(extractor: String) throws {
    try WorkFolder.with { folder in
      let rows = ["[layer1, layer2, layer3]", "[layer2]", "[layer2, layer3]", "[layer1]"].enumerated().map {
        "- name: row \($0)\n  changes: {extractor: {layers: \($1)}}"
      }
      let text = Self.suite(
        (rows + ["- name: again\n  changes: {subsampler: {fraction: 0.5}}"]).joined(separator: "\n"))
      try Self.write(folder, text.replacing("kind: compact", with: "kind: \(extractor)"))
      var found: [Data] = []
      var lines: [String] = []
      for (size, output) in [("0", "without"), ("8G", "with"), ("300K", "some")] {
        let run = try folder.run("reproduce", "own.yaml", "--data", "parts", "-o", output, "--feature-cache", size)
        try #require(run.status == 0, "\(run.errors)")
        found.append(try Data(contentsOf: folder.url(output + "/results.json")))
        lines.append(run.errors)
      }
      #expect(found[0] == found[1] && found[0] == found[2])
      #expect(!lines[0].contains("features were there already"))
      // Twelve images; the first row computes all layers of all others.
      #expect(
        lines[1].contains("the network ran on 12 images; 48 times its features were there already"), "\(lines[1])")
      #expect(lines[2].contains("features were there already") && lines[2].contains("have reached"))
    }
  }
}
