import ConvNet
import PatchCore

/// A network computed in 64-bit floating point by the definitions of its operations: what the engines are tested against.
///
/// Independent of the engines: no code, layout or shape inference is shared.
struct NaiveNetwork {
  /// One image's map in CHW order, and for each number the sum of the magnitudes that went into it.
  struct Map {
    var channels: Int
    var height: Int
    var width: Int
    var values: [Double]
    /// The same sums with every term positive: what rounding errors are proportional to.
    var magnitudes: [Double]

    init(channels: Int, height: Int, width: Int) {
      self.channels = channels
      self.height = height
      self.width = width
      values = Array(repeating: 0, count: channels * height * width)
      magnitudes = values
    }

    func at(_ channel: Int, _ y: Int, _ x: Int) -> Int { (channel * height + y) * width + x }
  }

  /// Computes every node for one image.
  ///
  /// - Parameters:
  ///   - table: the network.
  ///   - weights: its parameters.
  ///   - image: CHW.
  ///   - shape: the image's shape.
  /// - Returns: the maps by node name.
  static func run(
    _ table: NetworkTable, _ weights: NetworkWeights, image: [Float], shape: FeatureShape
  ) -> [String: Map] {
    var input = Map(channels: shape.channels, height: shape.height, width: shape.width)
    input.values = image.map { Double($0) }
    input.magnitudes = input.values.map { abs($0) }
    var maps = [NetworkTable.input: input]
    for node in table.nodes {
      let inputs = node.inputs.map { maps[$0, default: input] }
      let weight = weights.parameters[node.name]?.weight.floats().map { Double($0) } ?? []
      let bias = weights.parameters[node.name]?.bias.floats().map { Double($0) } ?? []
      maps[node.name] = run(node.operation, inputs, weight, bias)
    }
    return maps
  }

  private static func run(
    _ operation: NetworkTable.Operation, _ inputs: [Map], _ weight: [Double], _ bias: [Double]
  ) -> Map {
    switch operation {
    case .convolution(let form): return convolve(form, inputs, weight, bias)
    case .maxPool(let window):
      return pool(window, inputs[0]) { $0.max() ?? -.infinity }
    case .averagePool(let window):
      return pool(window, inputs[0]) { $0.reduce(0, +) / Double(window.kernel * window.kernel) }
    case .add(let activation):
      var result = inputs[0]
      for index in result.values.indices {
        result.values[index] += inputs[1].values[index]
        result.magnitudes[index] += inputs[1].magnitudes[index]
      }
      return activated(result, activation)
    case .concatenate:
      var result = inputs[0]
      for other in inputs.dropFirst() {
        result.channels += other.channels
        result.values += other.values
        result.magnitudes += other.magnitudes
      }
      return result
    case .activation(let activation): return activated(inputs[0], activation)
    case .scale(let activation):
      var result = inputs[0]
      for index in result.values.indices {
        let channel = index / (result.height * result.width)
        result.magnitudes[index] = result.magnitudes[index] * abs(weight[channel]) + abs(bias[channel])
        result.values[index] = result.values[index] * weight[channel] + bias[channel]
      }
      return activated(result, activation)
    }
  }

  private static func convolve(
    _ form: NetworkTable.Convolution, _ inputs: [Map], _ weight: [Double], _ bias: [Double]
  ) -> Map {
    let (input, kernel) = (inputs[0], form.window.kernel)
    var result = empty(form.window, input, channels: form.outputs)
    let (groupInputs, groupOutputs) = (input.channels / form.groups, form.outputs / form.groups)
    for output in 0..<form.outputs {
      for oy in 0..<result.height {
        for ox in 0..<result.width {
          var sum = bias[output]
          var magnitude = abs(sum)
          for channel in 0..<groupInputs {
            for ky in 0..<kernel {
              for kx in 0..<kernel {
                let y = oy * form.window.stride + ky - form.window.padding
                let x = ox * form.window.stride + kx - form.window.padding
                guard y >= 0, x >= 0, y < input.height, x < input.width else { continue }
                let factor = weight[((output * groupInputs + channel) * kernel + ky) * kernel + kx]
                let index = input.at(output / groupOutputs * groupInputs + channel, y, x)
                sum += factor * input.values[index]
                magnitude += abs(factor) * input.magnitudes[index]
              }
            }
          }
          let index = result.at(output, oy, ox)
          if form.addsSecondInput {
            sum += inputs[1].values[index]
            magnitude += inputs[1].magnitudes[index]
          }
          result.values[index] = sum
          result.magnitudes[index] = magnitude
        }
      }
    }
    return activated(result, form.activation)
  }

  /// Applies `reduce` to the numbers of each window that lie inside the map.
  private static func pool(_ window: NetworkTable.Window, _ input: Map, _ reduce: ([Double]) -> Double) -> Map {
    var result = empty(window, input, channels: input.channels)
    for channel in 0..<input.channels {
      for oy in 0..<result.height {
        for ox in 0..<result.width {
          var inside: [Int] = []
          for y in (oy * window.stride - window.padding)..<(oy * window.stride - window.padding + window.kernel) {
            for x in (ox * window.stride - window.padding)..<(ox * window.stride - window.padding + window.kernel) {
              if y >= 0, x >= 0, y < input.height, x < input.width { inside.append(input.at(channel, y, x)) }
            }
          }
          result.values[result.at(channel, oy, ox)] = reduce(inside.map { input.values[$0] })
          result.magnitudes[result.at(channel, oy, ox)] = reduce(inside.map { input.magnitudes[$0] })
        }
      }
    }
    return result
  }

  private static func empty(_ window: NetworkTable.Window, _ input: Map, channels: Int) -> Map {
    let reach = 2 * window.padding - window.kernel
    return Map(
      channels: channels, height: (input.height + reach) / window.stride + 1,
      width: (input.width + reach) / window.stride + 1)
  }

  private static func activated(_ map: Map, _ activation: NetworkTable.Activation) -> Map {
    guard activation == .relu else { return map }
    var map = map
    for index in map.values.indices where map.values[index] < 0 { map.values[index] = 0 }
    return map
  }
}
