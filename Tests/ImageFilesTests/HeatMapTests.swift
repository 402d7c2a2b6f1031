import Foundation
import ImageFiles
import PatchCore
import Testing

@Suite struct HeatMapTests {
  static let ramp = AnomalyMap(height: 16, width: 16, values: (0..<256).map { Float($0) / 255 * 8 + 2 })

  @Test func coloursGrowLighter() throws {
    let image = try HeatMap(lower: 2, upper: 10).image(of: Self.ramp)
    // CIE lightness (1976) of sRGB colours.
    let lightness = (0..<256).map { level -> Double in
      let linear = (0..<3).map { channel -> Double in
        let value = Double(image.bytes[level * 3 + channel]) / 255
        return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
      }
      let y = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
      return y > 216.0 / 24389 ? 116 * cbrt(y) - 16 : y * 24389 / 27
    }
    for level in 1..<256 { #expect(lightness[level] > lightness[level - 1], "level \(level)") }
    #expect(lightness[0] < 10 && lightness[255] > 90)
    // No band of the scale may look flat or jump: 16 levels stay within a factor of 2 of their share.
    let share = (lightness[255] - lightness[0]) / 16
    for level in stride(from: 0, to: 240, by: 15) {
      let step = lightness[level + 15] - lightness[level]
      #expect(step > share / 2 && step < share * 2, "level \(level): \(step) of \(share)")
    }
  }

  @Test func oneScaleForAllMaps() throws {
    let scale = try HeatMap(lower: 0, upper: 10)
    let low = try scale.image(of: AnomalyMap(height: 1, width: 3, values: [-1e30, 0, 1]))
    let high = try scale.image(of: AnomalyMap(height: 1, width: 3, values: [1e30, 10, 1]))
    #expect(low.bytes[0..<3] == low.bytes[3..<6])
    #expect(high.bytes[0..<3] == high.bytes[3..<6])
    #expect(low.bytes[6..<9] == high.bytes[6..<9])
    #expect(low.bytes[0..<3] != high.bytes[0..<3])
  }

  @Test func overlayMixesByOpacity() throws {
    let scale = try HeatMap(lower: 0, upper: 1)
    let map = AnomalyMap(height: 5, width: 7, values: (0..<35).map { Float($0) / 35 })
    let colours = try scale.image(of: map)
    let image = try DrawnImage.image(seed: 3, width: 7, height: 5)
    #expect(try scale.overlay(map, on: image, opacity: 0).bytes == image.bytes)
    #expect(try scale.overlay(map, on: image, opacity: 1).bytes == colours.bytes)
    let half = try scale.overlay(map, on: image, opacity: 0.5)
    for place in 0..<105 {
      #expect(abs(Double(half.bytes[place]) - (Double(image.bytes[place]) + Double(colours.bytes[place])) / 2) <= 0.5)
    }
  }

  @Test func overlayReadsEveryFormat() throws {
    let scale = try HeatMap(lower: 0, upper: 1)
    let map = AnomalyMap(height: 1, width: 1, values: [0.5])
    for (format, bytes) in [
      (Image.Format.grey8, [90] as [UInt8]), (.rgb8, [90, 90, 90]), (.bgr8, [90, 90, 90]), (.rgba8, [90, 90, 90, 1]),
      (.grey16, [90, 90]), (.rgb16, [90, 90, 90, 90, 90, 90]),
    ] {
      let image = try Image(width: 1, height: 1, format: format, bytes: bytes)
      #expect(try scale.overlay(map, on: image, opacity: 0).bytes == [90, 90, 90], "\(format)")
    }
    let bgr = try Image(width: 1, height: 1, format: .bgr8, bytes: [1, 2, 3])
    #expect(try scale.overlay(map, on: bgr, opacity: 0).bytes == [3, 2, 1])
  }

  @Test func mistakesAreNamed() throws {
    #expect(try packageError { _ = try HeatMap(lower: .nan, upper: 1) }.code == .notFinite)
    #expect(try packageError { _ = try HeatMap(lower: 1, upper: 1) }.code == .invalidConfiguration)
    let scale = try HeatMap(lower: -.greatestFiniteMagnitude, upper: .greatestFiniteMagnitude)
    let broken = AnomalyMap(height: 2, width: 2, values: [0, 1, .infinity, 0])
    let error = try packageError { _ = try scale.image(of: broken) }
    #expect(error.code == .notFinite && error.message.contains("column 0, row 1"))
    let small = try DrawnImage.image(seed: 1, width: 3, height: 2)
    let size = try packageError { _ = try scale.overlay(Self.ramp, on: small) }
    #expect(size.code == .shapeMismatch && size.message.contains("16 x 16") && size.message.contains("3 x 2"))
    #expect(try packageError { _ = try scale.overlay(Self.ramp, on: small, opacity: 2) }.code == .invalidConfiguration)
  }
}
