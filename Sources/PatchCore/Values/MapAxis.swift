import Foundation

/// Upsampling and smoothing along one axis as a banded matrix: each pixel is a weighted sum of consecutive patches.
struct MapAxis {
  /// Patches along the axis.
  private let patches: Int
  /// The first patch of each pixel's band.
  private var starts: [Int] = []
  /// The first weight of each pixel's band, and the end of the last.
  private var offsets = [0]
  private var weights: [Double] = []

  init(_ rendering: MapRendering, from patches: Int, to pixels: Int) {
    self.patches = patches
    let sources = (0..<pixels).map { Self.source(of: $0, rendering.upsampling, from: patches, to: pixels) }
    let kernel = Self.gaussian(rendering.sigma)
    let radius = kernel.count - 1
    var band = [Double](repeating: 0, count: patches)
    for pixel in 0..<pixels {
      var first = patches, last = 0
      for distance in -radius...radius {
        let place = Self.mirror(pixel + distance, pixels, rendering.border)
        let source = sources[place]
        let weight = kernel[abs(distance)]
        band[source.lower] += weight * (1 - source.fraction)
        band[source.upper] += weight * source.fraction
        first = min(first, source.lower)
        last = max(last, source.upper)
      }
      starts.append(first)
      weights += band[first...last]
      offsets.append(weights.count)
      for patch in first...last { band[patch] = 0 }
    }
  }

  /// Each row of a grid, `patches` wide, brought to the pixels of this axis.
  func stretchRows(_ grid: UnsafeBufferPointer<Float>, into target: UnsafeMutableBufferPointer<Double>) {
    let pixels = starts.count
    weights.withUnsafeBufferPointer { weights in
      for row in 0..<grid.count / patches {
        for pixel in 0..<pixels {
          let first = offsets[pixel], source = row * patches + starts[pixel]
          var sum = 0.0
          for tap in 0..<offsets[pixel + 1] - first { sum += weights[first + tap] * Double(grid[source + tap]) }
          target[row * pixels + pixel] = sum
        }
      }
    }
  }

  /// The rows of a grid, one per patch, combined to one per pixel of this axis.
  func combineRows(
    _ grid: UnsafeBufferPointer<Double>, width: Int, sums: UnsafeMutableBufferPointer<Double>,
    into target: UnsafeMutableBufferPointer<Float>
  ) {
    for pixel in starts.indices {
      sums.update(repeating: 0)
      for tap in offsets[pixel]..<offsets[pixel + 1] {
        let weight = weights[tap]
        let start = (starts[pixel] + tap - offsets[pixel]) * width
        for column in 0..<width { sums[column] += weight * grid[start + column] }
      }
      for column in 0..<width { target[pixel * width + column] = Float(sums[column]) }
    }
  }

  /// The patches a pixel lies between and how far it is on the way to the upper one, as PyTorch's `interpolate` has it.
  private static func source(
    of pixel: Int, _ upsampling: MapRendering.Upsampling, from patches: Int, to pixels: Int
  ) -> (lower: Int, upper: Int, fraction: Double) {
    // 32-bit floats as in PyTorch, so that a pixel on the border of two patches falls to the same one.
    let scale = Float(patches) / Float(pixels)
    switch upsampling {
    case .nearest:
      let patch = min(Int(Float(pixel) * scale), patches - 1)
      return (patch, patch, 0)
    case .bilinear:
      let place = max(0, scale * (Float(pixel) + 0.5) - 0.5)
      let lower = min(Int(place), patches - 1)
      return (lower, min(lower + 1, patches - 1), Double(min(place - Float(lower), 1)))
    }
  }

  /// The right half of a Gaussian, cut at four standard deviations, whose whole sums to 1.
  private static func gaussian(_ sigma: Double) -> [Double] {
    let radius = Int(4 * sigma + 0.5)
    guard radius > 0 else { return [1] }
    let half = (0...radius).map { exp(-0.5 * Double($0 * $0) / (sigma * sigma)) }
    let sum = half[0] + 2 * half.dropFirst().reduce(0, +)
    return half.map { $0 / sum }
  }

  /// The place inside `0..<count` that a place outside mirrors.
  private static func mirror(_ place: Int, _ count: Int, _ border: MapRendering.Border) -> Int {
    guard count > 1 else { return 0 }
    let period = border == .repeatEdge ? 2 * count : 2 * count - 2
    let folded = ((place % period) + period) % period
    guard folded >= count else { return folded }
    return border == .repeatEdge ? period - 1 - folded : period - folded
  }
}
