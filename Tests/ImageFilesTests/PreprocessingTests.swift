import Foundation
import PatchCore
import Testing

@Suite struct PreprocessingTests {
  static func values(_ map: FeatureMap) -> [Float] { map.withUnsafeBufferPointer { Array($0) } }

  @Test func defaultsAreTheOfficialOnes() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let text = String(decoding: try encoder.encode(Preprocessing()), as: UTF8.self)
    #expect(
      text == #"{"channels":"rgb","crop":224,"deviation":[0.229,0.224,0.225],"mean":[0.485,0.456,0.406],"#
        + #""orientation":"apply","resampling":"bilinear_8bit","resize":256}"#)
    #expect(try JSONDecoder().decode(Preprocessing.self, from: Data(text.utf8)) == Preprocessing())
  }

  @Test func sizesAreReadAndWritten() throws {
    for (text, size) in [
      ("7", Preprocessing.Size.side(7)), (#"{"height":3,"width":4}"#, .exact(height: 3, width: 4)), (#""none""#, .none),
    ] {
      #expect(try JSONDecoder().decode(Preprocessing.Size.self, from: Data(text.utf8)) == size)
      let again = try JSONDecoder().decode(Preprocessing.Size.self, from: JSONEncoder().encode(size))
      #expect(again == size)
    }
    for text in [#""nine""#, "1.5", "[3,4]", #"{"height":3}"#, "null"] {
      #expect(throws: DecodingError.self) {
        _ = try JSONDecoder().decode(Preprocessing.Size.self, from: Data(text.utf8))
      }
    }
  }

  @Test func settingsOutOfRangeAreNamed() throws {
    func message(_ change: (inout Preprocessing) -> Void) throws -> String {
      var preprocessing = Preprocessing()
      change(&preprocessing)
      let error = try packageError { try preprocessing.validate() }
      #expect(error.code == .invalidConfiguration)
      return error.description
    }
    #expect(try message { $0.resize = .side(0) }.contains("preprocess.resize: 0 pixels"))
    #expect(try message { $0.crop = .exact(height: 5, width: -1) }.contains("preprocess.crop.width: -1 pixels"))
    #expect(try message { $0.resize = .side(70_000) }.contains("65535"))
    #expect(try message { $0.mean = [1, 2] }.contains("preprocess.mean: 2 numbers; give 3"))
    #expect(try message { $0.mean[1] = .nan }.contains("preprocess.mean: nan"))
    #expect(try message { $0.deviation[2] = 0 }.contains("preprocess.deviation: 0.0"))
    #expect(try message { $0.deviation[0] = 1e-60 }.contains("preprocess.deviation"))
  }

  @Test func imageSmallerThanTheCropIsNamed() throws {
    var preprocessing = Preprocessing()
    preprocessing.resize = .none
    let image = try DrawnImage.image(seed: 1, width: 300, height: 223)
    let error = try packageError { _ = try preprocessing.apply([image]) }
    #expect(error.code == .invalidImage)
    for part in ["300 x 223", "224 x 224", "preprocess.resize", "preprocess.crop"] {
      #expect(error.message.contains(part))
    }
  }

  @Test func geometryRoundsAsTorchvision() throws {
    // The last column is Python's round((resized - crop) / 2.0).
    for (width, height, resized, left) in [
      (300, 211, [363, 256], 70), (211, 300, [256, 363], 16), (257, 256, [257, 256], 16), (259, 256, [259, 256], 18),
      (1, 3000, [256, 768_000], 16),
    ] {
      let geometry = try Preprocessing().geometry(width: width, height: height)
      #expect([geometry.resizedWidth, geometry.resizedHeight] == resized)
      #expect(geometry.columns == left..<left + 224)
    }
    let rectangle = try Preprocessing().geometry(width: 512, height: 1024).originalRectangle
    #expect(rectangle == (x: 32, y: 288, width: 448, height: 448))
    let long = try packageError { _ = try Preprocessing().geometry(width: 1, height: 70_000) }
    #expect(long.message.contains("17920000") && long.message.contains("16777216"))
  }

  /// The same picture in each layout gives the same numbers.
  @Test func layoutsAgree() throws {
    let (width, height) = (41, 33)
    let rgb = try DrawnImage.image(seed: 8, width: width, height: height)
    var bgr = rgb.bytes, rgba: [UInt8] = [], padded: [UInt8] = []
    for pixel in stride(from: 0, to: bgr.count, by: 3) {
      bgr.swapAt(pixel, pixel + 2)
      rgba += rgb.bytes[pixel..<pixel + 3] + [UInt8(pixel % 256)]
    }
    for row in 0..<height {
      padded += rgb.bytes[row * width * 3..<(row + 1) * width * 3]
      padded += row < height - 1 ? [9, 9, 9, 9, 9] : []
    }
    for resampling in Resampling.allCases {
      var preprocessing = Preprocessing()
      preprocessing.resampling = resampling
      preprocessing.resize = .side(30)
      preprocessing.crop = .exact(height: 20, width: 25)
      let expected = Self.values(try preprocessing.apply([rgb]))
      for image in [
        try Image(width: width, height: height, format: .bgr8, bytes: bgr),
        try Image(width: width, height: height, format: .rgba8, bytes: rgba),
        try Image(width: width, height: height, format: .rgb8, rowStride: width * 3 + 5, bytes: padded),
      ] {
        #expect(Self.values(try preprocessing.apply([image])) == expected, "\(image.format), \(resampling)")
      }
      // Colours change places, but each keeps its own mean and deviation.
      preprocessing.channels = .bgr
      let swapped = Self.values(try preprocessing.apply([rgb]))
      #expect(swapped == Array(expected[1000...1499] + expected[500...999] + expected[0...499]))
    }
  }

  @Test func greyEqualsThreeEqualColours() throws {
    let grey = try DrawnImage.image(seed: 9, width: 50, height: 40, channels: 1)
    let colour = try Image(width: 50, height: 40, format: .rgb8, bytes: grey.bytes.flatMap { [$0, $0, $0] })
    for resampling in Resampling.allCases {
      var preprocessing = Preprocessing()
      preprocessing.resampling = resampling
      #expect(Self.values(try preprocessing.apply([grey])) == Self.values(try preprocessing.apply([colour])))
    }
  }

  @Test func sixteenBitsOfEightBitValuesAgree() throws {
    let eight = try DrawnImage.image(seed: 9, width: 50, height: 40)
    let sixteen = try Image(width: 50, height: 40, format: .rgb16, bytes: eight.bytes.flatMap { [$0, $0] })
    var preprocessing = Preprocessing()
    preprocessing.resampling = .bilinearFloat
    let expected = Self.values(try preprocessing.apply([eight]))
    // 257 v / 65535 and v / 255 are the same number, rounded once each.
    for (a, b) in zip(expected, Self.values(try preprocessing.apply([sixteen]))) { #expect(abs(a - b) <= 2e-6) }
    preprocessing.resampling = .bilinear8Bit
    for (a, b) in zip(expected, Self.values(try preprocessing.apply([sixteen]))) { #expect(abs(a - b) <= 2e-6) }
  }

  @Test func orientationIsAppliedOrIgnored() throws {
    let stored = try DrawnImage.image(seed: 4, width: 60, height: 45)
    var preprocessing = Preprocessing()
    preprocessing.resize = .side(40)
    preprocessing.crop = .none
    let asStored = try preprocessing.apply([stored])
    for orientation in Image.Orientation.allCases {
      let tagged = try Image(width: 60, height: 45, format: .rgb8, orientation: orientation, bytes: stored.bytes)
      preprocessing.orientation = .ignore
      #expect(Self.values(try preprocessing.apply([tagged])) == Self.values(asStored))
      preprocessing.orientation = .apply
      let applied = try preprocessing.apply([tagged])
      #expect(Self.values(applied) == Self.values(try preprocessing.apply([tagged.upright()])))
      #expect((applied.width == 40) == orientation.swapsSides)
      #expect(orientation == .up || Self.values(applied) != Self.values(asStored))
    }
  }

  @Test func batchEqualsSingleImagesAtAnyThreadCount() throws {
    let images = try (0..<7).map {
      try DrawnImage.image(seed: $0, width: 300 + $0, height: 280, channels: $0 % 2 * 2 + 1)
    }
    let threads = ThreadCount.current
    defer { ThreadCount.set(threads) }
    let singles = try images.flatMap { Self.values(try Preprocessing().apply([$0])) }
    for count in [1, 2, 5] {
      ThreadCount.set(count)
      #expect(Self.values(try Preprocessing().apply(images)) == singles)
    }
  }

  @Test func batchOfDifferentSizesIsNamed() throws {
    var preprocessing = Preprocessing()
    preprocessing.crop = .none
    let images = try [(256, 256), (512, 512), (300, 256)].map {
      try DrawnImage.image(seed: 1, width: $0.0, height: $0.1)
    }
    let error = try packageError { _ = try preprocessing.apply(images) }
    #expect(error.code == .shapeMismatch)
    #expect(error.message.contains("image 2") && error.message.contains("300 x 256"))
    #expect(try packageError { _ = try preprocessing.apply([]) }.code == .shapeMismatch)
  }

  @Test func maskFollowsItsImage() throws {
    let geometry = try Preprocessing().geometry(width: 300, height: 400)
    let mask = DrawnImage.bytes(seed: 2, width: 300, height: 400, channels: 1)
    let whole = Resampling.bilinear8(
      mask, width: 300, height: 400, newWidth: geometry.resizedWidth, newHeight: geometry.resizedHeight)
    let cut = geometry.rows.flatMap { row in geometry.columns.map { whole[row * geometry.resizedWidth + $0] } }
    #expect(try geometry.apply(toMask: mask, rule: .bilinear) == cut)
    for rule in [Resampling.NearestRule.pillow, .torch] {
      let whole = Resampling.nearest(
        mask, width: 300, height: 400, newWidth: geometry.resizedWidth, newHeight: geometry.resizedHeight, rule: rule)
      let cut = geometry.rows.flatMap { row in geometry.columns.map { whole[row * geometry.resizedWidth + $0] } }
      #expect(try geometry.apply(toMask: mask, rule: .nearest(rule)) == cut)
    }
    #expect(try packageError { _ = try geometry.apply(toMask: [1], rule: .bilinear) }.code == .shapeMismatch)
  }

  @Test func pictureIsWhatTheNetworkSees() throws {
    let image = try DrawnImage.image(seed: 3, width: 320, height: 290)
    let picture = try Preprocessing().picture(of: image)
    #expect(picture.width == 224 && picture.height == 224)
    var plain = Preprocessing()
    plain.resize = .none
    plain.crop = .none
    #expect(Self.values(try plain.apply([picture])) == Self.values(try Preprocessing().apply([image])))
    let sixteen = try Image(width: 320, height: 290, format: .rgb16, bytes: image.bytes.flatMap { [$0, $0] })
    #expect(try Preprocessing().picture(of: sixteen) == picture)
  }

  @Test func impossibleImagesAreRefused() throws {
    for (width, height, stride, count) in [
      (0, 1, nil, 0), (1, -1, nil, 3), (1 << 25, 1, nil, 3), (2, 2, 5, 100), (2, 2, nil, 11), (2, 3, Int.max, 12),
    ] as [(Int, Int, Int?, Int)] {
      let error = try packageError {
        _ = try Image(
          width: width, height: height, format: .rgb8, rowStride: stride, bytes: [UInt8](repeating: 0, count: count))
      }
      #expect(error.code == .invalidImage)
    }
  }
}
