import PatchCore
import Testing

/// Against Pillow and torchvision, on drawn images of 1 to 3000 pixels a side (Fixtures/make_resize_goldens.py).
@Suite struct ResizeTests {
  struct Goldens: Decodable {
    struct EightBit: Decodable {
      var seed: Int
      var from, to: [Int]
      var channels: Int
      var digest: String
    }
    struct Float: Decodable {
      var seed: Int
      var from, to: [Int]
      var places: [Int]
      var values: [Swift.Float]
      var sum: Double
    }
    struct Nearest: Decodable {
      var seed: Int
      var from, to: [Int]
      var pillow, torch: String
    }
    struct Pipeline: Decodable {
      var seed: Int
      var from: [Int]
      var channels: Int
      var resize, crop: Preprocessing.Size
      var size: [Int]
      var digest: String
    }
    struct Normalised: Decodable {
      var seed: Int
      var from: [Int]
      var bits, channels: Int
      var places: [Int]
      var values: [Swift.Float]
    }
    var bilinear8: [EightBit]
    var bilinearFloat: [Float]
    var nearest: [Nearest]
    var pipelines: [Pipeline]
    var normalised: [Normalised]
  }

  /// Sums of products in another order differ by a few units of the last place of 1.
  static let floatTolerance: Float = 1e-6

  let goldens: Goldens

  init() throws { goldens = try Fixture.json("resize.json", as: Goldens.self) }

  @Test func eightBitEqualsPillow() {
    #expect(goldens.bilinear8.count >= 300)
    for golden in goldens.bilinear8 {
      let (width, height) = (golden.from[0], golden.from[1])
      let source = DrawnImage.bytes(seed: golden.seed, width: width, height: height, channels: golden.channels)
      let result = Resampling.bilinear8(
        source, width: width, height: height, channels: golden.channels, newWidth: golden.to[0],
        newHeight: golden.to[1])
      #expect(DrawnImage.digest(result) == golden.digest, "\(golden)")
    }
  }

  @Test func floatEqualsTorchvision() {
    for golden in goldens.bilinearFloat {
      let (width, height) = (golden.from[0], golden.from[1])
      let source = DrawnImage.bytes(seed: golden.seed, width: width, height: height, channels: 1)
        .map { Float($0) / 255 }
      let result = Resampling.bilinearFloat(
        source, width: width, height: height, newWidth: golden.to[0], newHeight: golden.to[1])
      for (place, value) in zip(golden.places, golden.values) {
        #expect(abs(result[place] - value) <= Self.floatTolerance, "\(golden.from) to \(golden.to) at \(place)")
      }
      let mean = result.reduce(0.0) { $0 + Double($1) } / Double(result.count)
      #expect(abs(mean - golden.sum / Double(result.count)) <= Double(Self.floatTolerance))
    }
  }

  @Test func nearestEqualsPillowAndTorch() {
    for golden in goldens.nearest {
      let (width, height) = (golden.from[0], golden.from[1])
      let source = DrawnImage.bytes(seed: golden.seed, width: width, height: height, channels: 1)
      for (rule, digest) in [(Resampling.NearestRule.pillow, golden.pillow), (.torch, golden.torch)] {
        let result = Resampling.nearest(
          source, width: width, height: height, newWidth: golden.to[0], newHeight: golden.to[1], rule: rule)
        #expect(DrawnImage.digest(result) == digest, "\(golden.from) to \(golden.to), \(rule)")
      }
    }
  }

  @Test func wholePreprocessingEqualsTorchvision() throws {
    var compared = 0
    for golden in goldens.pipelines {
      let image = try DrawnImage.image(
        seed: golden.seed, width: golden.from[0], height: golden.from[1], channels: golden.channels)
      var preprocessing = Preprocessing()
      preprocessing.resize = golden.resize
      preprocessing.crop = golden.crop
      let result = try preprocessing.apply([image])
      #expect([result.width, result.height] == golden.size)
      let bits = result.withUnsafeBufferPointer { $0.map(\.bitPattern) }
      #expect(DrawnImage.digest(bits) == golden.digest, "\(golden)")
      compared += 1
    }
    #expect(compared >= 60)
  }

  @Test func floatPreprocessingEqualsTorchvision() throws {
    var preprocessing = Preprocessing()
    preprocessing.resize = .exact(height: 256, width: 200)
    preprocessing.crop = .none
    preprocessing.resampling = .bilinearFloat
    for golden in goldens.normalised {
      let make = golden.bits == 8 ? DrawnImage.image : DrawnImage.image16
      let image = try make(golden.seed, golden.from[0], golden.from[1], golden.channels)
      let result = try preprocessing.apply([image])
      result.withUnsafeBufferPointer { result in
        for (place, value) in zip(golden.places, golden.values) {
          // Normalising divides by a deviation of at least 0.224.
          #expect(abs(result[place] - value) <= Self.floatTolerance / 0.224, "\(golden.from) at \(place)")
        }
      }
    }
  }
}
