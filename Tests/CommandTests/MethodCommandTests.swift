import Foundation
import Testing

/// Ensembles and baselines go through every command as PatchCore does.
@Suite struct MethodCommandTests {
  private static let network = "kind: resnet, architecture: resnet18, weights: random"

  /// What stands under a name, over the size and engine that all share.
  private static func description(_ lines: String) -> String {
    let description = "preprocess: {resize: 64, crop: 56}\n\(lines)\n"
    #if OneDNN
    return description
    #else
    return description + "compute: {engine: openblas}\n"
    #endif
  }

  private static let ensemble = """
    extractor: {\(network), layers: [layer1]}
    aggregator: {kind: official, layer_dimension: 32, dimension: 32}
    members:
      - {}
      - {extractor: {layers: [layer2]}, seed: 1}
    """

  @Test(arguments: [
    ("ensemble", ensemble + "\ncombination: {fraction: 0.4}", "members:", "2 members on scales of 2 held-out images"),
    ("padim", "extractor: {\(network), layers: [layer1, layer2]}\npadim: {dimensions: 20}", "padim:", "padim from 6"),
    ("spade", "extractor: {\(network), layers: [layer1, layer2]}\nspade: {neighbours: 3}", "spade:", "spade from 6"),
  ])
  func everyCommand(_ name: String, _ lines: String, _ key: String, _ summary: String) throws {
    try WorkFolder.with { folder in
      try folder.write(Data(Self.description(lines).utf8), to: "method.yaml")
      let explained = try folder.run("explain", "method.yaml", "--images", "6", "--size", "64x64")
      try #require(explained.status == 0, "\(explained.errors)")
      #expect(explained.lines.contains(key) && explained.output.contains("\n  memory: "))
      for threads in ["1", "2"] {
        let fitted = try folder.run(
          "fit", "method.yaml", "--dataset", "mvtec:parts", "-o", "model\(threads)", "--threads", threads)
        try #require(fitted.status == 0, "\(fitted.errors)")
        #expect(fitted.output.contains(summary))
      }
      #expect(try Data(contentsOf: folder.url("model1")) == Data(contentsOf: folder.url("model2")))
      let inspected = try folder.run("inspect", "model1")
      #expect(inspected.status == 0 && inspected.output.contains("\n  \(key) "), "\(inspected.output)")
      #expect(inspected.output.contains("training images: 6"))
      let evaluated = try folder.run("evaluate", "model1", "--dataset", "mvtec:parts", "--json", "result.json")
      try #require(evaluated.status == 0, "\(evaluated.errors)")
      let result = try JSON.object(Data(contentsOf: folder.url("result.json")))
      // A white square on grey noise: even random networks see it.
      let area = try #require(result["image_auroc"] as? Double), pixels = try #require(result["pixel_auroc"] as? Double)
      #expect(area == 1 && pixels > 0.8, "\(name): \(area), \(pixels)")
      let predicted = try folder.run("predict", "model1", "parts/test/square/0.png", "--maps", "maps", "--json")
      try #require(predicted.status == 0, "\(predicted.errors)")
      let images = try #require(result["images"] as? [[String: Any]])
      let evaluatedScore = images.first { $0["path"] as? String == "test/square/0.png" }?["score"] as? Double
      #expect(try predicted.json()["score"] as? Double == evaluatedScore)
      #expect(predicted.errors.contains("the network's weights are random"))
      #expect(folder.exists("maps/0_map.png"))
    }
  }

  @Test func theTestSetIsUsedOnlyWhereTheDescriptionSaysSo() throws {
    try WorkFolder.with { folder in
      let lines = Self.ensemble + "\ncombination: {normalisation: test_set_min_max}"
      try folder.write(Data(Self.description(lines).utf8), to: "method.yaml")
      try #require(try folder.run("fit", "method.yaml", "--dataset", "mvtec:parts", "-o", "model").status == 0)
      let refused = try folder.run("predict", "model", "parts/test/square/0.png")
      #expect(refused.status == 1 && refused.output.isEmpty)
      #expect(refused.errors.contains("fit with combination.normalisation held_out"))
      let result = try folder.run("evaluate", "model", "--dataset", "mvtec:parts", "--json", "-").json()
      let scores = try #require(result["images"] as? [[String: Any]]).compactMap { $0["score"] as? Double }
      #expect(scores.count == 6 && scores.allSatisfy { (0...1).contains($0) })
    }
  }

  @Test func weightsOfSeveralNetworks() throws {
    try WorkFolder.with { folder in
      let lines = Self.ensemble + "\ncombination: {fraction: 0.4}"
      let shared = lines.replacingOccurrences(of: ", weights: random", with: "")
      let own = Self.description(shared)
      let same = own.replacingOccurrences(of: "extractor: {layers: [layer2]}, ", with: "")
      try folder.write(Data(own.utf8), to: "own.yaml")
      try folder.write(Data(same.utf8), to: "same.yaml")
      try folder.writeWeights(to: "weights.safetensors", seed: 1)
      func fit(_ file: String, _ more: String...) throws -> CommandRun {
        try folder.run(
          ["fit", file, "--images", "parts/train/good", "-o", "model", "--weights", "weights.safetensors"] + more)
      }
      let refused = try fit("own.yaml")
      #expect(refused.status == 1)
      #expect(refused.errors.contains("--weights: members: one weights file cannot fill members whose extractors"))
      let referenced = try fit("same.yaml", "--reference-weights")
      #expect(referenced.status == 1 && referenced.errors.contains("include the weights"))
      #expect(!folder.exists("model"))
      let fitted = try fit("same.yaml")
      #expect(fitted.status == 0, "\(fitted.errors)")
      let inspected = try folder.run("inspect", "model")
      #expect(inspected.output.contains("weights: weights.safetensors, SHA-256"))
    }
  }

  @Test func aBaselineMayReferToItsWeights() throws {
    try WorkFolder.with { folder in
      let lines = "extractor: {kind: resnet, architecture: resnet18, layers: [layer1]}\npadim: {dimensions: 8}"
      try folder.write(Data(Self.description(lines).utf8), to: "method.yaml")
      try folder.writeWeights(to: "weights.safetensors", seed: 1)
      try folder.writeWeights(to: "others.safetensors", seed: 2)
      let fitted = try folder.run(
        "fit", "method.yaml", "--images", "parts/train/good", "--weights", "weights.safetensors", "-o", "model",
        "--reference-weights")
      try #require(fitted.status == 0, "\(fitted.errors)")
      func predict(_ more: String...) throws -> CommandRun {
        try folder.run(["predict", "model", "parts/test/square/0.png"] + more)
      }
      #expect(try predict("--weights", "weights.safetensors").status == 0)
      #expect(try predict("--weights", "others.safetensors").status == 1)
      #expect(try predict().errors.contains("give the file weights.safetensors"))
    }
  }
}
