import CKernels
import PatchCore

/// A linear map from the patches of several layers to patch embeddings, made ready for maps of given shapes.
///
/// Outputs are cut into chunks; a chunk of an image is one piece of parallel work. Within a chunk each output is first a
/// plane over the layer's own grid (a weighted sum of shifted planes), then a column of the rows of the result.
struct PatchOperator {
  /// Outputs per chunk.
  ///
  /// The planes of one chunk and of its channels fit the second-level cache.
  private static let chunkSize = 64

  private let geometry: PatchGeometry
  private let dimension: Int
  /// `chunks[c][l]`: what layer l adds to the outputs of chunk c; `nil` if nothing.
  private let chunks: [[LayerChunk?]]
  private let axes: [(rows: LinearAxis, columns: LinearAxis)]

  init(geometry: PatchGeometry, layers: [LayerTaps], dimension: Int) {
    self.geometry = geometry
    self.dimension = dimension
    chunks = Swift.stride(from: 0, to: dimension, by: Self.chunkSize).map { start in
      let outputs = start..<min(start + Self.chunkSize, dimension)
      return layers.indices.map { LayerChunk(outputs, of: layers[$0], geometry: geometry, layer: $0) }
    }
    let reference = geometry.grids[0]
    axes = geometry.grids.map {
      (LinearAxis(from: $0.height, to: reference.height), LinearAxis(from: $0.width, to: reference.width))
    }
  }

  func apply(to layers: [FeatureMap]) throws -> PatchEmbeddings {
    let reference = geometry.grids[0]
    let grid = PatchGrid(images: layers[0].batch, height: reference.height, width: reference.width)
    var vectors = Matrix(rows: grid.count, columns: dimension)
    try vectors.withUnsafeMutableBufferPointer { target in
      guard let base = target.baseAddress, !target.isEmpty else { return }
      // Each piece fills its own rows and columns.
      nonisolated(unsafe) let shared = base
      try parallelLoop(grid.images * chunks.count) { piece in
        let (image, chunk) = piece.quotientAndRemainder(dividingBy: chunks.count)
        let rows = shared + image * grid.patchesPerImage * dimension
        for (layer, map) in layers.enumerated() {
          guard let part = chunks[chunk][layer] else { continue }
          map.withUnsafeBufferPointer { values in
            guard let values = values.baseAddress else { return }
            add(part, layer, of: values + image * map.shape.count, to: rows + part.outputs.lowerBound)
          }
        }
      }
    }
    return PatchEmbeddings(vectors: vectors, grid: grid)
  }

  /// Adds one layer's share of one chunk to the rows of one image.
  private func add(
    _ part: LayerChunk, _ layer: Int, of image: UnsafePointer<Float>, to rows: UnsafeMutablePointer<Float>
  ) {
    let grid = geometry.grids[layer], count = part.outputs.count
    let cells = grid.height * grid.width * count
    let writesDirectly = layer == 0
    let slack = Int(PC_WEIGHTED_SUM_BLOCK)
    let sourceCount = part.sourceCount + slack, planeCount = count * part.outputPlane + slack
    let total = sourceCount + planeCount + (writesDirectly ? 0 : cells + grid.width * count)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: total) { scratch in
      guard let source = scratch.baseAddress else { return }
      let planes = source + sourceCount
      part.fillPlanes(from: image, source: source, planes: planes)
      let step = Int64(geometry.stride)
      guard !writesDirectly else {
        pc_planes_to_rows(
          planes, Int64(part.outputPlane), Int64(count), Int64(grid.height), Int64(grid.width), Int64(part.pitch), step,
          rows, Int64(dimension))
        return
      }
      let vectors = planes + planeCount
      pc_planes_to_rows(
        planes, Int64(part.outputPlane), Int64(count), Int64(grid.height), Int64(grid.width), Int64(part.pitch), step,
        vectors, Int64(count))
      axes[layer].rows.withKernelAxis { rowAxis in
        axes[layer].columns.withKernelAxis { columnAxis in
          pc_add_interpolated(
            vectors, Int64(grid.width), Int64(count), rowAxis, columnAxis, vectors + cells, rows, Int64(dimension))
        }
      }
    }
  }
}
