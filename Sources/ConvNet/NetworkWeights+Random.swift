import PatchCore
import TensorFiles

extension NetworkWeights {
  /// Random weights, the same for a seed on every machine and whichever layers are wanted.
  ///
  /// Each weight is uniform in `+-sqrt(6 / n)`, n the inputs of one output (He et al., *Delving Deep into Rectifiers*,
  /// 2015); biases are 0 and lone factors 1. A convolution that ends a residual block is divided by the square root of
  /// the number of such blocks, without which the sum of the blocks would grow with every block of the network. Each
  /// tensor has its own sub-seed, by its name.
  ///
  /// - Parameters:
  ///   - architecture: the complete network.
  ///   - layers: names of the layers wanted.
  ///   - seed: the seed of all weights.
  /// - Returns: weights for the nodes that the layers need.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` for an unknown or repeated layer, or none.
  public static func random(
    for architecture: NetworkArchitecture, layers: [String], seed: UInt64
  ) throws -> NetworkWeights {
    let table = try architecture.pruned(to: layers).table
    let shapes = table.weightShapes()
    let blocks = architecture.table.nodes.count { $0.endsResidualBlock }
    var parameters: [String: Parameters] = [:]
    for node in table.nodes {
      guard let shape = shapes[node.name] else { continue }
      var values = [Float](repeating: 1, count: shape.reduce(1, *))
      if case .convolution = node.operation {
        let inputs = shape.dropFirst().reduce(1, *)
        let limit = (6 / Double(inputs) / Double(node.endsResidualBlock ? blocks : 1)).squareRoot()
        var generator = SeededGenerator(seed: SeededGenerator.subseed(seed, for: node.name + ".weight"))
        for index in values.indices { values[index] = generator.nextUniform(limit: limit) }
      }
      parameters[node.name] = Parameters(
        weight: Tensor(values, shape: shape), bias: Tensor([Float](repeating: 0, count: shape[0]), shape: [shape[0]]))
    }
    return NetworkWeights(parameters)
  }
}

extension NetworkTable.Node {
  fileprivate var endsResidualBlock: Bool {
    if case .convolution(let form) = operation { form.addsSecondInput } else { false }
  }
}
