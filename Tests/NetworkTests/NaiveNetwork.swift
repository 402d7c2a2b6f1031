import ConvNet
import PatchCore
import TensorFiles

/// A network computed by plain loops in double precision: the definition that engines are compared with.
struct NaiveNetwork {
  var table: NetworkTable
  var weights: NetworkWeights

  /// One node's output: NCHW in double precision.
  struct Map {
    var batch: Int
    var shape: FeatureShape
    var values: [Double]
  }

  /// The outputs of the tapped nodes, in the order asked for.
  func run(_ images: FeatureMap, taps: [String]) throws -> [Map] {
    let shapes = try table.shapes(for: images.shape)
    var maps = [NetworkTable.input: Map(images)]
    for node in table.nodes {
      let inputs = try node.inputs.map { try required(maps[$0], $0) }
      var map = Map(
        batch: images.batch, shape: try required(shapes[node.name], node.name), values: [])
      map.values = [Double](repeating: 0, count: map.batch * map.shape.count)
      switch node.operation {
      case .convolution(let form):
        map.convolve(inputs[0], try required(weights.parameters[node.name], node.name), form)
        if form.addsSecondInput { map.add(inputs[1]) }
        map.apply(form.activation)
      case .maxPool(let window): map.pool(inputs[0], window, from: -.infinity, max) { best, _ in best }
      case .averagePool(let window):
        map.pool(inputs[0], window, from: 0, +) { sum, size in sum / Double(size * size) }
      case .add(let activation):
        map.add(inputs[0])
        map.add(inputs[1])
        map.apply(activation)
      case .concatenate:
        map.values = (0..<map.batch).flatMap { image in
          inputs.flatMap { $0.values[image * $0.shape.count..<(image + 1) * $0.shape.count] }
        }
      case .activation(let activation):
        map.add(inputs[0])
        map.apply(activation)
      case .scale(let activation):
        map.scale(inputs[0], try required(weights.parameters[node.name], node.name))
        map.apply(activation)
      }
      maps[node.name] = map
    }
    return try taps.map { try required(maps[$0], $0) }
  }
}

/// The value, or an error that names what is missing.
func required<T>(_ value: T?, _ name: String) throws -> T {
  guard let value else { throw PatchCoreError(.invalidConfiguration, "nothing is called \(name)") }
  return value
}

extension NaiveNetwork.Map {
  init(_ map: FeatureMap) {
    self.init(
      batch: map.batch, shape: map.shape, values: map.withUnsafeBufferPointer { $0.map { Double($0) } })
  }

  fileprivate mutating func convolve(
    _ input: Self, _ parameters: NetworkWeights.Parameters, _ form: NetworkTable.Convolution
  ) {
    let weight = parameters.weight.floats().map { Double($0) }, bias = parameters.bias.floats().map { Double($0) }
    let (kernel, stride, padding) = (form.window.kernel, form.window.stride, form.window.padding)
    let inputs = input.shape.channels / form.groups, outputs = form.outputs / form.groups
    let (height, width) = (input.shape.height, input.shape.width), shape = shape
    let batch = batch
    values.withUnsafeMutableBufferPointer { values in
      weight.withUnsafeBufferPointer { weight in
        input.values.withUnsafeBufferPointer { source in
          for image in 0..<batch {
            for output in 0..<form.outputs {
              let target = (image * shape.channels + output) * shape.height * shape.width
              for place in 0..<shape.height * shape.width { values[target + place] = bias[output] }
              for channel in 0..<inputs {
                let plane = (image * input.shape.channels + output / outputs * inputs + channel) * height * width
                for tap in 0..<kernel * kernel {
                  let factor = weight[(output * inputs + channel) * kernel * kernel + tap]
                  for row in 0..<shape.height {
                    let y = row * stride - padding + tap / kernel
                    guard y >= 0, y < height else { continue }
                    for column in 0..<shape.width {
                      let x = column * stride - padding + tap % kernel
                      guard x >= 0, x < width else { continue }
                      values[target + row * shape.width + column] += factor * source[plane + y * width + x]
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  fileprivate mutating func pool(
    _ input: Self, _ window: NetworkTable.Window, from start: Double, _ combine: (Double, Double) -> Double,
    finish: (Double, Int) -> Double
  ) {
    let (height, width) = (input.shape.height, input.shape.width)
    for plane in 0..<batch * shape.channels {
      for row in 0..<shape.height {
        for column in 0..<shape.width {
          var value = start
          for y in row * window.stride - window.padding..<row * window.stride - window.padding + window.kernel
          where y >= 0 && y < height {
            for x in column * window.stride - window.padding..<column * window.stride - window.padding + window.kernel
            where x >= 0 && x < width {
              value = combine(value, input.values[(plane * height + y) * width + x])
            }
          }
          values[(plane * shape.height + row) * shape.width + column] = finish(value, window.kernel)
        }
      }
    }
  }

  fileprivate mutating func add(_ other: Self) {
    for index in values.indices { values[index] += other.values[index] }
  }

  fileprivate mutating func scale(_ input: Self, _ parameters: NetworkWeights.Parameters) {
    let factor = parameters.weight.floats(), offset = parameters.bias.floats()
    let plane = shape.height * shape.width
    for index in values.indices {
      let channel = index / plane % shape.channels
      values[index] = input.values[index] * Double(factor[channel]) + Double(offset[channel])
    }
  }

  fileprivate mutating func apply(_ activation: NetworkTable.Activation) {
    guard activation == .relu else { return }
    for index in values.indices { values[index] = max(values[index], 0) }
  }
}
