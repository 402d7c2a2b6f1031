import Foundation
import ImageFiles
import PatchCore
import Testing

/// Damaged and malicious files are errors, never crashes.
@Suite struct DamageTests {
  /// One file of each way through the decoders.
  static let files = [
    "kind2-8bit.png", "kind3-4bit-interlaced.png", "kind6-16bit.png", "orientation3.png", "420.jpg",
    "444-progressive.jpg", "cmyk.jpg", "orientation5.jpg", "rgb-raw.tif", "rgb-tiff_lzw.tif", "rgb-jpeg.tif",
    "palette.tif", "bilevel-group4.tif", "rgb-tiles.tif", "grey16-deflate-predictor.tif",
  ].filter(Fixture.isInThisBuild)

  /// Small enough that a size invented by a flipped bit takes no time.
  static let limits = ImageLimits(maximumPixels: 1 << 20)

  @Test(arguments: files) func truncationAtEveryLength(_ file: String) throws {
    let bytes = try Fixture.bytes("files/" + file)
    let whole = try ImageFile.decode(bytes: bytes, name: file)
    for length in 0..<bytes.count {
      do {
        let image = try ImageFile.decode(bytes: Array(bytes[..<length]), name: file, limits: Self.limits)
        // Only a TIFF can lose bytes that are no pixels: its directory may be followed by padding or unused tags.
        #expect(file.hasSuffix(".tif") && image == whole, "\(file) cut to \(length) of \(bytes.count) bytes")
      } catch let error as PatchCoreError {
        #expect(error.code == .invalidImage && error.message.contains(file))
      }
    }
  }

  @Test(arguments: files) func flippedBytes(_ file: String) throws {
    let bytes = try Fixture.bytes("files/" + file)
    var refused = 0
    for trial in 0..<1500 {
      var damaged = bytes
      let hash = DrawnImage.mixed(UInt64(trial) &* 7919 &+ UInt64(bytes.count))
      damaged[Int(hash % UInt64(bytes.count))] ^= UInt8(1 + (hash >> 40) % 255)
      if trial % 3 == 0 { damaged[Int((hash >> 20) % UInt64(bytes.count))] = UInt8(hash >> 56) }
      do {
        _ = try ImageFile.decode(bytes: damaged, name: file, limits: Self.limits)
      } catch let error as PatchCoreError {
        #expect(error.code == .invalidImage)
        refused += 1
      }
    }
    // Every byte of a PNG is under a checksum; formats without one notice less.
    #expect(file.hasSuffix(".png") ? refused == 1500 : refused > 0, "\(file): \(refused)")
  }

  /// Damage under a checksum that fits again, so that it reaches the decoder's inner parts.
  @Test(arguments: files.filter { $0.hasSuffix(".png") }) func damageUnderRightChecksums(_ file: String) throws {
    let bytes = try Fixture.bytes("files/" + file)
    var refused = 0
    for trial in 0..<1000 {
      var damaged = bytes
      let hash = DrawnImage.mixed(UInt64(trial) &* 104_729 &+ UInt64(bytes.count))
      // Not the signature, nor the lengths and names of chunks, whose damage the other tests show.
      var chunks: [Range<Int>] = []
      var position = 8
      while position < bytes.count {
        let length = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
        chunks.append(position + 8..<position + 8 + length)
        position += 12 + length
      }
      let chunk = chunks.filter { !$0.isEmpty }[Int(hash >> 50) % (chunks.count - 1)]
      damaged[chunk.lowerBound + Int(hash % UInt64(chunk.count))] ^= UInt8(1 + (hash >> 40) % 255)
      let sum = Self.checksum(damaged[chunk.lowerBound - 4..<chunk.upperBound])
      withUnsafeBytes(of: sum.bigEndian) { damaged.replaceSubrange(chunk.upperBound..<chunk.upperBound + 4, with: $0) }
      do {
        _ = try ImageFile.decode(bytes: damaged, name: file, limits: Self.limits)
      } catch let error as PatchCoreError {
        #expect(error.code == .invalidImage)
        refused += 1
      }
    }
    #expect(refused > 100, "\(file): \(refused)")
  }

  @Test func hugeClaimIsRefusedBeforeMemoryIsTaken() throws {
    for side in [20_000, 2_000_000_000] as [UInt32] {
      var bytes = try Fixture.bytes("files/one-pixel.png")
      // Width, height and the checksum of the header.
      for place in [16, 20] {
        withUnsafeBytes(of: side.bigEndian) { bytes.replaceSubrange(place..<place + 4, with: $0) }
      }
      let sum = Self.checksum(bytes[12..<29])
      withUnsafeBytes(of: sum.bigEndian) { bytes.replaceSubrange(29..<33, with: $0) }
      let error = try packageError { _ = try ImageFile.decode(bytes: bytes, name: "huge.png") }
      #expect(error.code == .invalidImage)
      for part in ["huge.png", "\(side) x \(side)", "\(Int(side) * Int(side))", "178956970", "maximumPixels"] {
        #expect(error.message.contains(part), "\(error.message)")
      }
    }
  }

  #if JPEG
  @Test func hugeJPEGIsRefused() throws {
    var bytes = try Fixture.bytes("files/444.jpg")
    let start = try #require((0..<bytes.count - 1).first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xC0 })
    bytes.replaceSubrange(start + 5..<start + 9, with: [0xFF, 0x00, 0xFF, 0x00])
    let error = try packageError { _ = try ImageFile.decode(bytes: bytes, name: "huge.jpg") }
    #expect(error.message.contains("65280 x 65280") && error.message.contains("178956970"))
  }
  #endif

  @Test func limitsAreRespectedExactly() throws {
    let path = Fixture.folder.path + "/files/kind2-8bit.png"
    let bytes = try Fixture.bytes("files/kind2-8bit.png")
    let exact = ImageLimits(maximumPixels: 37 * 23, maximumFileBytes: bytes.count)
    #expect(try ImageFile.decode(contentsOf: path, limits: exact).width == 37)
    let pixels = try packageError {
      _ = try ImageFile.decode(contentsOf: path, limits: ImageLimits(maximumPixels: 37 * 23 - 1))
    }
    #expect(pixels.code == .invalidImage && pixels.message.contains("850"))
    let size = try packageError {
      _ = try ImageFile.decode(
        contentsOf: path, limits: ImageLimits(maximumPixels: 1 << 20, maximumFileBytes: bytes.count - 1))
    }
    #expect(size.code == .invalidFile && size.message.contains("\(bytes.count) bytes"))
  }

  /// The checksum of PNG chunks, bit by bit.
  static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    ~bytes.reduce(UInt32.max) { sum, byte in
      (0..<8).reduce(sum ^ UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
    }
  }
}
