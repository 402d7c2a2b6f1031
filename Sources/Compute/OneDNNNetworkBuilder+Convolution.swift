#if OneDNN
import COneDNN
import ConvNet
import PatchCore
import TensorFiles

extension OneDNNNetworkBuilder {
  /// The types of a convolution's numbers and how its sums become its result.
  private struct Arithmetic {
    let source: dnnl_data_type_t
    let weights: dnnl_data_type_t
    let result: dnnl_data_type_t
    let attributes: OneDNNNetworkAttributes
    let algorithms: [dnnl_alg_kind_t]
  }

  /// Appends a convolution, with sum and activation in the same primitive.
  mutating func appendConvolution(_ step: ResolvedNetwork.Step, _ form: NetworkTable.Convolution) throws {
    if try appendWinograd(step, form) { return }
    guard let parameters = step.parameters else { preconditionFailure("a convolution without parameters") }
    let (part, engine) = (step.part, engine)
    let (from, to) = (shape(step.inputs[0]), shape(step.output))
    let isQuantised = numbers.source(of: step) != numbers.plain
    let weights = try isQuantised ? QuantisedWeights(parameters, unit: sourceUnit(of: step)) : nil
    let arithmetic = try arithmetic(of: step, form, weights)
    var dimensions = [to.channels / form.groups, from.channels / form.groups, form.window.kernel, form.window.kernel]
    if form.groups > 1 { dimensions.insert(form.groups, at: 0) }
    let plain = try dnnl_memory_desc_t(
      dimensions, form.groups > 1 ? dnnl_goihw : dnnl_oihw, of: isQuantised ? dnnl_s8 : dnnl_f32, part)
    let biasLayout = try dnnl_memory_desc_t([to.channels], dnnl_x, part)

    func describe(
      _ algorithm: dnnl_alg_kind_t, _ source: dnnl_memory_desc_t, _ weights: dnnl_memory_desc_t,
      _ target: dnnl_memory_desc_t
    ) throws -> OneDNNNetworkHandle {
      var descriptor = dnnl_convolution_desc_t()
      var (source, weights, bias, target) = (source, weights, biasLayout, target)
      let padding = form.window.pair(form.window.padding)
      let status = dnnl_convolution_forward_desc_init(
        &descriptor, dnnl_forward_inference, algorithm, &source, &weights, &bias, &target,
        form.window.pair(form.window.stride), padding, padding)
      try checkOneDNN(status, part)
      return try OneDNNNetworkHandle(part, destroy: dnnl_primitive_desc_destroy) {
        dnnl_primitive_desc_create(&$0, &descriptor, arithmetic.attributes.handle.pointer, engine.pointer, nil)
      }
    }

    let any = (
      try from.layout(dnnl_format_tag_any, of: arithmetic.source, part),
      try dnnl_memory_desc_t(dimensions, dnnl_format_tag_any, of: arithmetic.weights, part),
      try to.layout(dnnl_format_tag_any, of: arithmetic.result, part)
    )
    let (chosen, algorithm) = try withOneDNNThreads(1) {
      try first(of: arithmetic.algorithms) { try describe($0, any.0, any.1, any.2) }
    }
    let sourceLayout = try chosenLayout(chosen, dnnl_query_src_md, part)
    let weightLayout = try chosenLayout(chosen, dnnl_query_weights_md, part)
    let targetLayout = try chosenLayout(chosen, dnnl_query_dst_md, part)
    let source = try holder(step.inputs[0], in: sourceLayout, for: step)
    let weight: Int
    let bias: Int
    if let weights {
      weight = try weights.steps.withUnsafeBytes { try constant($0, from: plain, to: weightLayout, part) }
      bias = try weights.bias.withUnsafeBytes { try constant($0, from: biasLayout, to: biasLayout, part) }
      parameters.releasePages()
    } else {
      weight = try constant(parameters.weight, from: plain, to: weightLayout, part)
      bias = try constant(parameters.bias, from: biasLayout, to: biasLayout, part)
    }
    let target: Int
    if form.addsSecondInput {
      let second = try overwritable(step.inputs[1], in: secondLayout(of: step, targetLayout), by: step)
      target = alias(of: second, targetLayout)
    } else {
      target = output(of: step, targetLayout)
    }
    setOutput(of: step, target)
    let arguments = [
      (DNNL_ARG_SRC_0, source), (DNNL_ARG_WEIGHTS_0, weight), (DNNL_ARG_BIAS, bias), (DNNL_ARG_DST_0, target),
    ]
    try append(part, arguments) { try describe(algorithm, sourceLayout, weightLayout, targetLayout) }
  }

  /// What a unit of the input stands for.
  private func sourceUnit(of step: ResolvedNetwork.Step) throws -> Float {
    let layout = try shape(step.inputs[0]).layout(dnnl_nchw, of: numbers.source(of: step), step.part)
    return numbers.unit(of: step.inputs[0], in: layout)
  }

  /// The layout in which the second input stands where the result will: 8-bit numbers keep their own sign and scale.
  private func secondLayout(of step: ResolvedNetwork.Step, _ target: dnnl_memory_desc_t) -> dnnl_memory_desc_t {
    target.isQuantised ? target.holding(numbers.quantised(step.inputs[1])) : target
  }

  private func arithmetic(
    of step: ResolvedNetwork.Step, _ form: NetworkTable.Convolution, _ weights: QuantisedWeights?
  ) throws -> Arithmetic {
    let result = numbers.result(of: step)
    let resultLayout = try shape(step.output).layout(dnnl_nchw, of: result, step.part)
    let unit = numbers.unit(of: step.output, in: resultLayout)
    var operations: [OneDNNNetworkAttributes.PostOperation] = []
    if form.addsSecondInput {
      let second = secondLayout(of: step, resultLayout)
      operations.append(
        .sum(factor: numbers.unit(of: step.inputs[1], in: second) / unit, second.data_type))
    }
    operations.append(.activation(form.activation))
    let isSquare = form.window.kernel == 3 && form.window.stride == 1 && form.groups == 1
    return Arithmetic(
      source: numbers.source(of: step), weights: weights == nil ? numbers.plain : dnnl_s8, result: result,
      attributes: try OneDNNNetworkAttributes(
        step.part, scales: weights.map { $0.units.map { $0 / unit } }, operations),
      algorithms: (numbers.usesWinograd && isSquare ? [dnnl_convolution_winograd] : []) + [dnnl_convolution_direct])
  }

  /// The first algorithm that oneDNN has for a convolution.
  private func first(
    of algorithms: [dnnl_alg_kind_t], _ describe: (dnnl_alg_kind_t) throws -> OneDNNNetworkHandle
  ) throws -> (OneDNNNetworkHandle, dnnl_alg_kind_t) {
    for algorithm in algorithms.dropLast() {
      do {
        return (try describe(algorithm), algorithm)
      } catch let error as PatchCoreError where error.code == .nativeFailure {
        // oneDNN has the algorithm for some shapes and processors only.
      }
    }
    let last = algorithms[algorithms.count - 1]
    return (try describe(last), last)
  }
}

/// Weights of a convolution as 8-bit steps, each output channel on its own scale.
private struct QuantisedWeights {
  /// -127 to 127, in the order of the weights.
  let steps: [Int8]
  /// What a sum of products of steps stands for, by output channel.
  let units: [Float]
  /// The bias in those units.
  let bias: [Float]

  /// - Parameters:
  ///   - parameters: weight and bias.
  ///   - unit: what a step of the convolution's input stands for.
  init(_ parameters: NetworkWeights.Parameters, unit: Float) {
    let channels = parameters.weight.shape[0]
    let count = parameters.weight.count / max(channels, 1)
    var steps = [Int8](repeating: 0, count: parameters.weight.count)
    var units = [Float](repeating: 0, count: channels)
    parameters.weight.withFloats { weights in
      for channel in 0..<channels {
        let range = channel * count..<(channel + 1) * count
        let largest = range.reduce(Float(0)) { max($0, weights[$1].magnitude) }
        // Weights of a dead channel may be denormal: in steps of theirs the bias would be beyond float32.
        let step = largest > 1e-20 ? largest / 127 : 1
        units[channel] = step * unit
        for index in range {
          // Division may round the largest weight up past 127.
          steps[index] = Int8(min(max((weights[index] / step).rounded(.toNearestOrEven), -127), 127))
        }
      }
    }
    self.steps = steps
    self.units = units
    bias = parameters.bias.withFloats { bias in units.indices.map { bias[$0] / units[$0] } }
  }
}
#endif
