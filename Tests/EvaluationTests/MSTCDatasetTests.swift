import Evaluation
import Foundation
import PatchCore
import Testing

@Suite struct MSTCDatasetTests {
  /// What NumPy finds in a frame of the arrays of Fixtures/frames.
  private struct Frame: Decodable {
    var frame: Int
    var anomalous: Bool
    var mask: [UInt8]
  }

  private static func frames(_ folder: String, _ count: Int, from first: Int = 0) -> [String] {
    (first..<first + count).map { folder + "/" + (($0 < 10 ? "00" : "0") + "\($0).jpg") }
  }

  /// Two scenes to train with and one video of 12 frames to test with, its arrays from Fixtures/frames.
  private static func withVideos(
    _ paths: [String] = [], labels: String? = "labels", masks: String? = "masks",
    _ body: (TemporaryTree) throws -> Void
  ) throws {
    let files =
      frames("training/frames/01_001", 11) + frames("training/frames/02_007", 5, from: 1)
      + frames("testing/frames/01_0014", 12)
    try TemporaryTree.with(files + paths) { tree in
      if let labels { try copy(labels, "test_frame_mask/01_0014", tree) }
      if let masks { try copy(masks, "test_pixel_mask/01_0014", tree) }
      try body(tree)
    }
  }

  private static func copy(_ name: String, _ array: String, _ tree: TemporaryTree) throws {
    let target = URL(fileURLWithPath: tree.root + "/testing/\(array).npy")
    try FileManager.default.createDirectory(at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: Fixture.folder() + "/frames/\(name).npy", toPath: target.path)
  }

  @Test(
    arguments: [("labels", "masks"), ("labels-bool", "masks-bool"), ("labels-int64", "masks-255")])
  func readsEveryFifthFrame(labels: String, masks: String) throws {
    let expected = try Fixture.decode([Frame].self, "frames.json")
    #expect(expected.map(\.frame) == [0, 5, 10] && expected.map(\.anomalous) == [true, false, true])
    try Self.withVideos(labels: labels, masks: masks) { tree in
      let data = try Dataset.mstc(tree.root)
      // The second training video begins with frame 1, which is its position 0.
      #expect(
        data.train.map(\.path) == [
          "training/frames/01_001/000.jpg", "training/frames/01_001/005.jpg", "training/frames/01_001/010.jpg",
          "training/frames/02_007/001.jpg",
        ])
      #expect(data.hasFixedSplit && data.kind == .mstc && data.train.allSatisfy { $0.label == .nominal })
      #expect(data.test.map(\.path) == [0, 5, 10].map { Self.frames("testing/frames/01_0014", 12)[$0] })
      for (sample, frame) in zip(data.test, expected) {
        #expect(sample.label == (frame.anomalous ? .anomalous(defect: "anomaly") : .nominal))
        #expect(sample.maskPath == (frame.anomalous ? "testing/test_pixel_mask/01_0014.npy" : nil))
        #expect(sample.maskFrame == (frame.anomalous ? frame.frame : nil))
        let mask = frame.anomalous ? Mask(height: 3, width: 4, values: frame.mask.map { $0 * 255 }) : nil
        #expect(try data.mask(of: sample) == mask)
      }
      #expect(try Dataset.mstc(tree.root, step: 1).samples.count == 28)
      #expect(try Dataset.mstc(tree.root, step: 4).test.map(\.maskFrame).count == 3)
    }
  }

  @Test func readsWithoutMasks() throws {
    try Self.withVideos(masks: nil) { tree in
      let data = try Dataset.mstc(tree.root)
      #expect(!data.hasMasks && data.test.count { $0.label.isAnomalous } == 2)
    }
  }

  @Test func offersScenesAsDataSets() throws {
    let more = Self.frames("testing/frames/02_0001", 2)
    try Self.withVideos(more + Self.frames("training/frames/13_001", 1)) { tree in
      try Self.array("|u1", shape: [2], values: [0, 0], to: tree.root + "/testing/test_frame_mask/02_0001.npy")
      let scenes = try DatasetCollection.mstc(tree.root)
      #expect(scenes.categories.map(\.name) == ["01", "02"] && scenes.missing == ["13"])
      #expect(scenes.categories.map(\.train.count) == [3, 1] && scenes.categories.map(\.test.count) == [3, 1])
      let whole = try Dataset.mstc(tree.root)
      #expect(whole.train.count == 5 && whole.test.count == 4)
      #expect(try DatasetCollection.mstc(tree.root, only: ["02"]).categories == [scenes.categories[1]])
      expectError(.invalidDataset, containing: ["no scene 13", "it has 01, 02"]) {
        _ = try DatasetCollection.mstc(tree.root, only: ["13"])
      }
    }
  }

  /// Arrays that do not fit, and what is said of them.
  @Test(arguments: [
    ("labels-short", "masks", ["test_frame_mask/01_0014.npy is for 11 frames", "01_0014 holds 12"]),
    ("labels-two", "masks", ["test_frame_mask/01_0014.npy holds 2 for frame 3"]),
    ("labels-float", "masks", ["test_frame_mask/01_0014.npy holds F32 numbers", "astype('uint8')"]),
    ("labels-column", "masks", ["has the shape [12, 1], expected one number per frame"]),
    ("labels", "masks-long", ["test_pixel_mask/01_0014.npy is for 13 frames", "01_0014 holds 12"]),
    ("labels", "masks-float", ["test_pixel_mask/01_0014.npy holds F32 numbers", "bool or uint8"]),
    ("labels", "masks-flat", ["has the shape [12, 12], expected frames x height x width"]),
  ])
  func refusesArrays(labels: String, masks: String, parts: [String]) throws {
    try Self.withVideos(labels: labels, masks: masks) { tree in
      expectError(.invalidDataset, containing: parts) { _ = try Dataset.mstc(tree.root) }
    }
  }

  @Test func refusesMasksOfOtherValuesAndFramesOutside() throws {
    try Self.withVideos(masks: "masks-seven") { tree in
      let data = try Dataset.mstc(tree.root)
      expectError(.invalidDataset, containing: ["01_0014.npy holds 7 in frame 0"]) {
        _ = try data.mask(of: data.test[0])
      }
      var outside = data.test[0]
      outside.maskFrame = 12
      expectError(.invalidDataset, containing: ["holds 12 frames, frame 12 is wanted"]) {
        _ = try data.mask(of: outside)
      }
    }
  }

  @Test func refusesIncompleteFolders() throws {
    try TemporaryTree.with(["training/", "other/"]) { tree in
      expectError(.invalidDataset, containing: ["training and testing are needed", "other/, training/"]) {
        _ = try Dataset.mstc(tree.root)
      }
    }
    try TemporaryTree.with(["training/videos/01_001.avi", "testing/frames/01_0014/000.jpg"]) { tree in
      expectError(.invalidDataset, containing: ["\(tree.root)/training holds videos", "ffmpeg -i", "-start_number 0"]) {
        _ = try Dataset.mstc(tree.root)
      }
    }
    try TemporaryTree.with(["training/frames/01_001/", "testing/frames/01_0014/000.jpg"]) { tree in
      expectError(.invalidDataset, containing: ["01_001", "is empty"]) { _ = try Dataset.mstc(tree.root) }
    }
    try Self.withVideos(labels: nil) { tree in
      try tree.add("testing/test_frame_mask/")
      expectError(.invalidDataset, containing: ["test_frame_mask/01_0014.npy is missing"]) {
        _ = try Dataset.mstc(tree.root)
      }
    }
    try Self.withVideos(masks: nil) { tree in
      try tree.add("testing/test_pixel_mask/")
      expectError(.invalidDataset, containing: ["test_pixel_mask/01_0014.npy is missing", "scores alone"]) {
        _ = try Dataset.mstc(tree.root)
      }
    }
    try Self.withVideos(["testing/test_frame_mask/01_0099.npy"]) { tree in
      expectError(.invalidDataset, containing: ["01_0099.npy belongs to no video"]) { _ = try Dataset.mstc(tree.root) }
    }
    try Self.withVideos(["training/frames/03_001/000.jpg", "training/frames/03_001/003.jpg"]) { tree in
      expectError(.invalidDataset, containing: ["003.jpg follows 000.jpg, so 2 frames are missing"]) {
        _ = try Dataset.mstc(tree.root)
      }
    }
    try Self.withVideos(["training/frames/03_001/1.jpg", "training/frames/03_001/01.jpg"]) { tree in
      expectError(.invalidDataset, containing: ["01.jpg", "1.jpg", "same frame"]) { _ = try Dataset.mstc(tree.root) }
    }
    try Self.withVideos(["training/frames/03_001/a.jpg"]) { tree in
      expectError(.invalidDataset, containing: ["03_001/a.jpg is not named by its frame's number"]) {
        _ = try Dataset.mstc(tree.root)
      }
    }
    try Self.withVideos(["training/frames/video/0.jpg"]) { tree in
      expectError(.invalidDataset, containing: ["frames/video is not named like a video"]) {
        _ = try Dataset.mstc(tree.root)
      }
    }
  }

  /// 41 GB that a file without contents stands for: whoever read it whole would not end.
  @Test func readsOneFrameOfAHugeArray() throws {
    try TemporaryTree.with([]) { tree in
      let path = tree.root + "/huge.npy", shape = [100_000, 480, 856], frame = 99_995
      try Self.array("|u1", shape: shape, values: [], to: path)
      let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
      let start = try file.seekToEnd(), size = UInt64(480 * 856)
      try file.truncate(atOffset: start + UInt64(shape[0]) * size)
      try file.seek(toOffset: start + UInt64(frame) * size + 856 + 3)
      try file.write(contentsOf: Data([1]))
      try file.close()
      let data = Dataset(root: tree.root, kind: .mstc, samples: [])
      let mask = try #require(
        try data.mask(
          of: DatasetSample(
            path: "x.jpg", label: .anomalous(defect: "anomaly"), maskPath: "huge.npy", maskFrame: frame, use: .test)))
      #expect(mask.height == 480 && mask.width == 856)
      #expect(mask.values.indices.filter { mask.values[$0] != 0 } == [856 + 3])
    }
  }

  /// A `.npy` file of bytes.
  private static func array(_ type: String, shape: [Int], values: [UInt8], to path: String) throws {
    let dimensions = shape.map { "\($0)," }.joined()
    let header = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(dimensions)), }\n"
    let start = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8)
    try Data(start + values).write(to: URL(fileURLWithPath: path))
  }
}
