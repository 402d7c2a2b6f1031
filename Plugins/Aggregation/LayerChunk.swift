import CKernels
import PatchCore

/// What one layer adds to consecutive outputs: each output as a weighted sum of shifted planes.
///
/// Planes are the zero-padded channels that the outputs use and, for channels that an output uses with the whole patch,
/// planes of sums along the patch's rows: then p shifted planes do the work of p x p. That is the case wherever the
/// pooling windows cover whole channels, as for WideResNet50-2 with layers 2 and 3 and 1024 dimensions.
struct LayerChunk {
  /// The outputs that get anything from this layer.
  let outputs: Range<Int>
  /// Columns of a padded plane.
  let pitch: Int
  /// Floats per output plane.
  let outputPlane: Int
  /// Floats for all source planes.
  var sourceCount: Int { (channels.count + summedChannels.count) * plane }

  private let layer: FeatureShape
  private let grid: PatchGeometry.Grid
  private let padding: Int
  private let stride: Int
  private let patchSize: Int
  private let plane: Int
  private let channels: Range<Int>
  /// Channels whose row sums are needed, ascending; their planes follow those of the channels.
  private var summedChannels: [Int] = []
  private var termStarts = [0]
  private var offsets: [Int64] = []
  private var weights: [Float] = []

  /// Returns `nil` if the layer adds nothing to these outputs.
  init?(_ candidates: Range<Int>, of taps: LayerTaps, geometry: PatchGeometry, layer position: Int) {
    let used = candidates.filter { taps.starts[$0] < taps.starts[$0 + 1] }
    guard let first = used.first, let last = used.last else { return nil }
    let size = geometry.patchSize, cells = size * size
    layer = geometry.layers[position]
    grid = geometry.grids[position]
    padding = geometry.padding
    stride = geometry.stride
    patchSize = size
    outputs = first..<last + 1
    pitch = layer.width + 2 * padding
    plane = (layer.height + 2 * padding) * pitch
    channels = taps.elements[taps.starts[first]] / cells..<taps.elements[taps.starts[last + 1] - 1] / cells + 1
    let block = Int(PC_WEIGHTED_SUM_BLOCK)
    outputPlane = (((grid.height - 1) * pitch + (grid.width - 1) * geometry.stride + 1) + block - 1) / block * block
    for output in outputs {
      var tap = taps.starts[output]
      let end = taps.starts[output + 1]
      while tap < end {
        let channel = taps.elements[tap] / cells
        var next = tap
        while next < end, taps.elements[next] / cells == channel { next += 1 }
        addTerms(channel, taps.elements[tap..<next], taps.weights[tap..<next])
        tap = next
      }
      termStarts.append(offsets.count)
    }
  }

  /// Adds the terms of one output for the elements of one channel.
  private mutating func addTerms(_ channel: Int, _ elements: ArraySlice<Int>, _ values: ArraySlice<Float>) {
    let common = values.min() ?? 0
    let extras = values.count { $0 != common }
    let sumsRows = elements.count == patchSize * patchSize && 2 * patchSize + extras < elements.count
    if sumsRows {
      if summedChannels.last != channel { summedChannels.append(channel) }
      let start = (channels.count + summedChannels.count - 1) * plane
      for row in 0..<patchSize { addTerm(start + row * pitch, common) }
    }
    for (element, value) in zip(elements, values) where !sumsRows || value != common {
      let (row, column) = (element % (patchSize * patchSize)).quotientAndRemainder(dividingBy: patchSize)
      let start = (channel - channels.lowerBound) * plane
      addTerm(start + row * pitch + column, sumsRows ? value - common : value)
    }
  }

  private mutating func addTerm(_ offset: Int, _ weight: Float) {
    offsets.append(Int64(offset))
    weights.append(weight)
  }

  /// Computes the output planes of one image.
  ///
  /// - Parameters:
  ///   - image: the layer's map.
  ///   - source: room for `sourceCount` floats and one block more.
  ///   - planes: room for `outputPlane` floats per output and one block more. With a stride above 1 the rows of the
  ///     grid still lie `pitch` apart, and the columns `stride` apart.
  func fillPlanes(
    from image: UnsafePointer<Float>, source: UnsafeMutablePointer<Float>, planes: UnsafeMutablePointer<Float>
  ) {
    for channel in channels {
      pad(image + channel * layer.height * layer.width, into: source + (channel - channels.lowerBound) * plane)
    }
    let rowOffsets = Array(0..<Int64(patchSize))
    let ones = [Float](repeating: 1, count: patchSize)
    for (position, channel) in summedChannels.enumerated() {
      pc_weighted_sum(
        source + (channel - channels.lowerBound) * plane, rowOffsets, ones, Int64(patchSize),
        source + (channels.count + position) * plane, Int64(plane - patchSize + 1))
    }
    offsets.withUnsafeBufferPointer { offsets in
      weights.withUnsafeBufferPointer { weights in
        guard let offsets = offsets.baseAddress, let weights = weights.baseAddress else { return }
        for output in 0..<outputs.count {
          let first = termStarts[output]
          let terms = Int64(termStarts[output + 1] - first)
          let target = planes + output * outputPlane
          if stride == 1 {
            pc_weighted_sum(source, offsets + first, weights + first, terms, target, Int64(outputPlane))
          } else {
            for row in 0..<grid.height {
              pc_weighted_sum(
                source + row * stride * pitch, offsets + first, weights + first, terms, target + row * pitch,
                Int64((grid.width - 1) * stride + 1))
            }
          }
        }
      }
    }
  }

  /// Copies one channel with zeros around it.
  private func pad(_ channel: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>) {
    guard padding > 0 else { return target.update(from: channel, count: plane) }
    let margin = padding * pitch
    target.update(repeating: 0, count: margin)
    (target + plane - margin).update(repeating: 0, count: margin)
    for row in 0..<layer.height {
      let line = target + margin + row * pitch
      line.update(repeating: 0, count: padding)
      (line + padding).update(from: channel + row * layer.width, count: layer.width)
      (line + padding + layer.width).update(repeating: 0, count: padding)
    }
  }
}
