import PatchCore
import TensorFiles

extension NetworkWeights {
  /// The weights as named tensors for the artifact: `NODE.weight` and `NODE.bias`.
  public var archiveTensors: [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    for (node, parameters) in parameters {
      tensors[node + ".weight"] = parameters.weight
      tensors[node + ".bias"] = parameters.bias
    }
    return tensors
  }

  /// The weights that an artifact kept for a network.
  ///
  /// - Parameters:
  ///   - archive: what `archiveTensors` gave.
  ///   - table: the network, pruned to what it must compute.
  /// - Throws: `PatchCoreError` with code `.invalidArtifact` if a tensor is missing or has another type or shape.
  public init(archive: StageArchive, table: NetworkTable) throws {
    let shapes = table.weightShapes()
    var parameters: [String: Parameters] = [:]
    func tensor(_ name: String, _ shape: [Int]) throws -> Tensor {
      let tensor = try archive.tensor(name)
      guard tensor.elementType == .float32, tensor.shape == shape else {
        throw PatchCoreError(
          .invalidArtifact, stage: "extractor",
          "the artifact's tensor \(name) is \(tensor.elementType.rawValue) \(tensor.shape), F32 \(shape) is needed; "
            + "fit again")
      }
      return tensor
    }
    for (node, shape) in shapes {
      parameters[node] = Parameters(
        weight: try tensor(node + ".weight", shape), bias: try tensor(node + ".bias", [shape[0]]))
    }
    self.init(parameters)
  }
}
