#if OneDNN
import CKernels
import COneDNN
import ConvNet
import PatchCore
import TensorFiles

extension OneDNNNetworkBuilder {
  /// Appends a 3x3 convolution of stride 1 in bfloat16 by Winograd's algorithm, for which oneDNN has no function.
  ///
  /// - Returns: whether it was appended: the network asks for it, the processor has bfloat16 and the channels fit.
  mutating func appendWinograd(_ step: ResolvedNetwork.Step, _ form: NetworkTable.Convolution) throws -> Bool {
    let (from, to) = (shape(step.inputs[0]), shape(step.output))
    guard numbers.usesOwnWinograd, pc_has_avx512_bf16() != 0, let parameters = step.parameters,
      form.window == .init(kernel: 3, stride: 1, padding: 1), form.groups == 1, from.channels % 16 == 0,
      to.channels % 64 == 0
    else { return false }
    let source = try holder(step.inputs[0], in: from.layout(dnnl_nhwc, of: dnnl_bf16, step.part), for: step)
    let layout = try to.layout(dnnl_nhwc, of: dnnl_bf16, step.part)
    let target: Int
    if form.addsSecondInput {
      target = try overwritable(step.inputs[1], in: layout, by: step)
      setOutput(of: step, target)
    } else {
      target = output(of: step, layout)
    }
    let weights = TensorStorage(byteCount: 16 * from.channels * to.channels * 2)
    parameters.weight.withFloats { values in
      pc_winograd_weights(
        values.baseAddress, from.channels, to.channels,
        weights.mutableBytes.baseAddress?.assumingMemoryBound(to: UInt16.self))
    }
    let bias = parameters.bias.floats()
    parameters.releasePages()
    let (adds, hasRelu): (Int32, Int32) = (form.addsSecondInput ? 1 : 0, form.activation == .relu ? 1 : 0)
    @Sendable func withLayer<R>(_ source: UnsafeRawPointer?, _ body: (inout pc_winograd) -> R) -> R {
      bias.withUnsafeBufferPointer { bias in
        var layer = pc_winograd(
          map: source?.assumingMemoryBound(to: UInt16.self), height: from.height, width: from.width,
          inputs: from.channels, outputs: to.channels,
          weights: weights.bytes.baseAddress?.assumingMemoryBound(to: UInt16.self), bias: bias.baseAddress, adds: adds,
          has_relu: hasRelu)
        return body(&layer)
      }
    }
    let (pieces, scratch) = withLayer(nil) { (pc_winograd_pieces(&$0), pc_winograd_scratch(&$0)) }
    let loop = OneDNNNetworkLoop(pieces: pieces, scratchByteCount: scratch) { pieces, source, target, scratch in
      withLayer(source) {
        pc_winograd_run(
          &$0, pieces.lowerBound, pieces.upperBound, scratch, target.assumingMemoryBound(to: UInt16.self))
      }
    }
    append(step.part, from: source, to: target, loop)
    return true
  }
}

extension NetworkWeights.Parameters {
  /// Gives the pages of an artifact back once they are copied.
  func releasePages() {
    for tensor in [weight, bias] {
      tensor.storage.releasePages(tensor.byteOffset..<tensor.byteOffset + tensor.byteCount)
    }
  }
}
#endif
