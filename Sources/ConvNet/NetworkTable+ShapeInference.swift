import PatchCore

extension NetworkTable {
  /// The shapes of the input and of every node's output, by name.
  ///
  /// Checks on the way that the table is well formed, so that engines need not.
  ///
  /// - Parameter input: channels, height and width of each image.
  /// - Returns: one shape per node, and the input's under `NetworkTable.input`.
  /// - Throws: `PatchCoreError` with code `.shapeMismatch` if the input has other channels than the network, is too small
  ///   for a window, or two sizes disagree; `.invalidConfiguration` if a name is used twice or refers to nothing, or a
  ///   node has the wrong number of inputs.
  public func shapes(for input: FeatureShape) throws -> [String: FeatureShape] {
    guard input.channels == inputChannels else {
      throw PatchCoreError(
        .shapeMismatch, stage: "network",
        "the network takes \(inputChannels) channels, the images have \(input.channels); change the preprocessing")
    }
    guard input.height > 0, input.width > 0 else {
      throw PatchCoreError(
        .shapeMismatch, stage: "network", "images of \(input.width)x\(input.height) pixels hold nothing to compute")
    }
    var shapes = [Self.input: input]
    for node in nodes {
      let inputs = try node.inputs.map { name in
        guard let shape = shapes[name] else {
          throw node.malformed("takes its input from '\(name)', which no earlier node is called; reorder the nodes")
        }
        return shape
      }
      let shape = try node.outputShape(inputs)
      guard shapes.updateValue(shape, forKey: node.name) == nil else {
        throw node.malformed("is there twice, or named like the input; give each node its own name")
      }
    }
    return shapes
  }
}

extension NetworkTable.Node {
  /// The shape this node makes of its inputs.
  fileprivate func outputShape(_ inputs: [FeatureShape]) throws -> FeatureShape {
    switch operation {
    case .convolution(let convolution):
      try expectInputs(convolution.addsSecondInput ? 2 : 1, inputs)
      let shape = try outputShape(convolution, inputs[0])
      if convolution.addsSecondInput { try expectSame(shape, inputs[1]) }
      return shape
    case .maxPool(let window), .averagePool(let window):
      try expectInputs(1, inputs)
      // As in PyTorch: with more padding a window could lie wholly outside, and no maximum would exist.
      guard window.padding >= 0, 2 * window.padding <= window.kernel else {
        throw malformed("pads by \(window.padding) for a window of \(window.kernel); pad by half the window at most")
      }
      let size = try outputSize(window, inputs[0])
      return FeatureShape(channels: inputs[0].channels, height: size.height, width: size.width)
    case .add:
      try expectInputs(2, inputs)
      try expectSame(inputs[0], inputs[1])
      return inputs[0]
    case .concatenate:
      guard let first = inputs.first else { throw malformed("has no inputs; concatenation takes at least one") }
      for other in inputs where other.height != first.height || other.width != first.width {
        throw mismatch(
          "joins maps of \(first.height)x\(first.width) and \(other.height)x\(other.width) rows and columns; "
            + "they must agree")
      }
      let channels = inputs.reduce(0) { $0 + $1.channels }
      return FeatureShape(channels: channels, height: first.height, width: first.width)
    case .activation, .scale:
      try expectInputs(1, inputs)
      return inputs[0]
    }
  }

  private func outputShape(
    _ convolution: NetworkTable.Convolution, _ input: FeatureShape
  ) throws -> FeatureShape {
    let (groups, outputs) = (convolution.groups, convolution.outputs)
    guard groups > 0, outputs > 0, input.channels % groups == 0, outputs % groups == 0 else {
      throw mismatch("has \(groups) groups, which must divide its \(input.channels) inputs and \(outputs) outputs")
    }
    guard convolution.window.padding >= 0 else {
      throw malformed("pads by \(convolution.window.padding); padding cannot be negative")
    }
    let size = try outputSize(convolution.window, input)
    return FeatureShape(channels: outputs, height: size.height, width: size.width)
  }

  private func outputSize(
    _ window: NetworkTable.Window, _ input: FeatureShape
  ) throws -> (height: Int, width: Int) {
    guard window.kernel > 0, window.stride > 0 else {
      throw malformed("has a window of \(window.kernel) and a stride of \(window.stride); both must be at least 1")
    }
    let size = (height: window.outputSize(input.height), width: window.outputSize(input.width))
    guard size.height > 0, size.width > 0 else {
      throw mismatch(
        "has a window of \(window.kernel)x\(window.kernel), its input with padding only "
          + "\(input.height + 2 * window.padding)x\(input.width + 2 * window.padding); use larger images")
    }
    return size
  }

  private func expectInputs(_ count: Int, _ inputs: [FeatureShape]) throws {
    guard inputs.count == count else { throw malformed("takes \(count) inputs, the table gives it \(inputs.count)") }
  }

  private func expectSame(_ first: FeatureShape, _ second: FeatureShape) throws {
    guard first == second else {
      throw mismatch("adds maps of shape \(first.description) and \(second.description); they must agree")
    }
  }

  private func mismatch(_ message: String) -> PatchCoreError {
    PatchCoreError(.shapeMismatch, stage: "network", "node '\(name)' \(message)")
  }

  fileprivate func malformed(_ message: String) -> PatchCoreError {
    PatchCoreError(.invalidConfiguration, stage: "network", "node '\(name)' \(message)")
  }
}

extension FeatureShape {
  fileprivate var description: String { "\(channels)x\(height)x\(width)" }
}
