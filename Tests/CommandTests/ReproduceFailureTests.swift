import Foundation
import Testing

/// What `reproduce` does where something is missing or is other than the paper's.
@Suite struct ReproduceFailureTests {
  private typealias Suites = ReproduceCommandTests

  private static let networks = """
    - name: "first layer"
      changes: {extractor: {kind: resnet, architecture: resnet18, layers: [layer1]}}
    - name: "second layer"
      changes: {extractor: {kind: resnet, architecture: resnet18, layers: [layer2]}}
    - name: "other network"
      changes: {extractor: {kind: resnet, architecture: resnet34, layers: [layer1]}}
    """

  @Test func missingWeightsAreNamedInTheirRow() throws {
    try WorkFolder.with { folder in
      try Suites.write(folder, Suites.suite(Self.networks))
      try folder.write(Data(), to: "weights/readme.txt")
      try folder.writeWeights(to: "weights/resnet18-layer1.safetensors", seed: 1)
      let arguments = ["reproduce", "own.yaml", "--data", "parts", "--weights", "weights", "-o"]
      let run = try folder.run(arguments + ["out"])
      #expect(run.status == 1)
      #expect(run.errors.hasSuffix("Error: 2 of 3 rows are not complete; why stands below the table\n"))
      let rows = try Suites.results(folder, "out")
      #expect(Suites.number(rows[0], "image_auroc") != nil)
      #expect(Suites.number(rows[1], "image_auroc") == nil && Suites.number(rows[2], "image_auroc") == nil)
      let problems = rows.map { ($0["problems"] as? [String]) ?? [] }
      #expect(problems[0].isEmpty)
      #expect(problems[1][0].contains("resnet18-layer1.safetensors does not hold resnet18 with layer2"))
      #expect(problems[2][0] == "there is no file resnet34*.pth, .pt or .safetensors in weights")
      #expect(run.output.contains("second layer, not done") && run.output.contains("other network: not done:"))

      let random = try folder.run(arguments + ["random", "--random-weights"])
      #expect(random.status == 0, "\(random.errors)")
      #expect(random.output.contains("second layer, random weights"))
      #expect(random.output.contains("Weights: 2 of 3 rows have random ones; the paper's are pretrained."))
      let labels = try Suites.results(folder, "random").map { $0["random_weights"] as? Bool }
      #expect(labels == [false, true, true])

      try folder.writeWeights(to: "weights/resnet18.pt", seed: 2)
      let twice = try folder.run(arguments + ["twice"])
      #expect(twice.status == 1)
      #expect(
        twice.errors.contains("weights holds several files for resnet18: resnet18-layer1.safetensors, resnet18.pt"))
    }
  }

  @Test func anotherBaseLosesItsWeightsWhereTheNetworkChanges() throws {
    try WorkFolder.with { folder in
      try folder.writeWeights(to: "mine.safetensors", seed: 1)
      let runs = "- name: as it is\n- name: other\n  changes: {extractor: {architecture: resnet34}}"
      let text = Suites.suite(runs)
        .replacing("{kind: compact}", with: "{kind: resnet, architecture: resnet50, layers: [layer1]}")
      try Suites.write(folder, text)
      try Suites.write(
        folder,
        WorkFolder.description(weights: "{file: mine.safetensors}"), "base.yaml")
      let run = try folder.run("reproduce", "own.yaml", "--data", "mvtec:parts", "--base", "base.yaml", "-o", "out")
      #expect(run.status == 1)
      let rows = try Suites.results(folder, "out")
      #expect(Suites.number(rows[0], "image_auroc") != nil)
      #expect(
        (rows[1]["problems"] as? [String])?.first?.hasPrefix("resnet34 has no weights; give --weights DIR") == true)
      #expect(run.output.contains("Base: base.yaml in the place of the suite's."))
      #expect(run.output.contains("Network: ResNet-18; the paper's rows have ResNet-50."))
      #expect(run.output.contains("(ResNet-50, MVTec") || run.output.contains("paper"))
      let top = try JSON.object(try Data(contentsOf: folder.url("out/results.json")))
      #expect(top["base"] as? String == "base.yaml")
      #expect(!String(decoding: try Data(contentsOf: folder.url("out/results.json")), as: UTF8.self).contains("/mine"))
    }
  }

  @Test func otherDataAreNamedAndARowThatFailsStopsNoOther() throws {
    try WorkFolder.with { folder in
      let runs = """
        - name: "too large"
          changes: {preprocess: {crop: 100}}
        - name: "good"
          changes: {split: {nominal_test_fraction: 0.2}}
          paper: {image_auroc: 97.9}
        - name: "no such key"
          changes: {subsampler: {fracton: 0.5}}
        """
      try Suites.write(folder, Suites.suite(runs, data: "magnetic-tile"))
      let run = try folder.run("reproduce", "own.yaml", "--data", "mvtec:parts", "-o", "out")
      #expect(run.status == 1)
      #expect(run.output.contains("Data: parts (mvtec); the paper's numbers are of Magnetic Tile Defects."))
      #expect(run.output.contains("split.nominal_test_fraction is 0 and not 0.2"))
      let rows = try Suites.results(folder, "out")
      #expect((rows[0]["problems"] as? [String])?.first?.contains("crop of 100 x 100") == true)
      #expect(Suites.number(rows[1], "image_auroc") != nil && Suites.number(rows[1], "image_auroc", "paper") == 97.9)
      let typo = try #require((rows[2]["problems"] as? [String])?.first)
      #expect(
        typo.contains("own.yaml:") && typo.contains("subsampler.fracton") && typo.contains("did you mean fraction?"))
    }
  }

  @Test func categoriesAreAveraged() throws {
    try WorkFolder.with { folder in
      for name in ["bottle", "cable"] {
        let files = FileManager.default
        try files.createDirectory(at: folder.url("all"), withIntermediateDirectories: true)
        try files.copyItem(at: folder.url("parts"), to: folder.url("all/" + name))
      }
      // A good image that looks bad, so that the categories differ.
      try folder.drawImage("all/cable/test/good/0.png", seed: 5, defect: true)
      try Suites.write(
        folder,
        Suites.suite("- name: one\n  paper_categories: {image_auroc: {bottle: 100}}\n  paper: {image_auroc: 99}"))
      let run = try folder.run("reproduce", "own.yaml", "--data", "all", "-o", "out")
      try #require(run.status == 0, "\(run.errors)")
      let row = try Suites.results(folder, "out")[0]
      let categories = try #require(row["categories"] as? [[String: Any]])
      let values = categories.compactMap {
        (($0["numbers"] as? [String: Any])?["image_auroc"] as? [String: Any])?["value"] as? Double
      }
      try #require(values.count == 2)
      #expect(values[0] > values[1])
      #expect(Suites.number(row, "image_auroc") == (values[0] + values[1]) / 2)
      #expect(run.output.contains("Data: 2 of the 15 categories of MVTec AD"))
      #expect(run.output.contains("bottle") && run.output.contains("cable"))

      let chosen = try folder.run("reproduce", "own.yaml", "--data", "all", "--categories", "cable", "-o", "cable")
      #expect(chosen.status == 0)
      #expect(Suites.number(try Suites.results(folder, "cable")[0], "image_auroc") == values[1])
      let typo = try folder.run("reproduce", "own.yaml", "--data", "all", "--categories", "cabel", "-o", "typo")
      #expect(
        typo.status == 1 && typo.errors.contains("all has no category cabel, it has bottle, cable; did you mean cable?")
      )
    }
  }

  @Test func timesAreMeasuredEachTime() throws {
    try WorkFolder.with { folder in
      try Suites.write(
        folder,
        Suites.suite("- name: one\n- name: two\n  changes: {seed: 1}", metrics: "seconds_per_image, seconds_extractor"))
      let run = try folder.run("reproduce", "own.yaml", "--data", "parts", "-o", "out")
      try #require(run.status == 0, "\(run.errors)")
      #expect(!run.errors.contains("features were there already"))
      for row in try Suites.results(folder, "out") {
        let all = try #require(Suites.number(row, "seconds_per_image"))
        let extractor = try #require(Suites.number(row, "seconds_extractor"))
        #expect(extractor > 0 && all > extractor)
      }
    }
  }

  @Test func misuseIsRefused() throws {
    try WorkFolder.with { folder in
      try Suites.write(folder, Suites.suite("- name: one"))
      let cases: [(String, Int32, String)] = [
        ("reproduce", 2, "name a suite, or give --list"),
        ("reproduce own.yaml", 2, "give the data set: --data PATH"),
        ("reproduce own.yaml --data parts --feature-cache much", 2, "--feature-cache much"),
        ("reproduce own.yaml --data parts --categories a,,b", 2, "--categories a,,b"),
        ("reproduce tabel1 --data parts", 1, "did you mean table1?"),
        ("reproduce nowhere.yaml --data parts", 1, "nowhere.yaml: cannot be read"),
        ("reproduce own.yaml --data cats:parts -o x", 1, "there is no data set kind cats"),
        ("reproduce own.yaml --data nothing -o x", 1, "nothing: there is no such folder"),
        ("reproduce own.yaml --data parts --data mvtec:parts -o x", 1, "two data sets of kind mvtec"),
        ("reproduce own.yaml --data parts --data folder:parts/test -o x", 1, "no row runs on test (folder)"),
        ("reproduce figure3 --fresh -o x", 2, "draws points of its own"),
        ("reproduce own.yaml --data parts --categories other -o x", 1, "parts is the one category parts, not other"),
        ("reproduce own.yaml --data folder:parts/test --categories a -o x", 1, "leave out --categories"),
        ("reproduce own.yaml --data parts --base nowhere.yaml -o x", 1, "nowhere.yaml: cannot be read"),
        ("reproduce own.yaml --data parts --weights nowhere -o x", 1, "nowhere: there is no such folder"),
        ("reproduce own.yaml --data parts -o own.yaml", 1, "own.yaml: is a file; name a folder"),
      ]
      for (line, status, part) in cases {
        let run = try folder.run(line.split(separator: " ").map(String.init))
        #expect(run.status == status, "\(line)")
        #expect(run.errors.contains(part), "\(line): \(run.errors)")
        #expect(run.output == "", "\(line)")
      }
      let list = try folder.run("reproduce", "--list")
      #expect(list.status == 0)
      #expect(
        list.lines.contains { $0.hasPrefix("table1  ") && $0.hasSuffix("  Table 1: anomaly detection on MVTec AD") })
    }
  }
}
