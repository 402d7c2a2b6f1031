import Foundation
import PatchCore
import TensorFiles
import Testing

/// Kinds of data sets and low-shot draws from the command line to the report.
@Suite struct DatasetCommandTests {
  /// The least pixel AUROC where truth and map lie on each other; below 0.5 if frames or masks were mixed up.
  static let pixelFloor = 0.9

  @Test func videoFramesAndTheirMasksBelongTogether() throws {
    try WorkFolder.with { folder in
      // A video of 11 test frames, of which 0, 5 and 10 are taken; frame 5 has a defect, and its neighbours' masks are
      // wrong on purpose.
      for frame in 0..<11 {
        let name = frame < 10 ? "00\(frame)" : "0\(frame)"
        try folder.drawImage("stc/training/frames/01_001/\(name).png", seed: UInt64(frame))
        try folder.drawImage("stc/testing/frames/01_0014/\(name).png", seed: UInt64(50 + frame), defect: frame == 5)
      }
      var masks = [UInt8](repeating: 0, count: 11 * 64 * 64)
      for row in 0..<64 {
        for column in 0..<64 {
          let isSquare = (24..<40).contains(row) && (24..<40).contains(column)
          for frame in [4, 5, 6] { masks[(frame * 64 + row) * 64 + column] = isSquare == (frame == 5) ? 1 : 0 }
        }
      }
      for (name, tensor) in [
        ("test_frame_mask", Tensor([0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0])),
        ("test_pixel_mask", Tensor(masks).shaped([11, 64, 64])),
      ] {
        try folder.write(Data(), to: "stc/testing/\(name)/01_0014.npy")
        try NumpyFile.write(tensor, to: folder.url("stc/testing/\(name)/01_0014.npy").path)
      }
      let fit = try folder.run("fit", "random.yaml", "--dataset", "mstc:stc", "-o", "model")
      try #require(fit.status == 0, "\(fit.errors)")
      #expect(fit.output.contains("from 3 images"))
      let result = try folder.run("evaluate", "model", "--dataset", "mstc:stc", "-q", "--json", "-").json()
      #expect(result["image_auroc"] as? Double == 1)
      #expect(try #require(result["pixel_auroc"] as? Double) > Self.pixelFloor)
      let images = try #require(result["images"] as? [[String: Any]])
      #expect(images.map { $0["anomalous"] as? Bool } == [false, true, false])
      #expect((result["dataset"] as? [String: Any])?["kind"] as? String == "mstc")

      try NumpyFile.write(
        Tensor([UInt8](repeating: 0, count: 11 * 64)).shaped([11, 8, 8]),
        to: folder.url("stc/testing/test_pixel_mask/01_0014.npy").path)
      let wrong = try folder.run("evaluate", "model", "--dataset", "mstc:stc", "-q")
      #expect(wrong.status == 1)
      #expect(wrong.errors.contains("test_pixel_mask/01_0014.npy: the mask has 8 x 8 pixels, its image 64 x 64"))
    }
  }

  @Test func listsAreFittedAndEvaluated() throws {
    try WorkFolder.with { folder in
      var text = "path,label,mask,use\r\n"
      for number in 0..<6 { text += "train/good/\(number).png,good,,train\r\n" }
      for number in 0..<3 {
        text += "test/good/\(number).png,0,,test\r\n"
        text += "test/square/\(number).png,square,ground_truth/square/\(number)_mask.png,test\r\n"
      }
      try folder.write(Data(text.utf8), to: "parts/list.csv")
      for dataset in ["csv:parts/list.csv", "mvtec:parts"] {
        let fit = try folder.run("fit", "random.yaml", "--dataset", dataset, "-o", "model-\(dataset.prefix(3))")
        try #require(fit.status == 0, "\(fit.errors)")
      }
      #expect(try Data(contentsOf: folder.url("model-csv")) == Data(contentsOf: folder.url("model-mvt")))
      let list = try folder.run("evaluate", "model-csv", "--dataset", "csv:parts/list.csv", "-q", "--json", "-").json()
      let layout = try folder.run("evaluate", "model-csv", "--dataset", "mvtec:parts", "-q", "--json", "-").json()
      #expect(list["pixel_auroc"] as? Double == layout["pixel_auroc"] as? Double)
      #expect((list["dataset"] as? [String: Any])?["name"] as? String == "list")

      try folder.write(Data("path,label\ntest/good/0.png,good\nlost.png,good\n".utf8), to: "parts/short.csv")
      let lost = try folder.run("fit", "random.yaml", "--dataset", "csv:parts/short.csv", "-o", "x")
      #expect(lost.status == 1)
      #expect(lost.errors.contains("parts/short.csv: 1 files are missing (image lost.png on line 3)"))
      try folder.write(Data("path,label,use\ntest/good/0.png,good,test\n".utf8), to: "parts/test.csv")
      let untrained = try folder.run("fit", "random.yaml", "--dataset", "csv:parts/test.csv", "-o", "x")
      #expect(untrained.status == 1 && untrained.errors.contains("test: none of its 1 images is for training"))
    }
  }

  @Test func shotsAreDrawnBySeed() throws {
    try WorkFolder.with { folder in
      func fit(_ split: String, seed: Int, _ source: [String]) throws -> CommandRun {
        let text = WorkFolder.description(weights: "random") + "seed: \(seed)\nsplit: \(split)\n"
        try folder.write(Data(text.utf8), to: "shots.yaml")
        return try folder.run(["fit", "shots.yaml"] + source + ["-o", "model"])
      }
      func training() throws -> [String] {
        try folder.run("inspect", "model").lines.filter { $0.contains("training images:") }
      }
      for source in [["--dataset", "mvtec:parts"], ["--images", "parts/train/good"]] {
        var draws: Set<[String]> = []
        for seed in 0..<4 {
          let run = try fit("{shots: 2}", seed: seed, source)
          try #require(run.status == 0, "\(run.errors)")
          #expect(run.output.contains("from 2 images"))
          draws.insert(try training())
        }
        #expect(draws.count > 1, "the seed decides the draw")
        let evaluation = try folder.run("evaluate", "model", "--dataset", "mvtec:parts", "-q", "--json", "-").json()
        let dataset = try #require(evaluation["dataset"] as? [String: Any])
        #expect(dataset["training_images"] as? Int == 2 && dataset["nominal_test_images"] as? Int == 3)
        let many = try fit("{shots: 7}", seed: 0, source)
        #expect(many.status == 1)
        #expect(many.errors.contains("split: shots is 7, but there are 6 training images"))
      }
      let none = try fit("{shots: 0}", seed: 0, ["--dataset", "mvtec:parts"])
      #expect(none.status == 1 && none.errors.contains("shots is 0; give at least 1"))
    }
  }

  @Test func helpNamesEveryKind() throws {
    try WorkFolder.with { folder in
      for command in ["fit", "evaluate"] {
        let help = try folder.run(command, "--help").output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(help.contains("KIND is mvtec, magnetic-tile, mstc, folder or csv"))
      }
    }
  }
}

extension Tensor {
  /// The same bytes in another shape.
  fileprivate func shaped(_ shape: [Int]) -> Tensor {
    Tensor(elementType: elementType, shape: shape, storage: storage, byteOffset: byteOffset)
  }
}
