import PatchCore

/// A network as its checkpoints know it: the operations, the layers that can be tapped, and the tensors to load.
public struct NetworkArchitecture: Sendable, Hashable {
  /// A layer that can be tapped: a stage of the network and the node that ends it.
  public struct Layer: Sendable, Hashable {
    /// The name a description uses, such as `layer2`.
    public var name: String
    /// The node whose output the layer is.
    public var node: String

    /// Creates a layer.
    public init(name: String, node: String) {
      self.name = name
      self.node = node
    }
  }

  /// The tensors of a checkpoint that make up one node's weight and bias.
  public struct ParameterSource: Sendable, Hashable {
    /// The path of the convolution or scale, whose tensor is `PATH.weight`; `nil` for a batch norm that stands alone.
    public var convolution: String?
    /// Whether there is a `PATH.bias` too.
    public var hasBias: Bool
    /// The path of the batch norm that follows: `PATH.weight`, `.bias`, `.running_mean`, `.running_var`.
    public var batchNorm: String?
    /// The number added to the variance.
    public var epsilon: Double

    /// Creates a source.
    public init(convolution: String?, hasBias: Bool = false, batchNorm: String?, epsilon: Double = 1e-5) {
      self.convolution = convolution
      self.hasBias = hasBias
      self.batchNorm = batchNorm
      self.epsilon = epsilon
    }
  }

  /// The name people know it by, such as `resnet50`.
  public var name: String
  /// The operations.
  public var table: NetworkTable
  /// The layers that can be tapped, in the order they are computed.
  public var layers: [Layer]
  /// For each node with parameters, where they come from.
  public var sources: [String: ParameterSource]
  /// Tensors of a complete checkpoint that no layer needs, such as the classifier's.
  public var leftovers: Set<String>
  /// Paths as older checkpoints write them, each with the path that stands here.
  public var formerPaths: [String: String]

  /// Creates an architecture.
  public init(
    name: String, table: NetworkTable, layers: [Layer], sources: [String: ParameterSource],
    leftovers: Set<String> = [], formerPaths: [String: String] = [:]
  ) {
    self.name = name
    self.table = table
    self.layers = layers
    self.sources = sources
    self.leftovers = leftovers
    self.formerPaths = formerPaths
  }

  /// The nodes to tap for the given layers, in the order given.
  ///
  /// - Parameter names: names of layers; at least one, each once.
  /// - Returns: one node name per layer.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` for an unknown or repeated layer, or none.
  public func taps(for names: [String]) throws -> [String] {
    let known = layers.map(\.name)
    guard !names.isEmpty else {
      throw PatchCoreError(
        .invalidConfiguration, stage: "extractor",
        "layers is empty; name at least one of \(known.joined(separator: ", "))")
    }
    var seen: Set<String> = []
    return try names.map { name in
      guard let layer = layers.first(where: { $0.name == name }) else {
        let nearest = nearestName(to: name, among: known).map { "; did you mean \($0)?" } ?? ""
        throw PatchCoreError(
          .invalidConfiguration, stage: "extractor",
          "\(self.name) has no layer \(name); known: \(known.joined(separator: ", "))\(nearest)")
      }
      guard seen.insert(name).inserted else {
        throw PatchCoreError(
          .invalidConfiguration, stage: "extractor", "layers names \(name) twice; name each layer once")
      }
      return layer.node
    }
  }

  /// The part that the given layers need: the forward pass ends with the last of them.
  ///
  /// - Parameter names: names of layers; at least one, each once.
  /// - Returns: an architecture whose layers are those given, in network order.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` for an unknown or repeated layer, or none.
  public func pruned(to names: [String]) throws -> NetworkArchitecture {
    let table = table.pruned(to: try taps(for: names))
    let nodes = Set(table.nodes.map(\.name))
    return NetworkArchitecture(
      name: name, table: table, layers: layers.filter { names.contains($0.name) },
      sources: sources.filter { nodes.contains($0.key) }, formerPaths: formerPaths)
  }

  /// A tensor that a checkpoint must hold.
  public struct ExpectedTensor: Sendable, Hashable {
    /// The name in the checkpoint.
    public var name: String
    /// The dimensions, outermost first.
    public var shape: [Int]
  }

  /// The tensors that this architecture loads, in network order.
  public func expectedTensors() -> [ExpectedTensor] {
    let shapes = table.weightShapes()
    return table.nodes.flatMap { node -> [ExpectedTensor] in
      guard let source = sources[node.name], let shape = shapes[node.name] else { return [] }
      var tensors: [ExpectedTensor] = []
      if let path = source.convolution {
        tensors.append(ExpectedTensor(name: path + ".weight", shape: shape))
        if source.hasBias { tensors.append(ExpectedTensor(name: path + ".bias", shape: [shape[0]])) }
      }
      if let path = source.batchNorm {
        for part in [".weight", ".bias", ".running_mean", ".running_var"] {
          tensors.append(ExpectedTensor(name: path + part, shape: [shape[0]]))
        }
      }
      return tensors
    }
  }

  /// A checkpoint's tensors under today's names.
  ///
  /// A tensor that is there under both names keeps its former one, which nothing knows.
  func renamed<Value>(_ tensors: [String: Value]) -> [String: Value] {
    guard !formerPaths.isEmpty else { return tensors }
    var renamed = tensors
    for (name, tensor) in tensors {
      guard let dot = name.lastIndex(of: "."), let path = formerPaths[String(name[..<dot])] else { continue }
      let today = path + name[dot...]
      guard tensors[today] == nil else { continue }
      renamed[name] = nil
      renamed[today] = tensor
    }
    return renamed
  }

  /// Every tensor name that a checkpoint of the complete network may hold.
  func knownTensorNames() -> Set<String> {
    var names = leftovers.union(expectedTensors().map(\.name))
    for path in sources.values.compactMap(\.batchNorm) { names.insert(path + ".num_batches_tracked") }
    return names
  }
}
