import Evaluation
import Foundation
import ImageFiles
import PatchCore
import Testing

@Suite struct TIFFMapFolderTests {
  private static func sample(_ path: String, _ defect: String? = nil) -> DatasetSample {
    DatasetSample(path: path, label: defect.map { .anomalous(defect: $0) } ?? .nominal, use: .test)
  }

  #if TIFF
  @Test func writesTheLayoutOfMVTecsEvaluation() throws {
    try TemporaryTree.with([]) { tree in
      // 6 x 4 pixels, resized to 3 x 2; the crop of 2 x 2 cuts the last two columns away.
      var preprocess = Preprocessing()
      preprocess.resize = .side(2)
      preprocess.crop = .side(2)
      let geometry = try preprocess.geometry(width: 6, height: 4)
      let map = AnomalyMap(height: 2, width: 2, values: [1, 2, 3, .leastNonzeroMagnitude])
      let data = Dataset(root: "/data/bolt", kind: .mvtec, samples: [])
      var folder = try TIFFMapFolder(tree.root + "/maps", dataset: data)
      try folder.write(map, size: .crop, of: Self.sample("test/cut/007.png", "cut"), geometry: geometry)
      try folder.write(map, size: .crop, of: Self.sample("test/good/007.png"), geometry: geometry)
      let files = try FileManager.default.subpathsOfDirectory(atPath: tree.root + "/maps").filter {
        $0.hasSuffix("tiff")
      }
      #expect(files.sorted() == ["bolt/test/cut/007.tiff", "bolt/test/good/007.tiff"])
      let written = try FloatTIFF(Data(contentsOf: URL(fileURLWithPath: tree.root + "/maps/bolt/test/cut/007.tiff")))
      #expect(written.width == 6 && written.height == 4)
      #expect(written.values == geometry.restoring(map).values)

      // Scores are no brightness, so our own reader does not take them for an image.
      expectError(.invalidImage, containing: ["007.tiff", "floating-point numbers, not brightness"]) {
        _ = try ImageFile.decode(contentsOf: tree.root + "/maps/bolt/test/cut/007.tiff")
      }

      // A map that is as large as the image already is kept bit by bit; a file of an older run is replaced.
      let whole = AnomalyMap(height: 4, width: 6, values: (0..<24).map { Float($0) / 7 - 1 })
      var again = try TIFFMapFolder(tree.root + "/maps", dataset: data)
      try again.write(whole, size: .original, of: Self.sample("test/cut/007.png", "cut"), geometry: geometry)
      let replaced = try FloatTIFF(Data(contentsOf: URL(fileURLWithPath: tree.root + "/maps/bolt/test/cut/007.tiff")))
      #expect(replaced.values == whole.values)
    }
  }

  @Test func refusesTwoImagesForOneFile() throws {
    try TemporaryTree.with(["taken"]) { tree in
      let geometry = try Preprocessing().geometry(width: 300, height: 300)
      let map = AnomalyMap(height: 300, width: 300, values: [Float](repeating: 1, count: 90_000))
      let data = Dataset(root: tree.root + "/parts", kind: .folder, samples: [])
      var folder = try TIFFMapFolder(tree.root, dataset: data)
      try folder.write(map, size: .original, of: Self.sample("cut/a/1.png", "cut"), geometry: geometry)
      expectError(.invalidDataset, containing: ["parts/test/cut/1.tiff", "cut/a/1.png", "cut/b/1.jpg"]) {
        try folder.write(map, size: .original, of: Self.sample("cut/b/1.jpg", "cut"), geometry: geometry)
      }
      var blocked = try TIFFMapFolder(tree.root + "/taken", dataset: data)
      expectError(.invalidFile, containing: ["/taken/parts/test/cut", "cannot be made"]) {
        try blocked.write(map, size: .original, of: Self.sample("cut/1.png", "cut"), geometry: geometry)
      }
    }
  }
  #else
  @Test func namesTheTraitThatIsMissing() throws {
    expectError(.notInThisBuild, containing: ["/maps", "trait TIFF", "libtiff-dev"]) {
      _ = try TIFFMapFolder("/maps", dataset: Dataset(root: "/data/bolt", kind: .mvtec, samples: []))
    }
  }
  #endif
}

#if TIFF
/// A little-endian TIFF file of one page with uncompressed 32-bit floats: all that the writer makes, and nothing more.
struct FloatTIFF {
  let width: Int
  let height: Int
  let values: [Float]

  struct Unexpected: Error { var what: String }

  init(_ data: Data) throws {
    let bytes = [UInt8](data)
    func number(_ at: Int, _ size: Int) throws -> Int {
      guard at >= 0, at + size <= bytes.count else { throw Unexpected(what: "an end at \(bytes.count)") }
      return (0..<size).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
    }
    guard try number(0, 4) == 0x002A_4949 else { throw Unexpected(what: "a signature of \(bytes.prefix(4))") }
    let directory = try number(4, 4)
    var tags: [Int: [Int]] = [:]
    for entry in 0..<(try number(directory, 2)) {
      let start = directory + 2 + 12 * entry
      let size = try number(start + 2, 2) == 3 ? 2 : 4, count = try number(start + 4, 4)
      let place = size * count <= 4 ? start + 8 : try number(start + 8, 4)
      tags[try number(start, 2)] = try (0..<count).map { try number(place + size * $0, size) }
    }
    // Bits per sample, compression, photometric interpretation, samples per pixel, sample format: 32-bit grey floats.
    for (tag, expected) in [(258, 32), (259, 1), (262, 1), (277, 1), (339, 3)] where tags[tag] != [expected] {
      throw Unexpected(what: "tag \(tag): \(tags[tag] ?? [])")
    }
    guard try number(directory + 2 + 12 * number(directory, 2), 4) == 0 else { throw Unexpected(what: "a second page") }
    (width, height) = (tags[256]?.first ?? 0, tags[257]?.first ?? 0)
    var values: [Float] = []
    for (offset, count) in zip(tags[273] ?? [], tags[279] ?? []) {
      for position in Swift.stride(from: offset, to: offset + count, by: 4) {
        values.append(Float(bitPattern: UInt32(try number(position, 4))))
      }
    }
    self.values = values
  }
}
#endif
