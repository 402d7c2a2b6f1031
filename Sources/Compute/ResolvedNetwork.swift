import ConvNet
import PatchCore
import TensorFiles

/// A network table made ready for an engine: pruned to its taps, names turned into numbers, shapes and weights checked.
///
/// Value 0 is the input; step `i` makes value `i + 1`.
struct ResolvedNetwork {
  /// One operation on numbered values.
  struct Step {
    let name: String
    let operation: NetworkTable.Operation
    /// The values it takes.
    let inputs: [Int]
    /// The value it makes.
    let output: Int
    /// Weight and bias of a convolution or scale.
    let parameters: NetworkWeights.Parameters?
  }

  let steps: [Step]
  /// The shape of each value.
  let shapes: [FeatureShape]
  /// For each value, the last step that reads it; the step that makes it if none does.
  let lastUse: [Int]
  /// The values that are wanted, in the order asked for.
  let taps: [Int]
  /// Whether a value cannot be negative, by value.
  let isNonNegative: [Bool]

  init(_ network: NetworkTable, weights: NetworkWeights, input: FeatureShape, taps names: [String]) throws {
    for name in names where !network.nodes.contains(where: { $0.name == name }) {
      throw PatchCoreError(
        .invalidConfiguration, stage: "network",
        "no node is called '\(name)'; the nodes are \(network.nodes.map(\.name).joined(separator: ", "))")
    }
    let table = network.pruned(to: names)
    let named = try table.shapes(for: input)
    var numbers = [NetworkTable.input: 0]
    var shapes = [input]
    var lastUse = [-1]
    var steps: [Step] = []
    for (index, node) in table.nodes.enumerated() {
      let inputs = node.inputs.compactMap { numbers[$0] }
      for value in inputs { lastUse[value] = index }
      let parameters = try node.parameters(in: weights, inputChannels: shapes[inputs[0]].channels)
      steps.append(
        Step(
          name: node.name, operation: node.operation, inputs: inputs, output: index + 1, parameters: parameters))
      numbers[node.name] = index + 1
      shapes.append(named[node.name, default: input])
      lastUse.append(index)
    }
    self.steps = steps
    self.shapes = shapes
    self.lastUse = lastUse
    taps = names.compactMap { numbers[$0] }
    let nonNegative = table.nonNegativeNodes
    isNonNegative = [false] + table.nodes.map { nonNegative.contains($0.name) }
  }

  /// The shapes of the tapped values.
  var outputs: [FeatureShape] { taps.map { shapes[$0] } }

  /// The positions among the outputs at which the value of `step` is wanted.
  func tapPositions(of value: Int) -> [Int] { taps.indices.filter { taps[$0] == value } }
}

extension NetworkTable.Node {
  /// The node's weight and bias, their shapes checked; `nil` if it has none.
  fileprivate func parameters(
    in weights: NetworkWeights, inputChannels: Int
  ) throws -> NetworkWeights.Parameters? {
    let weightShape: [Int]
    switch operation {
    case .convolution(let form):
      weightShape = [form.outputs, inputChannels / form.groups, form.window.kernel, form.window.kernel]
    case .scale: weightShape = [inputChannels]
    default: return nil
    }
    guard let found = weights.parameters[name] else {
      throw PatchCoreError(
        .invalidWeights, stage: "network", "node '\(name)' has no weights; load those of this network")
    }
    for (tensor, shape, kind) in [(found.weight, weightShape, "weight"), (found.bias, [weightShape[0]], "bias")] {
      guard tensor.shape == shape, tensor.elementType == .float32 else {
        throw PatchCoreError(
          .shapeMismatch, stage: "network",
          "node '\(name)' needs a \(kind) of type F32 and shape \(shape), found \(tensor.elementType.rawValue) "
            + "\(tensor.shape); load the weights of this network")
      }
    }
    return found
  }
}

extension CompiledNetwork {
  /// Checks a batch against the shape compiled for and makes room for its outputs where there is none.
  func makeRoom(in maps: inout [FeatureMap], for images: FeatureMap, input: FeatureShape) throws {
    guard images.shape == input else {
      throw PatchCoreError(
        .shapeMismatch, stage: "network",
        "the network is compiled for images of \(input.channels)x\(input.height)x\(input.width) (channels, rows, "
          + "columns), these are \(images.channels)x\(images.height)x\(images.width); compile it for their shape")
    }
    let outputs = outputs
    let fits =
      maps.count == outputs.count
      && maps.indices.allSatisfy { maps[$0].batch == images.batch && maps[$0].shape == outputs[$0] }
    if !fits { maps = outputs.map { FeatureMap(undefinedBatch: images.batch, shape: $0) } }
  }
}

extension Tensor {
  /// Calls `body` with the elements of a float32 tensor at an aligned address.
  func withFloats<R>(_ body: (UnsafeBufferPointer<Float>) throws -> R) rethrows -> R {
    // A tensor in a file need not start on a multiple of four bytes.
    if byteOffset % MemoryLayout<Float>.alignment != 0 { return try floats().withUnsafeBufferPointer(body) }
    return try withBytes { try body($0.assumingMemoryBound(to: Float.self)) }
  }
}
