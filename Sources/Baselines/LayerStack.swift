import PatchCore

/// Layers joined at the grid of the first: every position has the channels of the first layer there, then those of the
/// cell of each other layer that it lies in.
///
/// A cell of a coarser layer is repeated, as PyTorch's nearest interpolation does.
struct LayerStack: Sendable {
  let layers: [FeatureShape]

  var height: Int { layers[0].height }
  var width: Int { layers[0].width }
  var positions: Int { height * width }
  /// Channels of a position.
  var channels: Int { layers.reduce(0) { $0 + $1.channels } }

  /// Where the cell of a layer that a position lies in has its first channel, in CHW order.
  private func cell(_ layer: FeatureShape, _ position: Int) -> Int {
    let (row, column) = position.quotientAndRemainder(dividingBy: width)
    return row * layer.height / height * layer.width + column * layer.width / width
  }

  /// Writes some channels of all positions of one image.
  ///
  /// - Parameters:
  ///   - chosen: the channels, ascending.
  ///   - maps: each layer's CHW values of the image.
  ///   - target: is given `chosen.count` numbers per position, positions `stride` apart.
  ///   - stride: the numbers between the first ones of two positions.
  func write(
    _ chosen: [Int], of maps: [UnsafePointer<Float>], to target: UnsafeMutablePointer<Float>, stride: Int
  ) {
    var first = 0, place = 0
    for (layer, map) in zip(layers, maps) {
      let cells = (0..<positions).map { cell(layer, $0) }
      let plane = layer.height * layer.width
      let begin = place
      while place < chosen.count, chosen[place] < first + layer.channels { place += 1 }
      for position in 0..<positions {
        let source = map + cells[position], row = target + position * stride
        for number in begin..<place { row[number] = source[(chosen[number] - first) * plane] }
      }
      first += layer.channels
    }
  }
}

extension [FeatureMap] {
  /// Calls `body` with the CHW values of one image in each of these maps.
  func withImage<R>(_ image: Int, _ body: ([UnsafePointer<Float>]) throws -> R) rethrows -> R {
    func next(_ number: Int, _ pointers: [UnsafePointer<Float>]) throws -> R {
      guard number < count else { return try body(pointers) }
      return try self[number].withUnsafeBufferPointer { values in
        guard let base = values.baseAddress else { return try body(pointers) }
        return try next(number + 1, pointers + [base + image * self[number].shape.count])
      }
    }
    return try next(0, [])
  }
}
