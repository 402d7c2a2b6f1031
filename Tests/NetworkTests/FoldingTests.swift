import ConvNet
import Foundation
import PatchCore
import TensorFiles
import Testing

/// Batch norm folded into one node, against the definition computed apart.
@Suite struct FoldingTests {
  private static let outputs = 6

  private func architecture(
    _ operation: NetworkTable.Operation, _ source: NetworkArchitecture.ParameterSource, channels: Int
  ) -> NetworkArchitecture {
    NetworkArchitecture(
      name: "single",
      table: NetworkTable(
        inputChannels: channels, nodes: [.init("node", operation, inputs: [NetworkTable.input])]),
      layers: [.init(name: "layer", node: "node")], sources: ["node": source])
  }

  private func convolution(hasBias: Bool = false, epsilon: Double = 1e-5) -> NetworkArchitecture {
    architecture(
      .convolution(.init(outputs: Self.outputs, window: .init(kernel: 3, padding: 1), groups: 2)),
      .init(convolution: "conv", hasBias: hasBias, batchNorm: "bn", epsilon: epsilon), channels: 4)
  }

  private func tensors(_ architecture: NetworkArchitecture) -> [String: Tensor] {
    Dictionary(
      uniqueKeysWithValues: architecture.expectedTensors().map {
        ($0.name, HashedNumbers.parameter($0.name, $0.shape, closing: "bn9"))
      })
  }

  private func load(_ architecture: NetworkArchitecture, _ tensors: [String: Tensor]) throws
    -> NetworkWeights.Parameters
  {
    let loaded = try CheckpointLoader(architecture: architecture, layers: ["layer"]).load(tensors, file: "memory")
    return try required(loaded.weights.parameters["node"], "node")
  }

  @Test(arguments: [1e-5, 1e-3])
  func foldsInDoublePrecisionAndRoundsOnce(epsilon: Double) throws {
    let architecture = convolution(hasBias: true, epsilon: epsilon)
    let tensors = tensors(architecture)
    let folded = try load(architecture, tensors)
    func values(_ name: String) throws -> [Double] { try required(tensors[name], name).floats().map { Double($0) } }
    let (gamma, beta) = (try values("bn.weight"), try values("bn.bias"))
    let (mean, variance) = (try values("bn.running_mean"), try values("bn.running_var"))
    let (weight, bias) = (try values("conv.weight"), try values("conv.bias"))
    let slice = weight.count / Self.outputs
    #expect(folded.weight.shape == [6, 2, 3, 3])
    for (index, found) in folded.weight.floats().enumerated() {
      let channel = index / slice
      // Written as one division, the folding as factor and product: they may differ in the last bit of a Double.
      let exact = weight[index] * gamma[channel] / sqrt(variance[channel] + epsilon)
      #expect(abs(Double(found) - exact) <= abs(exact) * 0x1.01p-24)
    }
    for (channel, found) in folded.bias.floats().enumerated() {
      let scaled = (bias[channel] - mean[channel]) * gamma[channel] / sqrt(variance[channel] + epsilon)
      let magnitude = abs(beta[channel]) + abs(scaled)
      #expect(abs(Double(found) - (beta[channel] + scaled)) <= magnitude * 0x1.01p-24)
    }
  }

  /// A batch norm after a convolution gives what the folded convolution gives.
  @Test func foldedConvolutionEqualsConvolutionThenNorm() throws {
    let architecture = convolution()
    let tensors = tensors(architecture)
    let folded = NetworkWeights(["node": try load(architecture, tensors)])
    let zeros = Tensor([Float](repeating: 0, count: Self.outputs), shape: [Self.outputs])
    let bare = NetworkWeights([
      "node": .init(weight: try required(tensors["conv.weight"], "conv.weight"), bias: zeros)
    ])
    let shape = FeatureShape(channels: 4, height: 5, width: 7)
    let images = FeatureMap(
      batch: 2, shape: shape, HashedNumbers.units("images", 2 * shape.count).map { Float($0) - 0.5 })
    let table = architecture.table
    let one = try required(NaiveNetwork.run(table, folded, batch: images)["node"], "node")
    let two = try required(NaiveNetwork.run(table, bare, batch: images)["node"], "node")
    func channelwise(_ name: String) throws -> [Double] {
      try required(tensors[name], name).floats().map { Double($0) }
    }
    let (gamma, beta) = (try channelwise("bn.weight"), try channelwise("bn.bias"))
    let (mean, variance) = (try channelwise("bn.running_mean"), try channelwise("bn.running_var"))
    for index in one.values.indices {
      let c = index / 35 % Self.outputs
      let expected = (two.values[index] - mean[c]) / (variance[c] + 1e-5).squareRoot() * gamma[c] + beta[c]
      // 18 products of numbers near 1, each weight rounded to 24 bits.
      #expect(abs(one.values[index] - expected) <= 18 * 0x1p-24)
    }
  }

  @Test func aLoneBatchNormBecomesFactorAndOffset() throws {
    let architecture = architecture(
      .scale(activation: .relu), .init(convolution: nil, batchNorm: "bn"), channels: 2)
    let folded = try load(
      architecture,
      [
        "bn.weight": Tensor([2, -3] as [Float], shape: [2]), "bn.bias": Tensor([0.5, 1] as [Float], shape: [2]),
        "bn.running_mean": Tensor([1, 0.5] as [Float], shape: [2]),
        "bn.running_var": Tensor([4, 0.25] as [Float], shape: [2]),
      ])
    // With variances 4 and 0.25 and no epsilon: factors 1 and -6, offsets -0.5 and 4; epsilon moves them by 2e-5.
    for (found, exact) in zip(folded.weight.floats() + folded.bias.floats(), [1, -6, -0.5, 4] as [Float]) {
      #expect(abs(found - exact) <= 2e-4)
      #expect(found != exact)
    }
  }

  @Test func otherFloatingPointTypesAreConverted() throws {
    let architecture = convolution()
    let tensors = tensors(architecture)
    let wide = tensors.mapValues { tensor in
      Tensor(elementType: .float64, shape: tensor.shape, copying: tensor.floats().map { Double($0) })
    }
    #expect(try load(architecture, wide).weight.floats() == load(architecture, tensors).weight.floats())
    let half = tensors.mapValues { tensor in
      Tensor(elementType: .float16, shape: tensor.shape, copying: tensor.floats().map { Float16($0) })
    }
    let halfAsSingle = half.mapValues { Tensor($0.floats(), shape: $0.shape) }
    #expect(try load(architecture, half).weight.floats() == load(architecture, halfAsSingle).weight.floats())
    let brain = tensors.mapValues { tensor in
      Tensor(
        elementType: .bfloat16, shape: tensor.shape, copying: tensor.floats().map { UInt16($0.bitPattern >> 16) })
    }
    let brainAsSingle = brain.mapValues { Tensor($0.floats(), shape: $0.shape) }
    #expect(try load(architecture, brain).weight.floats() == load(architecture, brainAsSingle).weight.floats())
    #expect(try load(architecture, brain).weight.floats() != load(architecture, tensors).weight.floats())
  }

  @Test func aVarianceBelowZeroIsRefused() throws {
    var tensors = tensors(convolution())
    tensors["bn.running_var"] = Tensor([1, 1, 1, -1, 1, 1] as [Float], shape: [6])
    let error = #expect(throws: PatchCoreError.self) { try load(convolution(), tensors) }
    #expect(error?.code == .invalidWeights)
    #expect(error?.message.contains("bn.running_var holds -1.0 at 3") == true)
  }

  @Test func aFactorThatOverflowsIsRefused() throws {
    var tensors = tensors(convolution())
    tensors["bn.weight"] = Tensor([Float](repeating: 3e38, count: 6), shape: [6])
    tensors["bn.running_var"] = Tensor([Float](repeating: 0, count: 6), shape: [6])
    let error = #expect(throws: PatchCoreError.self) { try load(convolution(), tensors) }
    #expect(error?.message.contains("beyond float32") == true)
  }
}

extension Tensor {
  fileprivate init<T>(elementType: ElementType, shape: [Int], copying values: [T]) {
    let storage = TensorStorage(byteCount: values.count * MemoryLayout<T>.size)
    values.withUnsafeBytes { storage.mutableBytes.copyMemory(from: $0) }
    self.init(elementType: elementType, shape: shape, storage: storage)
  }
}
