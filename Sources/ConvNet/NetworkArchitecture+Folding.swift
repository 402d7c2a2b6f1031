import PatchCore
import TensorFiles

extension NetworkArchitecture {
  /// The weights of every node, batch norm folded into weight and bias.
  ///
  /// `w' = w * gamma / sqrt(variance + epsilon)` and `b' = beta + (b - mean) * gamma / sqrt(variance + epsilon)`, in
  /// double precision, rounded once to float32. A batch norm that stands alone becomes factor and offset.
  ///
  /// - Parameters:
  ///   - tensors: at least the expected tensors, with their shapes and floating-point types.
  ///   - file: the file's name, for errors.
  /// - Returns: float32 weights for each node that has parameters.
  /// - Throws: `PatchCoreError` with code `.invalidWeights` naming a tensor whose numbers cannot be used.
  func foldedWeights(from tensors: [String: Tensor], file: String) throws -> NetworkWeights {
    let shapes = table.weightShapes()
    let reader = FiniteReader(tensors: tensors, file: file)
    var parameters: [String: NetworkWeights.Parameters] = [:]
    for node in table.nodes {
      guard let shape = shapes[node.name] else { continue }
      guard let source = sources[node.name] else { preconditionFailure("\(node.name) has no source") }
      var factor = [Double](repeating: 1, count: shape[0])
      var bias = [Double](repeating: 0, count: shape[0])
      if let path = source.convolution, source.hasBias { bias = try reader.values(path + ".bias") }
      if let path = source.batchNorm {
        let gamma = try reader.values(path + ".weight"), beta = try reader.values(path + ".bias")
        let mean = try reader.values(path + ".running_mean"), variance = try reader.values(path + ".running_var")
        for channel in factor.indices {
          guard variance[channel] + source.epsilon > 0 else {
            throw PatchCoreError(
              .invalidWeights, stage: "extractor",
              "\(file): \(path).running_var holds \(variance[channel]) at \(channel), a variance below zero; "
                + "the file is damaged, fetch it again")
          }
          factor[channel] = gamma[channel] / (variance[channel] + source.epsilon).squareRoot()
          bias[channel] = beta[channel] + (bias[channel] - mean[channel]) * factor[channel]
        }
      }
      let weight: Tensor
      if let path = source.convolution {
        weight = try reader.scaled(path + ".weight", shape: shape, by: factor)
      } else {
        weight = Tensor(factor.map { Float($0) }, shape: shape)
      }
      let folded = NetworkWeights.Parameters(weight: weight, bias: Tensor(bias.map { Float($0) }, shape: [shape[0]]))
      guard folded.isFinite else {
        throw PatchCoreError(
          .invalidWeights, stage: "extractor",
          "\(file): \(node.name) has weights beyond float32 once its batch norm is folded in; the file is damaged, "
            + "fetch it again")
      }
      parameters[node.name] = folded
    }
    return NetworkWeights(parameters)
  }
}

/// Reads tensors and refuses NaN and infinity.
private struct FiniteReader {
  var tensors: [String: Tensor]
  var file: String

  func values(_ name: String) throws -> [Double] {
    guard let tensor = tensors[name] else { preconditionFailure("\(name) was not checked") }
    var values = [Double](repeating: 0, count: tensor.count)
    values.withUnsafeMutableBufferPointer { target in tensor.withElements { target[$0] = $1 } }
    if let index = values.firstIndex(where: { !$0.isFinite }) { throw notFinite(name, values[index], at: index) }
    return values
  }

  /// The tensor with each slice along its first dimension times that slice's factor.
  func scaled(_ name: String, shape: [Int], by factor: [Double]) throws -> Tensor {
    guard let tensor = tensors[name] else { preconditionFailure("\(name) was not checked") }
    let slice = max(1, tensor.count / max(1, shape[0]))
    let storage = TensorStorage(byteCount: tensor.count * MemoryLayout<Float>.size)
    let target = storage.mutableBytes.assumingMemoryBound(to: Float.self)
    var offender: (index: Int, value: Double)?
    factor.withUnsafeBufferPointer { factor in
      tensor.withElements { index, value in
        // A product of factor 0 would hide an infinity, so the value itself is looked at.
        if !value.isFinite, offender == nil { offender = (index, value) }
        target[index] = Float(value * factor[index / slice])
      }
    }
    if let offender { throw notFinite(name, offender.value, at: offender.index) }
    return Tensor(elementType: .float32, shape: shape, storage: storage)
  }

  private func notFinite(_ name: String, _ value: Double, at index: Int) -> PatchCoreError {
    PatchCoreError(
      .invalidWeights, stage: "extractor",
      "\(file): \(name) holds \(value) at element \(index); the file is damaged, fetch it again")
  }
}

extension NetworkWeights.Parameters {
  fileprivate var isFinite: Bool {
    var finite = true
    for tensor in [weight, bias] { tensor.withElements { _, value in finite = finite && value.isFinite } }
    return finite
  }
}

extension ElementType {
  /// Whether it is one of the floating-point types, all of which `withElements` reads.
  var isFloatingPoint: Bool {
    switch self {
    case .float16, .bfloat16, .float32, .float64: true
    case .bool, .uint8, .int8, .int32, .int64: false
    }
  }
}

extension Tensor {
  /// Calls `body` with the index and value of each element of a floating-point tensor, in order.
  @inline(__always)
  func withElements(_ body: (Int, Double) -> Void) {
    withBytes { bytes in
      switch elementType {
      case .float16:
        for index in 0..<count { body(index, Double(bytes.loadUnaligned(fromByteOffset: index * 2, as: Float16.self))) }
      case .bfloat16:
        for index in 0..<count {
          let bits = UInt32(bytes.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)) << 16
          body(index, Double(Float(bitPattern: bits)))
        }
      case .float32:
        for index in 0..<count { body(index, Double(bytes.loadUnaligned(fromByteOffset: index * 4, as: Float.self))) }
      case .float64:
        for index in 0..<count { body(index, bytes.loadUnaligned(fromByteOffset: index * 8, as: Double.self)) }
      case .bool, .uint8, .int8, .int32, .int64:
        preconditionFailure("\(elementType.rawValue) is no floating-point type")
      }
    }
  }
}
