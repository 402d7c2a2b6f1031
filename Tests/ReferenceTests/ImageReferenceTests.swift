import ImageFiles
import PatchCore
import TensorFiles
import Testing

/// Decoding and preprocessing of real images, against the official code, Pillow and torchvision.
@Suite(.needsReferenceData) struct ImageReferenceTests {
  /// Two float computations of one sum of products in [0, 1], in another order.
  static let floatTolerance: Float = 1e-6

  @Test func officialInputBitForBit() throws {
    let path = try ReferenceData.path("data/mvtec-reduced/hazelnut_reduced/test/crack/000.png")
    let expected = try ReferenceData.tensor("reference/official/input.npy")
    #expect(expected.shape == [1, 3, 224, 224] && expected.elementType == .float32)
    let input = try Preprocessing().apply([ImageFile.decode(contentsOf: path)])
    let same = expected.withBytes { expected in
      input.withUnsafeBufferPointer { expected.elementsEqual(UnsafeRawBufferPointer($0)) }
    }
    #expect(same)
  }

  #if JPEG
  @Test func magneticTilesEqualPillowAndTorchvision() throws {
    #expect(Self.tiles.count == 200)
    var eight = Preprocessing()
    eight.crop = .none
    var float = eight
    float.resampling = .bilinearFloat
    float.mean = [0, 0, 0]
    float.deviation = [1, 1, 1]
    for tile in Self.tiles {
      let image = try ImageFile.decode(contentsOf: ReferenceData.path("data/magnetic-tile/" + tile.path))
      #expect(Self.digest(image) == tile.stored, "\(tile.path)")
      let picture = try eight.picture(of: image)
      #expect(Self.digest(picture) == tile.resized, "\(tile.path)")
      try float.apply([image]).withUnsafeBufferPointer { values in
        for (place, value) in tile.samples {
          #expect(abs(values[place] - value) <= Self.floatTolerance, "\(tile.path) at \(place)")
        }
      }
    }
  }
  #endif

  /// A checksum of red, green and blue that depends on their places, the same as in drawing.py.
  static func digest(_ image: Image) -> String {
    let repeats = image.format == .grey8 ? 3 : 1
    var sum: UInt64 = 0, place: UInt64 = 0
    for byte in image.bytes {
      for _ in 0..<repeats {
        place += 1
        sum &+= UInt64(byte) &* mixed(place)
      }
    }
    let text = String(sum, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }

  private static func mixed(_ number: UInt64) -> UInt64 {
    var x = number
    x = (x ^ (x >> 33)) &* 0xFF51_AFD7_ED55_8CCD
    x = (x ^ (x >> 33)) &* 0xC4CE_B9FE_1A85_EC53
    return x ^ (x >> 33)
  }
}
