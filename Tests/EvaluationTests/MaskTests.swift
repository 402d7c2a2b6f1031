import Evaluation
import PatchCore
import Testing

@Suite struct MaskTests {
  private struct Case: Decodable {
    var name: String
    var height: Int
    var width: Int
    var side: Int
    var crop: Int
    var oneBit: Bool
    var values: [UInt8]
    var official: String
    var anomalib: String
  }

  private static func preprocessing(side: Int, crop: Int) -> Preprocessing {
    var preprocessing = Preprocessing()
    preprocessing.resize = .side(side)
    preprocessing.crop = .side(crop)
    return preprocessing
  }

  @Test func equalsPillowAndTorch() throws {
    let cases = try Fixture.decode([Case].self, "masks.json")
    #expect(cases.count == 6)
    for example in cases {
      let mask = Mask(height: example.height, width: example.width, values: example.values, isOneBit: example.oneBit)
      let geometry = try Self.preprocessing(side: example.side, crop: example.crop)
        .geometry(width: example.width, height: example.height)
      for (rule, expected) in [(MaskRule.official, example.official), (.anomalib, example.anomalib)] {
        let defects = try mask.defects(rule, geometry: geometry)
        #expect(defects.height == example.crop && defects.width == example.crop)
        #expect(String(defects.values.map { $0 ? "1" : "0" }) == expected, "\(example.name), \(rule)")
        #expect(defects.count == expected.utf8.count { $0 == UInt8(ascii: "1") })
      }
    }
  }

  @Test func comparesOriginalSizeWithoutResizing() {
    let mask = Mask(height: 1, width: 4, values: [0, 1, 254, 255])
    #expect(mask.defects(.official).values == [false, false, false, true])
    #expect(mask.defects(.anomalib).values == [false, true, true, true])
  }

  @Test func binarisesBeforeTheRule() {
    let mask = Mask(height: 1, width: 4, values: [0, 127, 128, 255], isOneBit: true).binarised(above: 127)
    #expect(mask == Mask(height: 1, width: 4, values: [0, 0, 255, 255]))
    #expect(mask.defects(.official) == mask.defects(.anomalib))
    #expect(Mask(height: 1, width: 2, values: [3, 127]).binarised(above: 127).defects(.anomalib).count == 0)
  }

  @Test func countsDefectPixelsThatTheCropCutsAway() throws {
    // 8 x 16 pixels, halved to 4 x 8; the crop of 4 shows columns 4 to 11 of the original.
    let geometry = try Self.preprocessing(side: 4, crop: 4).geometry(width: 16, height: 8)
    var values = [UInt8](repeating: 0, count: 8 * 16)
    for column in 2..<6 { values[3 * 16 + column] = 255 }
    values[7 * 16 + 12] = 255
    values[0 * 16 + 11] = 9
    let mask = Mask(height: 8, width: 16, values: values)
    #expect(try mask.coverage(.official, geometry: geometry) == DefectCoverage(defectPixels: 5, unseenDefectPixels: 3))
    #expect(try mask.coverage(.anomalib, geometry: geometry) == DefectCoverage(defectPixels: 6, unseenDefectPixels: 3))
    #expect(DefectCoverage(defectPixels: 6, unseenDefectPixels: 3).unseenShare == 0.5)
    #expect(DefectCoverage().unseenShare == nil)
  }

  @Test func refusesMasksOfAnotherSizeThanTheImage() throws {
    let geometry = try Self.preprocessing(side: 4, crop: 4).geometry(width: 16, height: 8)
    let mask = Mask(height: 16, width: 8, values: [UInt8](repeating: 0, count: 128))
    expectError(.shapeMismatch, containing: ["8 x 16", "16 x 8"]) {
      _ = try mask.defects(.official, geometry: geometry)
    }
    expectError(.shapeMismatch, containing: ["8 x 16", "16 x 8"]) {
      _ = try mask.coverage(.official, geometry: geometry)
    }
  }

  @Test func takesBrightnessAsPillowDoes() throws {
    // Pillow: Image.new("RGB", (1, 1), colour).convert("L").getpixel((0, 0))
    let colours: [([UInt8], UInt8)] = [
      ([255, 0, 0], 76), ([0, 255, 0], 150), ([0, 0, 255], 29), ([10, 200, 77], 129),
    ]
    for (colour, grey) in colours {
      let rgb = try Image(width: 1, height: 1, format: .rgb8, bytes: colour)
      let bgr = try Image(width: 1, height: 1, format: .bgr8, bytes: colour.reversed())
      let rgba = try Image(width: 1, height: 1, format: .rgba8, bytes: colour + [0])
      #expect(Mask(rgb).values == [grey] && Mask(bgr).values == [grey] && Mask(rgba).values == [grey])
    }
    let padded = try Image(width: 2, height: 2, format: .grey8, rowStride: 3, bytes: [1, 2, 9, 3, 4])
    #expect(Mask(padded).values == [1, 2, 3, 4])
    let wide = try [UInt16(0xFFFF), 0x00FF].withUnsafeBytes {
      try Image(width: 2, height: 1, format: .grey16, copying: $0)
    }
    #expect(Mask(wide).values == [255, 0])
  }

  @Test func tellsOneBitFilesByTheirHeader() {
    let header: [UInt8] = [
      0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 4, 0, 0, 0, 4,
    ]
    #expect(Mask.isOneBitPNG(header + [1, 0, 0, 0, 0]))
    #expect(!Mask.isOneBitPNG(header + [8, 0, 0, 0, 0]))
    #expect(!Mask.isOneBitPNG(header + [1, 3, 0, 0, 0]))
    #expect(!Mask.isOneBitPNG(header + [1]))
    #expect(!Mask.isOneBitPNG([0xFF, 0xD8, 0xFF] + header + [1, 0]))
  }

  @Test func readsFiles() throws {
    func sample(_ mask: String?) -> DatasetSample {
      DatasetSample(path: "a.png", label: .anomalous(defect: "cut"), maskPath: mask, use: .test)
    }
    let data = Dataset(root: Fixture.folder(), kind: .mvtec, samples: [])
    #expect(try data.mask(of: sample(nil)) == nil)
    #expect(
      try data.mask(of: sample("mask-1bit.png")) == Mask(height: 1, width: 3, values: [255, 0, 255], isOneBit: true))
    #expect(
      try data.mask(of: sample("mask-8bit.png")) == Mask(height: 1, width: 5, values: [0, 100, 127, 128, 255]))
    let tiles = Dataset(root: Fixture.folder(), kind: .magneticTile, samples: [], maskThreshold: 127)
    #expect(
      try tiles.mask(of: sample("mask-8bit.png")) == Mask(height: 1, width: 5, values: [0, 0, 0, 255, 255]))
    expectError(.invalidFile, containing: ["lost.png"]) { _ = try data.mask(of: sample("lost.png")) }
  }
}
