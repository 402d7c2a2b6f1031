import PatchCore

/// The two adaptive poolings of the authors' code, done as one sparse linear operator.
///
/// The original unfolds each layer into patches of p x p cells (zero padding `(p - 1) / 2`), interpolates the unfolded
/// planes of the other layers to the grid of the first, pools each patch's `C p p` numbers to `layerDimension` (window i
/// is `floor(i L / D)` to `ceil((i + 1) L / D)`), lays the layers end to end and pools once more to `dimension`. Every
/// step is linear, so this pools first and interpolates the few numbers that remain; the result is the same up to
/// rounding. Deterministic at any thread count.
///
/// Roth et al. (2022), section 3.1, equations 1 to 3.
struct OfficialAggregator: Aggregator {
  let configuration: OfficialAggregatorConfiguration
  private let operators = PatchOperatorCache()

  init(configuration: OfficialAggregatorConfiguration) { self.configuration = configuration }

  func shape(for layers: [FeatureShape]) throws -> PatchShape {
    let geometry = try PatchGeometry(
      layers: layers, patchSize: configuration.patchSize, stride: configuration.stride)
    return PatchShape(
      height: geometry.grids[0].height, width: geometry.grids[0].width, dimension: configuration.dimension)
  }

  func aggregate(_ layers: [FeatureMap]) throws -> PatchEmbeddings {
    let geometry = try PatchGeometry(
      maps: layers, patchSize: configuration.patchSize, stride: configuration.stride)
    let made = operators.made(for: geometry.layers) {
      PatchOperator(geometry: geometry, layers: taps(geometry), dimension: configuration.dimension)
    }
    return try made.apply(to: layers)
  }

  /// For each layer the weight of each element of its patch in each output: both poolings multiplied out.
  private func taps(_ geometry: PatchGeometry) -> [LayerTaps] {
    let layerDimension = configuration.layerDimension, dimension = configuration.dimension
    let lengths = geometry.layers.map { $0.channels * geometry.patchSize * geometry.patchSize }
    var result = lengths.map { _ in LayerTaps() }
    var sums: [Double] = []
    for output in 0..<dimension {
      let joined = poolingWindow(output, from: layerDimension * lengths.count, to: dimension)
      for (layer, length) in lengths.enumerated() {
        let pooled = joined.clamped(to: layer * layerDimension..<(layer + 1) * layerDimension)
        if !pooled.isEmpty {
          let first = poolingWindow(pooled.lowerBound - layer * layerDimension, from: length, to: layerDimension)
          let last = poolingWindow(pooled.upperBound - 1 - layer * layerDimension, from: length, to: layerDimension)
          sums.removeAll(keepingCapacity: true)
          sums.append(contentsOf: repeatElement(0, count: last.upperBound - first.lowerBound))
          for index in pooled {
            let window = poolingWindow(index - layer * layerDimension, from: length, to: layerDimension)
            let weight = 1 / (Double(joined.count) * Double(window.count))
            for element in window { sums[element - first.lowerBound] += weight }
          }
          for (offset, sum) in sums.enumerated() { result[layer].append(first.lowerBound + offset, Float(sum)) }
        }
        result[layer].endOutput()
      }
    }
    return result
  }
}

/// Window `index` of an adaptive average pooling from `length` numbers to `count`.
private func poolingWindow(_ index: Int, from length: Int, to count: Int) -> Range<Int> {
  index * length / count..<((index + 1) * length + count - 1) / count
}
