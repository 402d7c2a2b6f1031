import PatchCore

/// Draws anomaly maps in colours, all on the one scale it was made with.
///
/// The scale belongs to a run or an artifact: were it taken from each image, a good image would glow like a bad one.
/// Colours run from dark violet (at or below `lower`) over red and orange to pale yellow (at or above `upper`), each
/// lighter than the one before, so that they keep their order in grey print and for colour-blind readers.
public struct HeatMap: Sendable, Hashable {
  /// The score drawn in the darkest colour.
  public let lower: Float
  /// The score drawn in the lightest colour.
  public let upper: Float

  /// A scale.
  ///
  /// - Throws: `PatchCoreError` with code `.notFinite` if an end is not finite, `.invalidConfiguration` if `lower` is
  ///   not below `upper`.
  public init(lower: Float, upper: Float) throws {
    guard lower.isFinite, upper.isFinite else {
      throw PatchCoreError(.notFinite, stage: "map", "a colour scale from \(lower) to \(upper); give two finite scores")
    }
    guard lower < upper else {
      throw PatchCoreError(
        .invalidConfiguration, stage: "map",
        "a colour scale from \(lower) to \(upper); the lower score must be below the upper one")
    }
    self.lower = lower
    self.upper = upper
  }

  /// A map in colours.
  ///
  /// - Returns: an RGB image of the map's size.
  /// - Throws: `PatchCoreError` with code `.notFinite` if a score is not finite.
  public func image(of map: AnomalyMap) throws -> Image {
    try checkFinite(map)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(map.values.count * 3)
    for value in map.values {
      let colour = Self.colours[level(of: value)]
      bytes.append(colour.x)
      bytes.append(colour.y)
      bytes.append(colour.z)
    }
    return try Image(width: map.width, height: map.height, format: .rgb8, bytes: bytes)
  }

  /// A map in colours, laid over its image.
  ///
  /// - Parameters:
  ///   - map: the scores, upright.
  ///   - image: an image that is as large as the map once upright.
  ///   - opacity: the share of the colours, 0 to 1.
  /// - Returns: an upright RGB image.
  /// - Throws: `PatchCoreError` with code `.shapeMismatch` if the sizes differ, `.notFinite` if a score is not finite,
  ///   `.invalidConfiguration` if the opacity is out of range.
  public func overlay(_ map: AnomalyMap, on image: Image, opacity: Double = 0.5) throws -> Image {
    guard opacity >= 0, opacity <= 1 else {
      throw PatchCoreError(.invalidConfiguration, stage: "map", "an opacity of \(opacity); give 0 to 1")
    }
    let upright = image.upright()
    guard upright.width == map.width, upright.height == map.height else {
      throw PatchCoreError(
        .shapeMismatch, stage: "map",
        "a map of \(map.width) x \(map.height) pixels over an image of \(upright.width) x \(upright.height); "
          + "resize one to the other")
    }
    try checkFinite(map)
    // 8 bits after the point, so that an opacity of 0 or 1 is exact.
    let share = Int((opacity * 256).rounded())
    let format = upright.format
    let sampleBytes = format.is16Bit ? 2 : 1
    let samples: (Int, Int, Int) =
      switch format {
      case .grey8, .grey16: (0, 0, 0)
      case .bgr8: (2, 1, 0)
      case .rgb8, .rgb16, .rgba8: (0, 1, 2)
      }
    // The upper half of a 16-bit sample stands last on little-endian machines.
    let upperHalf = format.is16Bit && UInt16(1).littleEndian == 1 ? 1 : 0
    let offsets = [samples.0, samples.1, samples.2].map { $0 * sampleBytes + upperHalf }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(map.values.count * 3)
    for row in 0..<map.height {
      for column in 0..<map.width {
        let pixel = row * upright.rowStride + column * format.bytesPerPixel
        let colour = Self.colours[level(of: map.values[row * map.width + column])]
        for channel in 0..<3 {
          let mixed = Int(upright.bytes[pixel + offsets[channel]]) * (256 - share) + Int(colour[channel]) * share
          bytes.append(UInt8((mixed + 128) >> 8))
        }
      }
    }
    return try Image(width: map.width, height: map.height, format: .rgb8, bytes: bytes)
  }

  /// Where a score lies on the scale, 0 to 255.
  private func level(of value: Float) -> Int {
    // In double, since the difference of two finite floats may overflow.
    let position = (Double(value) - Double(lower)) / (Double(upper) - Double(lower))
    return Int((min(max(position, 0), 1) * 255).rounded())
  }

  private func checkFinite(_ map: AnomalyMap) throws {
    guard let pixel = map.values.firstIndex(where: { !$0.isFinite }) else { return }
    throw PatchCoreError(
      .notFinite, stage: "map",
      "the score at column \(pixel % map.width), row \(pixel / map.width) is \(map.values[pixel]); a map needs finite "
        + "scores")
  }

  /// 256 colours, straight lines between five points of rising lightness.
  private static let colours: [SIMD3<UInt8>] = {
    let points: [SIMD3<Double>] = [[14, 8, 52], [98, 22, 112], [196, 54, 78], [242, 138, 44], [253, 242, 168]]
    return (0..<256).map { level in
      let place = Double(level) / 255 * Double(points.count - 1)
      let start = min(Int(place), points.count - 2)
      let colour = points[start] + (points[start + 1] - points[start]) * (place - Double(start))
      return SIMD3<UInt8>(truncatingIfNeeded: SIMD3<Int>(colour.rounded(.toNearestOrAwayFromZero)))
    }
  }()
}
