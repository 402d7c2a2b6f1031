import Foundation
import PatchCore
import Testing

@Suite struct EvaluateCommandTests {
  private static let evaluate = ["evaluate", "model", "--dataset", "mvtec:parts", "-q"]

  private static func fitted(_ body: (WorkFolder) throws -> Void) throws {
    try WorkFolder.with { folder in
      try #require(try folder.run("fit", "random.yaml", "--dataset", "mvtec:parts", "-o", "model", "-q").status == 0)
      try body(folder)
    }
  }

  @Test func printsTheMainNumbersInColumns() throws {
    try Self.fitted { folder in
      let run = try folder.run(Self.evaluate)
      try #require(run.status == 0, "\(run.errors)")
      let names = [
        "image AUROC", "image average precision", "image F1, at its optimum", "error at full recall", "pixel AUROC",
        "pixel AUROC, anomalous", "PRO", "PRO, image-averaged", "bank in use",
      ]
      for (line, name) in zip(run.lines, names) {
        #expect(line.hasPrefix(name.padding(toLength: 26, withPad: " ", startingAt: 0)), "\(line)")
        #expect(line.dropFirst(26).prefix(6).contains(#/^[01]\.[0-9]{4}$/#), "\(line)")
      }
      #expect(run.lines[2].hasSuffix("(0 false positives, 0 false negatives)"))
      #expect(run.lines[5].hasSuffix("(3 images alone)"))
      #expect(run.lines[6].hasSuffix("(3 regions, to 0.3)"))
      // Three images of three had 14 x 14 patches each, so at most 1176 of the bank's rows can be used.
      #expect(run.lines[8].hasSuffix(" of 117 rows)"))
    }
  }

  @Test func saysOnceWhyNumbersAreAbsent() throws {
    try Self.fitted { folder in
      try FileManager.default.removeItem(at: folder.url("parts/ground_truth"))
      let run = try folder.run(Self.evaluate)
      #expect(run.status == 0)
      #expect(run.lines[0] == "image AUROC               1.0000")
      #expect(run.lines[4] == "pixel AUROC               undefined: 3 images with a defect have no mask")
      #expect(run.lines[6] == "PRO                       undefined for the same reason")
    }
  }

  @Test func refusesMasksThatDoNotFit() throws {
    try Self.fitted { folder in
      try folder.drawImage("parts/ground_truth/square/1_mask.png", seed: 1, side: 32)
      let small = try folder.run(Self.evaluate + ["--json", "x"])
      #expect(small.status == 1)
      #expect(small.errors.contains("ground_truth/square/1_mask.png: the mask has 32 x 32 pixels, its image 64 x 64"))
      try FileManager.default.removeItem(at: folder.url("parts/ground_truth/square/1_mask.png"))
      let missing = try folder.run(Self.evaluate + ["--json", "x"])
      #expect(missing.status == 1)
      #expect(missing.errors.contains("1 images with defects have no mask (test/square/1.png), others do"))
      #expect(!folder.exists("x"))
    }
  }

  #if TIFF
  @Test func writesMapsAtTheSizeOfTheImages() throws {
    try Self.fitted { folder in
      let run = try folder.run("evaluate", "model", "--dataset", "mvtec:parts", "--tiff-maps", "new/maps")
      try #require(run.status == 0, "\(run.errors)")
      #expect(run.errors.contains("new/maps/parts/test: float TIFF maps of 6 images"))
      for name in ["good/0", "good/1", "good/2", "square/0", "square/1", "square/2"] {
        let data = try Data(contentsOf: folder.url("new/maps/parts/test/\(name).tiff"))
        // 64 x 64 pixels of 4 bytes, although the maps that are compared have 56 x 56.
        #expect(data.count > 64 * 64 * 4 && data.count < 64 * 64 * 4 + 1000, "\(name)")
      }
      #expect(try folder.partialFiles().isEmpty)
    }
  }
  #else
  @Test func namesTheTraitThatIsMissing() throws {
    try Self.fitted { folder in
      let run = try folder.run(Self.evaluate + ["--tiff-maps", "maps"])
      #expect(run.status == 1)
      #expect(run.errors.contains("maps: TIFF files are not in this build; build with the trait TIFF"))
      #expect(!folder.exists("maps"))
    }
  }
  #endif
}
