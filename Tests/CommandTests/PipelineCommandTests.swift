import Foundation
import ImageFiles
import TensorFiles
import Testing

@Suite struct PipelineCommandTests {
  /// The least image AUROC of the demo; 1.0 seen, 0.944 with random weights.
  static let demoImageFloor = 0.99
  /// The least pixel AUROC of the demo; 0.997 seen, 0.9925 with random weights.
  static let demoPixelFloor = 0.995

  @Test func fitPredictEvaluateAndInspectWorkOnOneModel() throws {
    try WorkFolder.with { folder in
      let fit = try folder.run("fit", "random.yaml", "--dataset", "mvtec:parts", "-o", "model")
      try #require(fit.status == 0, "\(fit.errors)")
      // Six images of 14 x 14 patches, a tenth of them kept.
      #expect(fit.output.hasPrefix("model: 117 x 32 memory bank from 6 images; resnet with weights random"))
      #expect(fit.errors.contains("embedding 6 of 6\n"))

      let text = try folder.run("predict", "model", "parts/test", "parts/test/square/1.png", "--quiet")
      #expect(text.status == 0)
      #expect(
        text.lines.map { $0.split(separator: "\t").last } == [
          "parts/test/good/0.png", "parts/test/good/1.png", "parts/test/good/2.png", "parts/test/square/0.png",
          "parts/test/square/1.png", "parts/test/square/2.png", "parts/test/square/1.png",
        ])
      // Random weights are named even where progress is not wanted.
      #expect(text.errors.hasPrefix("Warning: the network's weights are random"))
      let scores = text.lines.compactMap { $0.split(separator: "\t").first.flatMap { Float($0) } }
      try #require(scores.count == 7)
      #expect(scores[0...2].max() ?? 0 < scores[3...6].min() ?? 0)

      let json = try folder.run("predict", "model", "parts/test/good/0.png", "--json", "-q").json()
      #expect(Set(json.keys) == ["path", "score", "nearest_patch", "weights", "engine"])
      #expect(json["path"] as? String == "parts/test/good/0.png")
      #expect((json["score"] as? Double).map(Float.init) == scores[0])
      #expect((json["weights"] as? String)?.hasPrefix("random") == true)
      let patch = try #require(json["nearest_patch"] as? [String: Any])
      #expect((patch["image"] as? String)?.hasPrefix("train/good/") == true)
      #expect((patch["row"] as? Int).map((0..<14).contains) == true)
      #expect((patch["column"] as? Int).map((0..<14).contains) == true)

      let inspect = try folder.run("inspect", "model")
      #expect(inspect.status == 0)
      #expect(inspect.output.contains("weights: random"))
      #expect(inspect.output.contains("training images: 6, train/good/0.png to train/good/5.png"))
      #expect(inspect.output.contains("nominal_test_fraction"))
    }
  }

  @Test func evaluateGivesOneJSONOnAStreamAndInAFile() throws {
    try WorkFolder.with { folder in
      try #require(try folder.run("fit", "random.yaml", "--dataset", "mvtec:parts", "-o", "model").status == 0)
      let arguments = ["evaluate", "model", "--dataset", "mvtec:parts", "-q"]
      let stream = try folder.run(arguments + ["--json", "-"])
      try #require(stream.status == 0, "\(stream.errors)")
      let result = try stream.json()
      #expect(result["image_auroc"] as? Double == 1)
      #expect(try #require(result["pixel_auroc"] as? Double) > 0.9)
      #expect((result["images"] as? [[String: Any]])?.count == 6)
      let weights = (result["detector"] as? [String: Any])?["weights"] as? [String: Any]
      #expect((weights?["name"] as? String)?.hasPrefix("random") == true)
      #expect(result["timings"] == nil)

      let file = try folder.run(arguments + ["--json", "result.json", "--report", "new/report", "--timings"])
      #expect(file.status == 0)
      #expect(file.lines.first == "image AUROC               1.0000")
      #expect(file.lines.last?.hasPrefix("weights: random") == true)
      #expect(file.errors.contains("seconds: decode ") && file.errors.contains(" images a second, threads "))
      var written = try JSON.object(try Data(contentsOf: folder.url("result.json")))
      let stages = Set((written["timings"] as? [String: Any] ?? [:]).keys)
      #expect(stages.isSuperset(of: ["extractor", "scorer", "map", "wall"]))
      written["timings"] = nil
      #expect(written as NSDictionary == result as NSDictionary)
      for name in [
        "report.html", "report.json", "scores.csv", "pixel_roc.csv", "pictures/test/square/0_overlay.png",
      ] {
        #expect(folder.exists("new/report/" + name), "\(name)")
      }
      let page = try String(contentsOf: folder.url("new/report/report.html"), encoding: .utf8)
      #expect(page.contains("<th>time that passed</th>") && !page.contains("<th>wall</th>"))
      #expect(try folder.partialFiles().isEmpty)
    }
  }

  @Test func mapsAreDrawnOnTheScaleThatWasAskedFor() throws {
    try WorkFolder.with { folder in
      try #require(try folder.run("fit", "random.yaml", "--dataset", "mvtec:parts", "-o", "model").status == 0)
      let run = try folder.run("predict", "model", "parts/test", "--maps", "maps", "--scale", "0,1000000")
      #expect(run.status == 0)
      #expect(run.errors.contains("maps: heat maps, dark 0.0 to light 1000000.0"))
      let dark = try ImageFile.decode(contentsOf: folder.url("maps/square/0_map.png").path)
      #expect((dark.width, dark.height) == (56, 56))
      #expect(try folder.run("predict", "model", "parts/test", "--maps", "own", "-q").status == 0)
      let own = try ImageFile.decode(contentsOf: folder.url("own/square/0_map.png").path)
      // On the run's own scale the defect is light, on one far above its scores it is not.
      #expect(own.bytes.max() ?? 0 > 200)
      #expect(dark.bytes.max() ?? 0 < own.bytes.max() ?? 0)
    }
  }

  @Test func aModelThatRefersToItsWeightsTakesThoseAlone() throws {
    try WorkFolder.with { folder in
      try folder.writeWeights(to: "weights.safetensors", seed: 1)
      try folder.writeWeights(to: "other.safetensors", seed: 2)
      let fit = ["fit", "weights.yaml", "--dataset", "mvtec:parts", "--weights", "weights.safetensors", "-o"]
      try #require(try folder.run(fit + ["whole"]).status == 0)
      try #require(try folder.run(fit + ["light", "--reference-weights"]).status == 0)
      let sizes = try ["whole", "light"].map { try Data(contentsOf: folder.url($0)).count }
      // Layer 1 of ResNet-18 has 157504 weights with batch norm folded.
      #expect(sizes[0] - sizes[1] > 4 * 157_000)

      let whole = try folder.run("predict", "whole", "parts/test", "-q")
      #expect(whole.status == 0)
      #expect(whole.errors == "")
      let light = try folder.run("predict", "light", "parts/test", "-q", "--weights", "weights.safetensors")
      #expect(light.status == 0)
      #expect(light.output == whole.output)

      let without = try folder.run("predict", "light", "parts/test")
      #expect(without.status == 1)
      #expect(without.errors.contains("give the file weights.safetensors (SHA-256 "))
      let other = try folder.run("predict", "light", "parts/test", "--weights", "other.safetensors")
      #expect(other.status == 1)
      #expect(other.errors.contains("SHA-256"))
      #expect(other.output == "")
      let twice = try folder.run("predict", "whole", "parts/test", "--weights", "weights.safetensors")
      #expect(twice.status == 1)
      #expect(twice.errors.contains("leave out --weights"))
    }
  }

  /// The weights in the program need no file, and models that refer to them only a program with the same ones.
  @Test func aModelThatRefersToTheProgramsWeightsNeedsNoFile() throws {
    try WorkFolder.with { folder in
      var description = "preprocess: {resize: 64, crop: 56}\naggregator: {layer_dimension: 32, dimension: 32}\n"
      #if !OneDNN
      description += "compute: {engine: openblas}\n"
      #endif
      try folder.write(Data(description.utf8), to: "short.yaml")
      let fit = ["fit", "short.yaml", "--dataset", "mvtec:parts", "-q", "-o"]
      let whole = try folder.run(fit + ["whole"])
      try #require(whole.status == 0, "\(whole.errors)")
      #expect(whole.output.contains("; compact with weights compact (embedded); fitted with "))
      try #require(try folder.run(fit + ["light", "--reference-weights"]).status == 0)
      let scores = try folder.run("predict", "whole", "parts/test", "-q")
      #expect(scores.status == 0)
      #expect(scores.errors == "")
      #expect(try folder.run("predict", "light", "parts/test", "-q").output == scores.output)

      // The same file may be given, from whatever program it comes; another program's network may not.
      let model = try SafetensorsFile(contentsOf: folder.url("light").path)
      let manifest = try #require(model.metadata["patchcore"])
      let digest = try #require(manifest.firstMatch(of: #/"weights":\{"digest":"([0-9a-f]{64})"/#)).1
      let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
      try folder.write(
        Data(
          contentsOf: repository.appendingPathComponent("Plugins/Extractors/CCompactWeights/compact.safetensors")),
        to: "compact.safetensors")
      #expect(
        try folder.run("predict", "light", "parts/test", "-q", "--weights", "compact.safetensors").output
          == scores.output)
      let other = String(repeating: "0", count: 64)
      try SafetensorsFile.write(
        tensors: model.tensors, metadata: ["patchcore": manifest.replacing(digest, with: other)], first: "bank.vectors",
        to: folder.url("older").path)
      let older = try folder.run("predict", "older", "parts/test")
      #expect(older.status == 1)
      #expect(
        older.errors.contains("compact (embedded) (SHA-256 \(other)), those of this build have \(digest); fit again"))
    }
  }

  @Test func theDemoFindsItsDefects() throws {
    try WorkFolder.with { folder in
      // The program alone in an empty folder, with nothing in its environment that leads back here.
      try FileManager.default.createDirectory(at: folder.url("alone"), withIntermediateDirectories: true)
      try FileManager.default.copyItem(at: CommandProcess.program, to: folder.url("alone/patchcore"))
      let run = try folder.run(["demo", "--output", "demo", "--quiet"], copy: "alone/patchcore")
      try #require(run.status == 0, "\(run.errors)")
      let description = try String(contentsOf: folder.url("alone/demo/pipeline.yaml"), encoding: .utf8)
      #expect(!description.contains(#/^extractor:/#.anchorsMatchLineEndings()))
      let result = try JSON.object(try Data(contentsOf: folder.url("alone/demo/results.json")))
      let weights = (result["detector"] as? [String: Any])?["weights"] as? [String: Any]
      #expect(weights?["name"] as? String == "compact (embedded)")
      #expect(try #require(result["image_auroc"] as? Double) > Self.demoImageFloor)
      #expect(try #require(result["pixel_auroc"] as? Double) > Self.demoPixelFloor)
      for name in [
        "pipeline.yaml", "model.safetensors", "report/report.html", "report/pictures/test/scratch/000_overlay.png",
        "parts/ground_truth/chip/005_mask.png",
      ] {
        #expect(folder.exists("alone/demo/" + name), "\(name)")
      }
    }
  }
}
