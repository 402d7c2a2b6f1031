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

  /// The most numbers that are alive at one time: outputs of nodes that a later node still takes, and the input.
  ///
  /// - Parameter shapes: the shape of every node's output, by name.
  /// - Returns: a count of elements.
  public func greatestLiveCount(_ shapes: [String: FeatureShape]) -> Int {
    var lastUse: [String: Int] = [:]
    for (index, node) in nodes.enumerated() { for input in node.inputs { lastUse[input] = index } }
    var live: [String: Int] = [Self.input: shapes[Self.input]?.count ?? 0]
    var greatest = 0
    for (index, node) in nodes.enumerated() {
      live[node.name] = shapes[node.name]?.count ?? 0
      greatest = max(greatest, live.values.reduce(0, +))
      live = live.filter { lastUse[$0.key, default: index] > index }
    }
    return greatest
  }
}
