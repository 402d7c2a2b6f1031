import Foundation
import ImageFiles
import PatchCore
import TensorFiles
import Testing

extension HazelnutTests {
  /// One description and one set of images make one artifact, byte for byte, and it predicts what the fit predicts.
  @Suite struct Determinism {
    /// Indexes whose settings suit a bank of 940 rows.
    static var indexes: [String] {
      #if FAISS
      ["{kind: exact}", "{kind: faiss_ivfpq, lists: 16, sub_quantisers: 32, bits: 4, probes: 4}"]
      #else
      ["{kind: exact}"]
      #endif
    }

    static let training = (0..<12).map { "train/good/0" + ($0 < 10 ? "0" : "") + "\($0).png" }

    let folder: URL

    init() throws {
      folder = FileManager.default.temporaryDirectory.appending(path: "patchcore-" + UUID().uuidString)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    @Test(arguments: engines, indexes)
    func sameBytesFromEveryFit(_ engine: ComputeSettings.Engine, _ index: String) throws {
      defer { Self.remove(folder) }
      let data = try ReferenceData.path(HazelnutTests.dataset)
      let weights = try ReferenceData.path(HazelnutTests.weights)
      let (first, bytes) = try fit(engine, index, data: data, weights: weights, threads: 2)
      #expect(first.bank.count == 940)
      #expect(try fit(engine, index, data: data, weights: weights, threads: 2).bytes == bytes, "a second fit")
      #expect(try fit(engine, index, data: data, weights: weights, threads: 1).bytes == bytes, "one thread")

      let moved = folder.appending(path: "elsewhere").path
      try copy(data: data, weights: weights, to: moved)
      let elsewhere = try fit(
        engine, index, data: moved + "/images", weights: moved + "/" + (weights as NSString).lastPathComponent,
        threads: 2)
      #expect(elsewhere.bytes == bytes, "images and weights in another folder")
      #expect(elsewhere.bytes.range(of: Data(folder.path.utf8)) == nil)

      let path = folder.appending(path: "kept.safetensors").path
      try first.write(to: path)
      let restored = try FittedDetector(contentsOf: path, catalogue: HazelnutTests.catalogue)
      let run: Run = try ReferenceData.json("reference/official/run.json")
      let images = try HazelnutTests.images(run.test)
      let before = try HazelnutTests.predictions(first, images)
      #expect(before.count == 10 && Set(before.map(\.score)).count == 10)
      let after = try HazelnutTests.predictions(restored, images)
      #expect(before.map(Self.bits) == after.map(Self.bits))
      #expect(before.map(\.nearestPatch) == after.map(\.nearestPatch))
      #expect(try Self.written(restored, to: folder) == bytes, "read and written again")
    }

    private func fit(
      _ engine: ComputeSettings.Engine, _ index: String, data: String, weights: String, threads: Int
    ) throws -> (detector: FittedDetector, bytes: Data) {
      let before = ThreadCount.current
      ThreadCount.set(threads)
      defer { ThreadCount.set(before) }
      let description = try HazelnutTests.description(
        "official", engine: engine, weights: weights, "neighbour_index: \(index)")
      let detector = try Pipeline(description).fit(ImageSource(files: Self.training, relativeTo: data))
      return (detector, try Self.written(detector, to: folder))
    }

    private static func written(_ detector: FittedDetector, to folder: URL) throws -> Data {
      let path = folder.appending(path: UUID().uuidString + ".safetensors").path
      try detector.write(to: path)
      return try Data(contentsOf: URL(fileURLWithPath: path))
    }

    private func copy(data: String, weights: String, to target: String) throws {
      let files = FileManager.default
      try files.createDirectory(atPath: target + "/images/train/good", withIntermediateDirectories: true)
      for name in Self.training { try files.copyItem(atPath: "\(data)/\(name)", toPath: "\(target)/images/\(name)") }
      try files.copyItem(atPath: weights, toPath: "\(target)/\((weights as NSString).lastPathComponent)")
    }

    /// The numbers of a prediction, bit by bit: `==` would take 0 for -0.
    private static func bits(_ prediction: Prediction) -> [UInt32] {
      [prediction.score.bitPattern] + prediction.map.values.map(\.bitPattern)
        + (prediction.patchScores?.values ?? []).map(\.bitPattern)
    }

    private static func remove(_ folder: URL) {
      do {
        try FileManager.default.removeItem(at: folder)
      } catch {
        Issue.record(error)
      }
    }
  }
}
