import Evaluation
import Foundation
import PatchCore
import Testing

@Suite struct DatasetTests {
  private static let category = [
    "train/good/000.png", "train/good/001.png", "test/good/000.png", "test/crack/000.png", "test/crack/001.PNG",
    "ground_truth/crack/000_mask.png", "ground_truth/crack/001.png", "readme.txt", ".DS_Store", "test/good/._000.png",
    "train/good/Thumbs.db",
  ]

  @Test func readsMVTecLayout() throws {
    try TemporaryTree.with(Self.category) { tree in
      let data = try Dataset.mvtec(tree.root)
      #expect(
        data.samples == [
          DatasetSample(
            path: "test/crack/000.png", label: .anomalous(defect: "crack"), maskPath: "ground_truth/crack/000_mask.png",
            use: .test),
          DatasetSample(
            path: "test/crack/001.PNG", label: .anomalous(defect: "crack"), maskPath: "ground_truth/crack/001.png",
            use: .test),
          DatasetSample(path: "test/good/000.png", label: .nominal, use: .test),
          DatasetSample(path: "train/good/000.png", label: .nominal, use: .train),
          DatasetSample(path: "train/good/001.png", label: .nominal, use: .train),
        ])
      #expect(data.train.count == 2 && data.test.count == 3 && data.hasMasks && data.hasFixedSplit)
      #expect(data.maskThreshold == nil)
      #expect(data.file("a.png") == tree.root + "/a.png")
      #expect(try Dataset.mvtec(tree.root + "/").name == data.name)
    }
  }

  @Test func readsMVTecLayoutWithoutMasks() throws {
    try TemporaryTree.with(["train/good/0.png", "test/crack/0.png"]) { tree in
      let data = try Dataset.mvtec(tree.root)
      #expect(!data.hasMasks && data.test.map(\.label) == [.anomalous(defect: "crack")])
    }
  }

  @Test func readsMagneticTiles() throws {
    let files = [
      "MT_Free/Imgs/b.jpg", "MT_Free/Imgs/b.png", "MT_Free/Imgs/a.JPG", "MT_Blowhole/Imgs/x.jpg",
      "MT_Blowhole/Imgs/x.png", "MT_Uneven/y.jpeg", "MT_Uneven/y.png", "README.md", "dataset.jpg",
    ]
    try TemporaryTree.with(files) { tree in
      let data = try Dataset.magneticTile(tree.root)
      #expect(
        data.samples.map(\.path) == [
          "MT_Blowhole/Imgs/x.jpg", "MT_Free/Imgs/a.JPG", "MT_Free/Imgs/b.jpg", "MT_Uneven/y.jpeg",
        ])
      #expect(data.samples.map(\.maskPath) == ["MT_Blowhole/Imgs/x.png", nil, nil, "MT_Uneven/y.png"])
      #expect(data.samples.map(\.label.className) == ["Blowhole", "good", "good", "Uneven"])
      #expect(data.samples.map(\.use) == [.test, .train, .train, .test])
      #expect(data.maskThreshold == 127)
    }
  }

  @Test func readsFolderWithClasses() throws {
    let files = [
      "good/b.png", "good/deep/a.tif", "scratch/1.png", "scratch/night/1.jpg", "masks/scratch/1_mask.png",
      "masks/scratch/night/1.png", "empty/", "notes.txt",
    ]
    try TemporaryTree.with(files) { tree in
      let data = try Dataset.folder(tree.root)
      #expect(data.samples.map(\.path) == ["good/b.png", "good/deep/a.tif", "scratch/1.png", "scratch/night/1.jpg"])
      #expect(
        data.samples.map(\.maskPath) == [nil, nil, "masks/scratch/1_mask.png", "masks/scratch/night/1.png"])
    }
  }

  @Test func readsFlatFolderInTheOrderOfBytes() throws {
    try TemporaryTree.with(["b.png", "B.png", "é.png", "a10.png", "a9.png", "z.tiff", "a/"]) { tree in
      let data = try Dataset.folder(tree.root)
      #expect(data.samples.map(\.path) == ["B.png", "a10.png", "a9.png", "b.png", "z.tiff", "é.png"])
      #expect(data.samples.allSatisfy { $0.label == .nominal && $0.use == .train })
    }
  }

  @Test func listsImagesBelowAFolder() throws {
    try TemporaryTree.with(["x/2.png", "x/y/1.jpg", "0.png", "x.txt", ".hidden/3.png"]) { tree in
      let listed = try Dataset.imageFiles(below: tree.root)
      #expect(listed == ["0.png", "x/2.png", "x/y/1.jpg"])
      #expect(try Dataset.nominalImages(tree.root).train.map(\.path) == listed)
    }
  }

  @Test func followsLinksButNoCircles() throws {
    try TemporaryTree.with(["good/a.png", "elsewhere/b.png"]) { tree in
      try tree.link("good/linked.png", to: tree.root + "/elsewhere/b.png")
      try tree.link("crack", to: tree.root + "/elsewhere")
      #expect(try Dataset.folder(tree.root).samples.map(\.path).contains("good/linked.png"))
      #expect(try Dataset.folder(tree.root).samples.map(\.path).contains("crack/b.png"))
      try tree.link("good/circle", to: tree.root + "/good")
      expectError(.invalidDataset, containing: ["good/circle", "link"]) { _ = try Dataset.folder(tree.root) }
    }
    try TemporaryTree.with(["a.png"]) { tree in
      try tree.link("lost.png", to: tree.root + "/nowhere.png")
      expectError(.invalidDataset, containing: ["lost.png", "repair"]) { _ = try Dataset.folder(tree.root) }
    }
  }

  @Test func refusesMissingAndEmptyFolders() throws {
    expectError(.invalidDataset, containing: ["/no/such/folder", "no such folder"]) {
      _ = try Dataset.folder("/no/such/folder")
    }
    try TemporaryTree.with(["file"]) { tree in
      expectError(.invalidDataset, containing: ["is a file"]) { _ = try Dataset.folder(tree.root + "/file") }
    }
    try TemporaryTree.with([]) { tree in
      expectError(.invalidDataset, containing: ["is empty", "jpg, png"]) { _ = try Dataset.folder(tree.root) }
      expectError(.invalidDataset, containing: ["train/good", "nothing"]) { _ = try Dataset.mvtec(tree.root) }
      expectError(.invalidDataset, containing: ["MT_Free", "nothing"]) { _ = try Dataset.magneticTile(tree.root) }
    }
    try TemporaryTree.with(["a.txt", "b.txt", "c.md"]) { tree in
      let parts = ["only a.txt, b.txt, c.md", "jpeg, jpg, png, tif, tiff"]
      expectError(.invalidDataset, containing: parts) { _ = try Dataset.folder(tree.root) }
      expectError(.invalidDataset, containing: parts) { _ = try Dataset.imageFiles(below: tree.root) }
    }
    try TemporaryTree.with(["train/good/a.txt", "test/good/a.png"]) { tree in
      expectError(.invalidDataset, containing: ["train/good", "only a.txt"]) { _ = try Dataset.mvtec(tree.root) }
    }
    try TemporaryTree.with(["MT_Free/Imgs/a.png"]) { tree in
      expectError(.invalidDataset, containing: ["MT_Free/Imgs", "1 PNG"]) { _ = try Dataset.magneticTile(tree.root) }
    }
  }

  @Test func namesTheRightLayout() throws {
    try TemporaryTree.with(["bottle/train/good/0.png", "bottle/test/good/0.png", "cable/x.png"]) { tree in
      expectError(.invalidDataset, containing: ["mvtec:\(tree.root)/bottle"]) { _ = try Dataset.mvtec(tree.root) }
    }
    try TemporaryTree.with(["train/good/0.png", "test/good/0.png"]) { tree in
      expectError(.invalidDataset, containing: ["mvtec:\(tree.root)"]) { _ = try Dataset.folder(tree.root) }
    }
    try TemporaryTree.with(["MT_Free/a.jpg"]) { tree in
      expectError(.invalidDataset, containing: ["magnetic-tile:\(tree.root)"]) { _ = try Dataset.folder(tree.root) }
    }
    try TemporaryTree.with(["ok/a.png", "nok/a.png"]) { tree in
      expectError(.invalidDataset, containing: ["nok, ok", "no folder good"]) { _ = try Dataset.folder(tree.root) }
    }
    try TemporaryTree.with(["good/a.png", "loose.png"]) { tree in
      expectError(.invalidDataset, containing: ["loose.png", "beside"]) { _ = try Dataset.folder(tree.root) }
    }
    try TemporaryTree.with(Self.category + ["train/crack/0.png"]) { tree in
      expectError(.invalidDataset, containing: ["train holds the folder crack"]) { _ = try Dataset.mvtec(tree.root) }
    }
  }

  @Test func refusesMasksThatDoNotMatch() throws {
    try TemporaryTree.with(Self.category + ["test/crack/002.png", "test/hole/7.png"]) { tree in
      expectError(.invalidDataset, containing: ["2 images", "test/crack/002.png, test/hole/7.png", "no mask"]) {
        _ = try Dataset.mvtec(tree.root)
      }
    }
    try TemporaryTree.with(Self.category + ["ground_truth/crack/009_mask.png"]) { tree in
      expectError(.invalidDataset, containing: ["1 masks", "ground_truth/crack/009_mask.png", "no image"]) {
        _ = try Dataset.mvtec(tree.root)
      }
    }
    try TemporaryTree.with(Self.category + ["ground_truth/dent/0_mask.png"]) { tree in
      expectError(.invalidDataset, containing: ["ground_truth/dent"]) { _ = try Dataset.mvtec(tree.root) }
    }
    try TemporaryTree.with(Self.category + ["ground_truth/crack/000.png"]) { tree in
      expectError(.invalidDataset, containing: ["test/crack/000.png has two masks"]) {
        _ = try Dataset.mvtec(tree.root)
      }
    }
    try TemporaryTree.with(Self.category + ["test/crack/000.jpg"]) { tree in
      expectError(.invalidDataset, containing: ["test/crack/000.jpg and test/crack/000.png", "rename"]) {
        _ = try Dataset.mvtec(tree.root)
      }
    }
    try TemporaryTree.with(["MT_Free/a.jpg", "MT_Free/b.png", "MT_Crack/c.jpg", "MT_Crack/c.png"]) { tree in
      expectError(.invalidDataset, containing: ["MT_Free/b.png", "no image"]) {
        _ = try Dataset.magneticTile(tree.root)
      }
    }
    try TemporaryTree.with(["good/a.png", "cut/1.png", "cut/2.png", "masks/cut/1.png"]) { tree in
      expectError(.invalidDataset, containing: ["cut/2.png", "no mask"]) { _ = try Dataset.folder(tree.root) }
    }
  }

  @Test func parsesLocations() throws {
    let location = try DatasetLocation(parsing: "mvtec:C:/data set")
    #expect(location == DatasetLocation(kind: .mvtec, path: "C:/data set"))
    expectError(.invalidDataset, containing: ["magnetc-tile", "did you mean magnetic-tile?"]) {
      _ = try DatasetLocation(parsing: "magnetc-tile:x")
    }
    expectError(.invalidDataset, containing: ["KIND:PATH", "folder:x"]) { _ = try DatasetLocation(parsing: "x") }
    expectError(.invalidDataset, containing: ["no path"]) { _ = try DatasetLocation(parsing: "folder:") }
    try TemporaryTree.with(["a.png"]) { tree in
      let data = try DatasetLocation(parsing: "folder:" + tree.root).read()
      #expect(data.samples.map(\.path) == ["a.png"])
    }
  }
}
