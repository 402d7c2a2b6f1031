import Foundation
import ImageFiles
import PatchCore
import Testing

/// Small files of every kind against the pixels that Pillow reads (Fixtures/make_decode_goldens.py).
@Suite struct DecodeTests {
  struct Golden: Decodable {
    var file: String
    var size: [Int]
    var format: String
    var digest: String
    var orientation: Int

    /// Whether this build decodes the file.
    var isInThisBuild: Bool { Fixture.isInThisBuild(file) }
  }

  struct Upright: Decodable {
    var file: String
    var size: [Int]
    var digest: String
  }

  struct Goldens: Decodable {
    var stored: [Golden]
    var upright: [Upright]
  }

  let goldens: Goldens

  init() throws { goldens = try Fixture.json("decode.json", as: Goldens.self) }

  @Test func pixelsEqualPillows() throws {
    #expect(goldens.stored.count >= 85)
    for golden in goldens.stored where golden.isInThisBuild {
      let image = try ImageFile.decode(contentsOf: Fixture.folder.path + "/files/" + golden.file)
      #expect([image.width, image.height] == golden.size, "\(golden.file)")
      #expect(image.format.rawValue == golden.format, "\(golden.file)")
      #expect(image.orientation.rawValue == golden.orientation, "\(golden.file)")
      #expect(DrawnImage.digest(image.samples) == golden.digest, "\(golden.file)")
    }
  }

  @Test func uprightPixelsEqualPillows() throws {
    #expect(goldens.upright.count == 17)
    for golden in goldens.upright where Fixture.isInThisBuild(golden.file) {
      let image = try ImageFile.decode(contentsOf: Fixture.folder.path + "/files/" + golden.file).upright()
      #expect([image.width, image.height] == golden.size && image.orientation == .up, "\(golden.file)")
      #expect(DrawnImage.digest(image.samples) == golden.digest, "\(golden.file)")
    }
  }

  #if !JPEG
  @Test func aBuildWithoutJPEGSaysSo() throws {
    let error = try packageError { _ = try ImageFile.decode(contentsOf: Fixture.folder.path + "/files/444.jpg") }
    #expect(error.code == .notInThisBuild)
    #expect(error.message.contains("trait JPEG") && error.message.contains("libturbojpeg0-dev"))
  }
  #endif

  #if !TIFF
  @Test func aBuildWithoutTIFFSaysSo() throws {
    let error = try packageError { _ = try ImageFile.decode(contentsOf: Fixture.folder.path + "/files/rgba.tif") }
    #expect(error.code == .notInThisBuild)
    #expect(error.message.contains("trait TIFF") && error.message.contains("libtiff-dev"))
  }
  #else
  @Test func floatingPointTIFFIsRefused() throws {
    let error = try packageError {
      _ = try ImageFile.decode(contentsOf: Fixture.folder.path + "/files/float-refused.tif")
    }
    #expect(error.code == .invalidImage)
    #expect(error.message.contains("floating-point") && error.message.contains("float-refused.tif"))
  }
  #endif

  @Test func otherFilesAreNamed() throws {
    let text = try packageError { _ = try ImageFile.decode(bytes: Array("hello".utf8), name: "notes.txt") }
    #expect(text.code == .invalidImage && text.message.contains("notes.txt") && text.message.contains("PNG"))
    let empty = try packageError { _ = try ImageFile.decode(bytes: [], name: "empty.png") }
    #expect(empty.message.contains("empty"))
    let missing = try packageError { _ = try ImageFile.decode(contentsOf: "/nowhere/a.png") }
    #expect(missing.code == .invalidFile && missing.message.contains("/nowhere/a.png"))
    let folder = try packageError { _ = try ImageFile.decode(contentsOf: Fixture.folder.path) }
    #expect(folder.code == .invalidFile && folder.message.contains("regular file"))
  }

  @Test func extensionsIgnoreCase() {
    #expect(ImageFile.hasImageExtension("a/B.PNG") && ImageFile.hasImageExtension("x.jpeg"))
    #expect(!ImageFile.hasImageExtension("notes.txt") && !ImageFile.hasImageExtension("png"))
  }

  @Test func encodedImagesDecodeToThemselves() throws {
    for (width, height) in [(1, 1), (37, 23), (3, 200)] {
      for channels in [1, 3] {
        for image in [
          try DrawnImage.image(seed: 5, width: width, height: height, channels: channels),
          try DrawnImage.image16(seed: 6, width: width, height: height, channels: channels),
        ] {
          let encoded = try ImageFile.encodePNG(image)
          #expect(try ImageFile.decode(bytes: encoded, name: "encoded") == image)
          #expect(try ImageFile.encodePNG(image) == encoded)
        }
      }
    }
  }

  @Test func writtenFilesReplaceOldOnes() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("patchcore-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("a.png").path
    for seed in 1...2 {
      let image = try DrawnImage.image(seed: seed, width: 9, height: 4)
      try ImageFile.write(image, to: path)
      #expect(try ImageFile.decode(contentsOf: path) == image)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.png"])
    let error = try packageError {
      try ImageFile.write(DrawnImage.image(seed: 1, width: 1, height: 1), to: folder.path + "/none/a.png")
    }
    #expect(error.code == .invalidFile && error.message.contains("/none/a.png"))
  }
}

extension Fixture {
  /// Whether this build decodes a file with this name.
  static func isInThisBuild(_ name: String) -> Bool {
    #if JPEG
    let jpeg = true
    #else
    let jpeg = false
    #endif
    #if TIFF
    let tiff = true
    #else
    let tiff = false
    #endif
    return name.hasSuffix(".png") || (name.hasSuffix(".jpg") && jpeg) || (name.hasSuffix(".tif") && tiff)
  }
}
