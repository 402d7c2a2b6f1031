import Compute
import ConvNet
import PatchCore
import TensorFiles

/// The engines of this build.
func testEngines() -> [any ComputeEngine] {
  #if OneDNN
  [OpenBLASEngine(), OneDNNEngine()]
  #else
  [OpenBLASEngine()]
  #endif
}

/// Random parameters for every convolution and scale of a table; biases too, so that a lost bias shows.
func randomWeights(_ table: NetworkTable, _ generator: inout SeededGenerator) -> NetworkWeights {
  var parameters: [String: NetworkWeights.Parameters] = [:]
  let shapes = table.weightShapes()
  for node in table.nodes {
    guard let shape = shapes[node.name] else { continue }
    let limit = (3 / Double(max(1, shape.dropFirst().reduce(1, *)))).squareRoot()
    parameters[node.name] = NetworkWeights.Parameters(
      weight: Tensor(randomValues(shape.reduce(1, *), limit, &generator), shape: shape),
      bias: Tensor(randomValues(shape[0], 0.5, &generator), shape: [shape[0]]))
  }
  return NetworkWeights(parameters)
}

/// Random images.
func randomImages(_ batch: Int, _ shape: FeatureShape, _ generator: inout SeededGenerator) -> FeatureMap {
  FeatureMap(batch: batch, shape: shape, randomValues(batch * shape.count, 1, &generator))
}

func randomValues(_ count: Int, _ limit: Double, _ generator: inout SeededGenerator) -> [Float] {
  (0..<count).map { _ in generator.nextUniform(limit: limit) }
}

extension FeatureMap {
  var values: [Float] { withUnsafeBufferPointer { Array($0) } }

  /// The bits of all numbers, for comparisons that 0 and -0 do not pass.
  var bits: [UInt32] { withUnsafeBufferPointer { $0.map(\.bitPattern) } }

  /// One image of the batch.
  func image(_ index: Int) -> FeatureMap {
    FeatureMap(batch: 1, shape: shape, Array(values[index * shape.count..<(index + 1) * shape.count]))
  }
}

/// `sqrt(sum (a - b)^2 / sum b^2)`.
func relativeError(_ values: [Float], _ expected: [Double]) -> Double {
  var difference = 0.0
  var size = 0.0
  for (value, expected) in zip(values, expected) {
    difference += (Double(value) - expected) * (Double(value) - expected)
    size += expected * expected
  }
  return size == 0 ? difference.squareRoot() : (difference / size).squareRoot()
}
