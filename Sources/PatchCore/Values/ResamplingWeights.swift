/// Which old pixels of a line make up each new one, and with what weights: a triangle as wide as the step between new
/// pixels, at least one old pixel to each side.
struct ResamplingWeights<Weight: Sendable>: Sendable {
  /// The first old pixel of each new one.
  var starts: [Int] = []
  /// How many old pixels each new one takes.
  var counts: [Int] = []
  /// The weights; those of new pixel i begin at `i * stride`.
  var weights: [Weight] = []
  /// Room for the weights of one new pixel.
  var stride: Int

  /// The old pixels that any of the new ones takes.
  var span: Range<Int> { starts[0]..<zip(starts, counts).reduce(0) { max($0, $1.0 + $1.1) } }
}

extension ResamplingWeights<Int32> {
  /// Bits after the point of a fixed-point weight: 32 bits less 8 for the sample and 2 to spare, as Pillow has it.
  static var precision: Int32 { 22 }

  /// Pillow's fixed-point weights for some of the new pixels of a line; `nil` if the size does not change.
  init?(size: Int, newSize: Int, range: Range<Int>) {
    if size == newSize { return nil }
    let scale = Double(size) / Double(newSize)
    let filterScale = max(scale, 1)
    let inverse = 1 / filterScale
    stride = Int(filterScale.rounded(.up)) * 2 + 1
    weights = [Int32](repeating: 0, count: range.count * stride)
    var window = [Double](repeating: 0, count: stride)
    for (position, pixel) in range.enumerated() {
      let centre = (Double(pixel) + 0.5) * scale
      let first = max(Int(centre - filterScale + 0.5), 0)
      let count = min(Int(centre + filterScale + 0.5), size) - first
      var sum = 0.0
      for tap in 0..<count {
        let distance = abs((Double(tap + first) - centre + 0.5) * inverse)
        window[tap] = distance < 1 ? 1 - distance : 0
        sum += window[tap]
      }
      for tap in 0..<count {
        let weight = sum == 0 ? window[tap] : window[tap] / sum
        weights[position * stride + tap] = Int32(weight * Double(1 << Self.precision) + 0.5)
      }
      starts.append(first)
      counts.append(count)
    }
  }
}

extension ResamplingWeights<Float> {
  /// PyTorch's weights for some of the new pixels of a line; `nil` if the size does not change.
  ///
  /// Positions are rounded to 32 bits where PyTorch rounds them: at a thousand pixels the rounding moves a weight by
  /// more than the 1e-6 within which results must agree.
  init?(size: Int, newSize: Int, range: Range<Int>) {
    if size == newSize { return nil }
    let scale = Float(size) / Float(newSize)
    let support: Float = max(scale, 1)
    let inverse: Float = scale >= 1 ? 1 / scale : 1
    stride = Int(support.rounded(.up)) * 2 + 1
    weights = [Float](repeating: 0, count: range.count * stride)
    for (position, pixel) in range.enumerated() {
      let centre = Float(Double(scale) * (Double(pixel) + 0.5))
      let first = max(Int(Double(centre - support) + 0.5), 0)
      let count = min(Int(Double(centre + support) + 0.5), size) - first
      var sum: Float = 0
      for tap in 0..<count {
        let distance = abs(Float((Double(Float(tap + first) - centre) + 0.5) * Double(inverse)))
        let weight: Float = distance < 1 ? 1 - distance : 0
        weights[position * stride + tap] = weight
        sum += weight
      }
      if sum != 0 {
        for tap in 0..<count { weights[position * stride + tap] /= sum }
      }
      starts.append(first)
      counts.append(count)
    }
  }
}
