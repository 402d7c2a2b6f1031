#if OneDNN
import CKernels
import COneDNN
import ConvNet
import PatchCore
import TensorFiles

extension OneDNNNetworkBuilder {
  /// Appends the first convolution and the maximum behind it as one step, if they are those of a ResNet or DenseNet and computed in
  /// 16 or 8 bits.
  ///
  /// oneDNN has no fast function for an image's three channels, and takes the image twice more: to lay it out, and to
  /// find the maxima. The convolution computes in bfloat16 also where the network computes in 8 bits.
  ///
  /// - Returns: whether it was appended.
  mutating func appendFirstLayer(_ step: ResolvedNetwork.Step, _ next: ResolvedNetwork.Step) throws -> Bool {
    let image = shape(0)
    guard pc_has_avx512_bf16() != 0, case .convolution(let form) = step.operation,
      case .maxPool(let pool) = next.operation, form == Self.firstConvolution, pool == Self.firstMaximum,
      step.inputs == [0], next.inputs == [step.output], network.lastUse[step.output] == next.output - 1,
      network.tapPositions(of: step.output).isEmpty, image.channels == 3,
      min(image.height, image.width) >= Int(PC_FIRST_LAYER_LEAST), let parameters = step.parameters,
      let type = numbers.firstLayerResult(of: next)
    else { return false }
    let layout = try shape(next.output).layout(dnnl_nhwc, of: type, next.part)
    let steps: Float = layout.isQuantised ? 1 / numbers.unit(of: next.output, in: layout) : 0
    let weights = TensorStorage(byteCount: Int(PC_FIRST_LAYER_PAIRS * PC_FIRST_LAYER_CHANNELS) * 4)
    parameters.weight.withFloats { values in
      pc_first_layer_weights(values.baseAddress, weights.mutableBytes.baseAddress?.assumingMemoryBound(to: UInt16.self))
    }
    let bias = parameters.bias.floats()
    parameters.releasePages()
    @Sendable func withLayer<R>(_ source: UnsafeRawPointer?, _ body: (inout pc_first_layer) -> R) -> R {
      bias.withUnsafeBufferPointer { bias in
        var layer = pc_first_layer(
          image: source?.assumingMemoryBound(to: Float.self), height: image.height, width: image.width,
          weights: weights.bytes.baseAddress?.assumingMemoryBound(to: UInt16.self), bias: bias.baseAddress,
          steps: steps)
        return body(&layer)
      }
    }
    let scratch = withLayer(nil) { pc_first_layer_scratch(&$0) }
    let loop = OneDNNNetworkLoop(pieces: shape(next.output).height, scratchByteCount: scratch) {
      pieces, source, target, scratch in
      withLayer(source) { pc_first_layer_rows(&$0, pieces.lowerBound, pieces.upperBound, scratch, target) }
    }
    append("nodes '\(step.name)' and '\(next.name)'", from: 0, to: output(of: next, layout), loop)
    return true
  }

  private static let firstConvolution = NetworkTable.Convolution(
    outputs: Int(PC_FIRST_LAYER_CHANNELS), window: .init(kernel: 7, stride: 2, padding: 3), activation: .relu)
  private static let firstMaximum = NetworkTable.Window(kernel: 3, stride: 2, padding: 1)

  /// Appends the copy of a map with its channels side by side into planes of float32 numbers, as oneDNN would but in a
  /// fraction of the time.
  ///
  /// - Returns: whether it was appended.
  mutating func appendPlanes(of step: ResolvedNetwork.Step, from source: Int, to target: Int) throws -> Bool {
    let (layout, shape, lanes) = (layout(source), shape(step.output), 16)
    guard pc_has_avx512() != 0, shape.channels % lanes == 0, let type = pc_number(layout.data_type),
      try layout == shape.layout(dnnl_nhwc, of: layout.data_type, step.part)
    else { return false }
    let unit = numbers.unit(of: step.output, in: layout)
    let (places, channels) = (shape.height * shape.width, shape.channels)
    let loop = OneDNNNetworkLoop(pieces: channels / lanes, scratchByteCount: 0) { pieces, source, target, _ in
      pc_planes(
        source, type, unit, places, channels, pieces.lowerBound * lanes, pieces.upperBound * lanes,
        target.assumingMemoryBound(to: Float.self))
    }
    append(step.part, from: source, to: target, loop)
    return true
  }
}

extension pc_number {
  /// oneDNN's name for a type; `nil` for those that no map has.
  fileprivate init?(_ type: dnnl_data_type_t) {
    switch type {
    case dnnl_f32: self = PC_FLOAT32
    case dnnl_bf16: self = PC_BFLOAT16
    case dnnl_u8: self = PC_UINT8
    case dnnl_s8: self = PC_INT8
    default: return nil
    }
  }
}
#endif
