import PatchCore

/// Where patches lie on the maps of several layers.
struct PatchGeometry {
  struct Grid: Hashable {
    var height: Int
    var width: Int
  }

  let layers: [FeatureShape]
  let patchSize: Int
  let stride: Int
  /// Zeros added on each side; rounded down, so that an even patch size loses a row and a column.
  let padding: Int
  /// Patches per layer; the first layer's grid is that of the result.
  let grids: [Grid]

  init(layers: [FeatureShape], patchSize: Int, stride: Int) throws {
    guard !layers.isEmpty else {
      throw PatchCoreError(
        .shapeMismatch, stage: "aggregator", "no layers to aggregate; name at least one under extractor.layers")
    }
    let padding = (patchSize - 1) / 2
    self.layers = layers
    self.patchSize = patchSize
    self.stride = stride
    self.padding = padding
    grids = try layers.enumerated().map { position, layer in
      let side = min(layer.height, layer.width)
      guard layer.channels > 0, side > 0, side + 2 * padding >= patchSize else {
        throw PatchCoreError(
          .shapeMismatch, stage: "aggregator",
          "layer \(position + 1) has \(layer.channels) channels of \(layer.height) x \(layer.width), too few for "
            + "patches of \(patchSize) x \(patchSize); lower aggregator.patch_size or feed larger images")
      }
      return Grid(
        height: (layer.height + 2 * padding - patchSize) / stride + 1,
        width: (layer.width + 2 * padding - patchSize) / stride + 1)
    }
  }

  init(maps: [FeatureMap], patchSize: Int, stride: Int) throws {
    try self.init(layers: maps.map(\.shape), patchSize: patchSize, stride: stride)
    for (position, map) in maps.enumerated() where map.batch != maps[0].batch {
      throw PatchCoreError(
        .shapeMismatch, stage: "aggregator",
        "layer 1 holds \(maps[0].batch) images, layer \(position + 1) holds \(map.batch); pass maps of one batch")
    }
  }
}
