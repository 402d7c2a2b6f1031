import PatchCore

/// Means over p x p cells (zero padding counted), brought to the first layer's grid, channels of all layers end to end.
///
/// Interpolation is bilinear between cell centres. The dimension is the sum of the layers' channels. Deterministic at
/// any thread count. An odd patch size keeps each layer's grid.
struct ConcatenateAggregator: Aggregator {
  let configuration: ConcatenateAggregatorConfiguration
  private let operators = PatchOperatorCache()

  init(configuration: ConcatenateAggregatorConfiguration) { self.configuration = configuration }

  func shape(for layers: [FeatureShape]) throws -> PatchShape {
    let geometry = try PatchGeometry(layers: layers, patchSize: configuration.patchSize, stride: 1)
    return PatchShape(
      height: geometry.grids[0].height, width: geometry.grids[0].width, dimension: dimension(of: geometry))
  }

  func aggregate(_ layers: [FeatureMap]) throws -> PatchEmbeddings {
    let geometry = try PatchGeometry(maps: layers, patchSize: configuration.patchSize, stride: 1)
    let made = operators.made(for: geometry.layers) {
      PatchOperator(geometry: geometry, layers: taps(geometry), dimension: dimension(of: geometry))
    }
    return try made.apply(to: layers)
  }

  private func dimension(of geometry: PatchGeometry) -> Int { geometry.layers.reduce(0) { $0 + $1.channels } }

  private func taps(_ geometry: PatchGeometry) -> [LayerTaps] {
    let cells = geometry.patchSize * geometry.patchSize
    return geometry.layers.indices.map { position in
      var taps = LayerTaps()
      for (layer, shape) in geometry.layers.enumerated() {
        for channel in 0..<shape.channels {
          if layer == position {
            for cell in 0..<cells { taps.append(channel * cells + cell, 1 / Float(cells)) }
          }
          taps.endOutput()
        }
      }
      return taps
    }
  }
}
