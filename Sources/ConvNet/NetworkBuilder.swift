/// Appends nodes to a network, each to the one before unless told otherwise.
struct NetworkBuilder {
  private(set) var nodes: [NetworkTable.Node] = []
  private(set) var layers: [NetworkArchitecture.Layer] = []
  private(set) var sources: [String: NetworkArchitecture.ParameterSource] = [:]
  private var formerPaths: [String: String] = [:]
  /// The node that the next one takes.
  var last = NetworkTable.input
  /// Channels of `last`.
  var channels = 3

  /// A convolution, followed in the checkpoint by a batch norm, or with a bias of its own unless `hasBias` is false.
  mutating func convolution(
    _ path: String, norm: String? = nil, hasBias: Bool = true, _ form: NetworkTable.Convolution,
    adding shortcut: String? = nil
  ) {
    var form = form
    form.addsSecondInput = shortcut != nil
    nodes.append(.init(path, .convolution(form), inputs: [last] + (shortcut.map { [$0] } ?? [])))
    sources[path] = .init(convolution: path, hasBias: hasBias && norm == nil, batchNorm: norm)
    last = path
    channels = form.outputs
  }

  mutating func maxPool(_ name: String, _ window: NetworkTable.Window) {
    nodes.append(.init(name, .maxPool(window), inputs: [last]))
    last = name
  }

  mutating func averagePool(_ name: String, _ window: NetworkTable.Window) {
    nodes.append(.init(name, .averagePool(window), inputs: [last]))
    last = name
  }

  /// The last node's channels behind those of an earlier one.
  mutating func append(_ name: String, to earlier: String, channels earlierChannels: Int) {
    nodes.append(.init(name, .concatenate, inputs: [earlier, last]))
    last = name
    channels += earlierChannels
  }

  /// A batch norm that no convolution can absorb.
  mutating func norm(_ path: String, activation: NetworkTable.Activation) {
    nodes.append(.init(path, .scale(activation: activation), inputs: [last]))
    sources[path] = .init(convolution: nil, batchNorm: path)
    last = path
  }

  /// A factor and an offset per channel.
  mutating func scale(_ path: String) {
    nodes.append(.init(path, .scale(activation: .none), inputs: [last]))
    sources[path] = .init(convolution: path, hasBias: true, batchNorm: nil)
    last = path
  }

  /// Lets the last node be tapped.
  mutating func layer(_ name: String) { layers.append(.init(name: name, node: last)) }

  /// Lets old checkpoints call a path by another name.
  mutating func accept(_ former: String, for path: String) { formerPaths[former] = path }

  func architecture(_ name: String, leftovers: Set<String> = []) -> NetworkArchitecture {
    NetworkArchitecture(
      name: name, table: NetworkTable(nodes: nodes), layers: layers, sources: sources, leftovers: leftovers,
      formerPaths: formerPaths)
  }
}
