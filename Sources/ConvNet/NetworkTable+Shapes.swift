import PatchCore

extension NetworkTable {
  /// The part of the network that the tapped nodes need, in the same order.
  ///
  /// - Parameter taps: names of nodes of this table.
  /// - Returns: a table without the nodes that no tap depends on.
  public func pruned(to taps: [String]) -> NetworkTable {
    var needed = Set(taps)
    for node in nodes.reversed() where needed.contains(node.name) { needed.formUnion(node.inputs) }
    return NetworkTable(inputChannels: inputChannels, nodes: nodes.filter { needed.contains($0.name) })
  }

  /// The channels of the input and of every node's output, by name.
  ///
  /// They do not depend on the image's size.
  ///
  /// - Precondition: inputs come before their users.
  public func channels() -> [String: Int] {
    var channels = [Self.input: inputChannels]
    for node in nodes {
      let inputs = node.inputs.map { name in
        guard let count = channels[name] else {
          preconditionFailure("\(node.name) takes \(name), which is not before it")
        }
        return count
      }
      switch node.operation {
      case .convolution(let convolution): channels[node.name] = convolution.outputs
      case .concatenate: channels[node.name] = inputs.reduce(0, +)
      case .maxPool, .averagePool, .add, .activation, .scale: channels[node.name] = inputs[0]
      }
    }
    return channels
  }

  /// The shapes of the input and of every node's output, by name.
  ///
  /// - Parameter input: channels, height and width of an image.
  /// - Returns: one shape per node, and the input's under `NetworkTable.input`.
  /// - Throws: `PatchCoreError` with code `.shapeMismatch` if the input has other channels than the network or is too
  ///   small for one of its windows.
  public func shapes(for input: FeatureShape) throws -> [String: FeatureShape] {
    guard input.channels == inputChannels else {
      throw PatchCoreError(
        .shapeMismatch, stage: "extractor",
        "the network takes \(inputChannels) channels, the images have \(input.channels)")
    }
    guard input.height >= 1, input.width >= 1 else {
      throw PatchCoreError(
        .shapeMismatch, stage: "extractor", "an image of \(input.height) x \(input.width) pixels holds nothing")
    }
    let channels = channels()
    var shapes = [Self.input: input]
    for node in nodes {
      guard let first = node.inputs.first.flatMap({ shapes[$0] }), let outputs = channels[node.name] else {
        preconditionFailure("\(node.name) takes nothing")
      }
      var shape = FeatureShape(channels: outputs, height: first.height, width: first.width)
      switch node.operation {
      case .convolution(let convolution): shape.slide(convolution.window)
      case .maxPool(let window), .averagePool(let window): shape.slide(window)
      case .add, .concatenate, .activation, .scale: break
      }
      guard shape.height >= 1, shape.width >= 1 else {
        throw PatchCoreError(
          .shapeMismatch, stage: "extractor",
          "images of \(input.height) x \(input.width) pixels are too small: \(node.name) gets \(first.height) x "
            + "\(first.width); use larger images or an earlier layer")
      }
      shapes[node.name] = shape
    }
    return shapes
  }

  /// The shape of each node's weight, for nodes with parameters; the bias holds as many numbers as the weight's first.
  public func weightShapes() -> [String: [Int]] {
    let channels = channels()
    var shapes: [String: [Int]] = [:]
    for node in nodes {
      guard let inputs = node.inputs.first.flatMap({ channels[$0] }) else { continue }
      switch node.operation {
      case .convolution(let form):
        shapes[node.name] = [form.outputs, inputs / form.groups, form.window.kernel, form.window.kernel]
      case .scale: shapes[node.name] = [inputs]
      case .maxPool, .averagePool, .add, .concatenate, .activation: break
      }
    }
    return shapes
  }
}

extension FeatureShape {
  fileprivate mutating func slide(_ window: NetworkTable.Window) {
    height = window.outputSize(height)
    width = window.outputSize(width)
  }
}
