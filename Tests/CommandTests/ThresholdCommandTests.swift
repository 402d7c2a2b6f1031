import Foundation
import TensorFiles
import Testing

@Suite struct ThresholdCommandTests {
  private func describe(_ thresholds: String, in folder: WorkFolder) throws {
    let text = WorkFolder.description(weights: "random") + "thresholds: \(thresholds)\n"
    try folder.write(Data(text.utf8), to: "decide.yaml")
  }

  @Test func fitPredictEvaluateAndInspectShowDecisions() throws {
    try WorkFolder.with { folder in
      try describe("{from: cross_validation, folds: 3, rule: {kind: quantile, q: 0.9}}", in: folder)
      let fit = try folder.run("fit", "decide.yaml", "--dataset", "mvtec:parts", "-o", "model")
      try #require(fit.status == 0, "\(fit.errors)")
      #expect(fit.output.contains("memory bank from 6 images"))
      // The price stands before the work, and each round says what it does.
      for line in [
        "thresholds: cross-validation in 3 folds; 4 fits, the last one with all 6 images\n",
        "fold 2 of 3: fitting 4 images, scoring the other 2\n", "fold 3 of 3: inspecting 2 of 2\n",
        "Warning: thresholds: quantile 0.9 of 6 images is decided by the highest score alone; it takes at least 10",
        "quantile 0.9 of 6 cross-validated (3 folds) images",
      ] {
        #expect(fit.errors.contains(line), "\(line)")
      }

      let text = try folder.run("predict", "model", "parts/test", "-q")
      let json = try folder.run("predict", "model", "parts/test", "-q", "--json").lines.map {
        try JSON.object(Data($0.utf8))
      }
      try #require(text.lines.count == 6 && json.count == 6)
      for (line, object) in zip(text.lines, json) {
        let columns = line.split(separator: "\t").map(String.init)
        try #require(columns.count == 3)
        let thresholds = try #require(object["thresholds"] as? [String: Double])
        let score = try #require(object["score"] as? Double)
        let decision = try #require(object["decision"] as? String)
        #expect(columns == [columns[0], decision, object["path"] as? String ?? ""])
        #expect(decision == (score > (thresholds["image"] ?? 0) ? "anomalous" : "nominal"))
        #expect(decision == "anomalous" || columns[2].contains("/good/"))
        guard columns[2].contains("/square/") else { continue }
        // The square covers 24 to 40 along both sides.
        let regions = try #require(object["regions"] as? [[String: Any]])
        let peaks = regions.compactMap { $0["peak"] as? [String: Double] }
        let highest = try #require(peaks.max { ($0["score"] ?? 0) < ($1["score"] ?? 0) })
        #expect((20...44).contains(highest["x"] ?? 0) && (20...44).contains(highest["y"] ?? 0))
        for region in regions {
          let box = try #require(region["box"] as? [String: Double])
          let contour = try #require(region["contour"] as? [[Double]])
          #expect(contour.count >= 4 && contour.allSatisfy { $0.count == 2 })
          #expect(contour.map { $0[0] }.min() == box["x"] && contour.map { $0[1] }.min() == box["y"])
          #expect(try #require(region["area"] as? Double) > 0)
        }
      }

      let inspect = try folder.run("inspect", "model")
      #expect(inspect.output.contains("\nthresholds: image "))
      #expect(inspect.output.contains("; quantile 0.9 of 6 cross-validated (3 folds) images (scores "))
      let evaluate = try folder.run("evaluate", "model", "--dataset", "mvtec:parts", "-q")
      #expect(evaluate.output.contains(" false positives, 0 false negatives"))
      #expect(try folder.run("predict", "model", "parts/test", "--maps", "maps", "-q").status == 0)
      #expect(folder.exists("maps/square/0_overlay.png"))
    }
  }

  @Test func thresholdsAreSetAnewWithoutAFit() throws {
    try WorkFolder.with { folder in
      try #require(try folder.run("fit", "random.yaml", "--dataset", "mvtec:parts", "-o", "model").status == 0)
      let before = try Data(contentsOf: folder.url("model"))
      let scores = try folder.run("predict", "model", "parts/test/good", "-q").lines
      let set = try folder.run("threshold", "model", "--images", "parts/test/good", "-o", "new")
      try #require(set.status == 0, "\(set.errors)")
      #expect(set.output.contains("maximum of 3 other images"))
      #expect(try Data(contentsOf: folder.url("model")) == before)
      // By the maximum none of the images that made it is above it, and their scores are what they were.
      let good = try folder.run("predict", "new", "parts/test/good", "-q").lines
      #expect(good == scores.map { $0.replacingOccurrences(of: "\t", with: "\tnominal\t") })
      let bad = try folder.run("predict", "new", "parts/test/square", "-q").lines
      #expect(bad.count == 3 && bad.allSatisfy { $0.contains("\tanomalous\t") })

      // An image that set a threshold is no test image.
      let leak = try folder.run("evaluate", "new", "--dataset", "mvtec:parts")
      #expect(leak.status == 1 && leak.errors.contains("3 of 6 test images"))
      let fitted = try folder.run("threshold", "model", "--images", "parts/train/good", "-o", "x")
      #expect(fitted.status == 1)
      #expect(fitted.errors.contains("is among the 6 images that the detector was fitted with"))
      #expect(!folder.exists("x"))

      // In place, with another rule; then by hand; then none, which is the model as it was.
      let rate = try folder.run(
        "threshold", "new", "--images", "parts/test/good", "--rule", "{kind: false_positive_rate, rate: 0.4}", "-o",
        "new")
      #expect(rate.output.contains("false_positive_rate 0.4 of 3 other images"), "\(rate.errors)")
      #expect(
        try folder.run("predict", "new", "parts/test/good", "-q").lines.count { $0.contains("anomalous") } == 1)
      let hand = try folder.run(
        "threshold", "new", "--image", "2.5", "--pixel", "0.5", "--minimum-area", "9", "-o", "new")
      #expect(hand.output == "new: thresholds: image 2.5, pixel 0.5, regions from 9.0 pixels; set by hand\n")
      #expect(try folder.run("inspect", "new").output.contains("regions from 9.0 pixels; set by hand"))
      #expect(try folder.run("threshold", "new", "--clear", "-o", "new").output == "new: no thresholds\n")
      #expect(try Data(contentsOf: folder.url("new")) == before)
      #expect(try folder.partialFiles().isEmpty)
    }
  }

  @Test func aModelWithoutItsWeightsStaysSo() throws {
    try WorkFolder.with { folder in
      try folder.writeWeights(to: "weights.safetensors", seed: 1)
      let fit = ["fit", "weights.yaml", "--dataset", "mvtec:parts", "--weights", "weights.safetensors", "-o", "light"]
      try #require(try folder.run(fit + ["--reference-weights"]).status == 0)
      let hand = try folder.run("threshold", "light", "--image", "1", "--pixel", "1", "-o", "hand")
      #expect(hand.status == 0, "\(hand.errors)")
      let without = try folder.run("threshold", "light", "--images", "parts/test/good", "-o", "x")
      #expect(without.status == 1 && without.errors.contains("give the file weights.safetensors"))
      let measured = try folder.run(
        "threshold", "light", "--images", "parts/test/good", "--weights", "weights.safetensors", "-o", "measured")
      #expect(measured.status == 0, "\(measured.errors)")
      for name in ["hand", "measured"] {
        let tensors = try SafetensorsFile(contentsOf: folder.url(name).path).tensors.keys
        #expect(!tensors.contains { $0.hasPrefix("extractor.") })
      }
    }
  }
}
