#if OneDNN
import COneDNN
import ConvNet
import PatchCore
import TensorFiles

extension OneDNNNetworkBuilder {
  /// Appends the primitives of one step.
  mutating func append(_ step: ResolvedNetwork.Step) throws {
    switch step.operation {
    case .convolution(let form): try appendConvolution(step, form)
    case .maxPool(let window): try appendPool(step, window, dnnl_pooling_max)
    case .averagePool(let window): try appendPool(step, window, dnnl_pooling_avg_include_padding)
    case .add(let activation):
      let first = holder(step.inputs[0])
      let second = try holder(step.inputs[1], in: layout(first), for: step)
      let target = output(of: step, layout(first))
      try appendBinary(step, dnnl_binary_add, first, second, target, [.activation(activation)])
    case .concatenate: try appendConcatenation(step)
    case .activation(.none):
      let source = holder(step.inputs[0])
      try appendReorder(from: source, to: output(of: step, layout(source)), step.part)
    case .activation(.relu): try appendRelu(step)
    case .scale(let activation): try appendScale(step, activation)
    }
  }

  private mutating func appendConvolution(_ step: ResolvedNetwork.Step, _ form: NetworkTable.Convolution) throws {
    guard let parameters = step.parameters else { preconditionFailure("a convolution without parameters") }
    let (part, engine) = (step.part, engine)
    let (from, to) = (shape(step.inputs[0]), shape(step.output))
    var operations: [OneDNNNetworkAttributes.PostOperation] = [.activation(form.activation)]
    if form.addsSecondInput { operations.insert(.sum, at: 0) }
    let attributes = try OneDNNNetworkAttributes(part, operations)
    var dimensions = [to.channels / form.groups, from.channels / form.groups, form.window.kernel, form.window.kernel]
    if form.groups > 1 { dimensions.insert(form.groups, at: 0) }
    let plain = try dnnl_memory_desc_t(dimensions, form.groups > 1 ? dnnl_goihw : dnnl_oihw, part)
    let biasLayout = try dnnl_memory_desc_t([to.channels], dnnl_x, part)

    func describe(
      _ source: dnnl_memory_desc_t, _ weights: dnnl_memory_desc_t, _ target: dnnl_memory_desc_t
    ) throws -> OneDNNNetworkHandle {
      var descriptor = dnnl_convolution_desc_t()
      var (source, weights, bias, target) = (source, weights, biasLayout, target)
      let padding = form.window.pair(form.window.padding)
      let status = dnnl_convolution_forward_desc_init(
        &descriptor, dnnl_forward_inference, dnnl_convolution_direct, &source, &weights, &bias, &target,
        form.window.pair(form.window.stride), padding, padding)
      try checkOneDNN(status, part)
      return try OneDNNNetworkHandle(part, destroy: dnnl_primitive_desc_destroy) {
        dnnl_primitive_desc_create(&$0, &descriptor, attributes.handle.pointer, engine.pointer, nil)
      }
    }

    let chosen = try withOneDNNThreads(1) {
      try describe(
        from.layout(dnnl_format_tag_any, part), dnnl_memory_desc_t(dimensions, dnnl_format_tag_any, part),
        to.layout(dnnl_format_tag_any, part))
    }
    let sourceLayout = try chosenLayout(chosen, dnnl_query_src_md, part)
    let weightLayout = try chosenLayout(chosen, dnnl_query_weights_md, part)
    let targetLayout = try chosenLayout(chosen, dnnl_query_dst_md, part)
    let source = try holder(step.inputs[0], in: sourceLayout, for: step)
    let weight = try constant(parameters.weight, from: plain, to: weightLayout, part)
    let bias = try constant(parameters.bias, from: biasLayout, to: biasLayout, part)
    let target =
      form.addsSecondInput
      ? try overwritable(step.inputs[1], in: targetLayout, by: step) : output(of: step, targetLayout)
    setOutput(of: step, target)
    let arguments = [
      (DNNL_ARG_SRC_0, source), (DNNL_ARG_WEIGHTS_0, weight), (DNNL_ARG_BIAS, bias), (DNNL_ARG_DST_0, target),
    ]
    try append(part, arguments) { try describe(sourceLayout, weightLayout, targetLayout) }
  }

  private mutating func appendPool(
    _ step: ResolvedNetwork.Step, _ window: NetworkTable.Window, _ algorithm: dnnl_alg_kind_t
  ) throws {
    let (part, engine) = (step.part, engine)
    let source = holder(step.inputs[0])
    let attributes = try OneDNNNetworkAttributes(part)
    let sourceLayout = layout(source)
    func describe(_ target: dnnl_memory_desc_t) throws -> OneDNNNetworkHandle {
      var descriptor = dnnl_pooling_desc_t()
      var (source, target) = (sourceLayout, target)
      let padding = window.pair(window.padding)
      let status = dnnl_pooling_forward_desc_init(
        &descriptor, dnnl_forward_inference, algorithm, &source, &target, window.pair(window.stride),
        window.pair(window.kernel), padding, padding)
      try checkOneDNN(status, part)
      return try OneDNNNetworkHandle(part, destroy: dnnl_primitive_desc_destroy) {
        dnnl_primitive_desc_create(&$0, &descriptor, attributes.handle.pointer, engine.pointer, nil)
      }
    }
    let any = try shape(step.output).layout(dnnl_format_tag_any, part)
    let chosen = try chosenLayout(withOneDNNThreads(1) { try describe(any) }, dnnl_query_dst_md, part)
    let target = output(of: step, chosen)
    try append(part, [(DNNL_ARG_SRC_0, source), (DNNL_ARG_DST_0, target)]) { try describe(chosen) }
  }

  private mutating func appendConcatenation(_ step: ResolvedNetwork.Step) throws {
    let (part, engine) = (step.part, engine)
    let sources = step.inputs.map { holder($0) }
    let layouts = sources.map { layout($0) }
    let attributes = try OneDNNNetworkAttributes(part)
    func describe(_ target: dnnl_memory_desc_t?) throws -> OneDNNNetworkHandle {
      try OneDNNNetworkHandle(part, destroy: dnnl_primitive_desc_destroy) { created in
        func create(_ target: UnsafePointer<dnnl_memory_desc_t>?) -> dnnl_status_t {
          dnnl_concat_primitive_desc_create(
            &created, target, Int32(layouts.count), 1, layouts, attributes.handle.pointer, engine.pointer)
        }
        guard let target else { return create(nil) }
        return withUnsafePointer(to: target) { create($0) }
      }
    }
    let chosen = try chosenLayout(withOneDNNThreads(1) { try describe(nil) }, dnnl_query_dst_md, part)
    let target = output(of: step, chosen)
    var arguments = sources.enumerated().map { (DNNL_ARG_MULTIPLE_SRC + Int32($0.offset), $0.element) }
    arguments.append((DNNL_ARG_DST_0, target))
    try append(part, arguments) { try describe(chosen) }
  }

  private mutating func appendRelu(_ step: ResolvedNetwork.Step) throws {
    let (part, engine) = (step.part, engine)
    let source = holder(step.inputs[0])
    var layout = layout(source)
    let target = output(of: step, layout)
    let attributes = try OneDNNNetworkAttributes(part)
    var descriptor = dnnl_eltwise_desc_t()
    try checkOneDNN(
      dnnl_eltwise_forward_desc_init(&descriptor, dnnl_forward_inference, dnnl_eltwise_relu, &layout, 0, 0), part)
    try append(part, [(DNNL_ARG_SRC_0, source), (DNNL_ARG_DST_0, target)]) {
      try OneDNNNetworkHandle(part, destroy: dnnl_primitive_desc_destroy) {
        dnnl_primitive_desc_create(&$0, &descriptor, attributes.handle.pointer, engine.pointer, nil)
      }
    }
  }

  private mutating func appendScale(_ step: ResolvedNetwork.Step, _ activation: NetworkTable.Activation) throws {
    guard let parameters = step.parameters else { preconditionFailure("a scale without parameters") }
    let source = holder(step.inputs[0])
    let perChannel = try FeatureShape(channels: shape(step.output).channels, height: 1, width: 1)
      .layout(dnnl_nchw, step.part)
    let factor = try constant(parameters.weight, from: perChannel, to: perChannel, step.part)
    let offset = try constant(parameters.bias, from: perChannel, to: perChannel, step.part)
    let target = output(of: step, layout(source))
    try appendBinary(
      step, dnnl_binary_mul, source, factor, target, [.addition(perChannel), .activation(activation)],
      more: [(DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE | DNNL_ARG_SRC_1, offset)])
  }

  private mutating func appendBinary(
    _ step: ResolvedNetwork.Step, _ algorithm: dnnl_alg_kind_t, _ first: Int, _ second: Int, _ target: Int,
    _ operations: [OneDNNNetworkAttributes.PostOperation], more: [(argument: Int32, memory: Int)] = []
  ) throws {
    let (part, engine) = (step.part, engine)
    let attributes = try OneDNNNetworkAttributes(part, operations)
    var descriptor = dnnl_binary_desc_t()
    var (firstLayout, secondLayout, targetLayout) = (layout(first), layout(second), layout(target))
    try checkOneDNN(
      dnnl_binary_desc_init(&descriptor, algorithm, &firstLayout, &secondLayout, &targetLayout), part)
    let arguments = [(DNNL_ARG_SRC_0, first), (DNNL_ARG_SRC_1, second), (DNNL_ARG_DST_0, target)]
    try append(part, arguments + more) {
      try OneDNNNetworkHandle(part, destroy: dnnl_primitive_desc_destroy) {
        dnnl_primitive_desc_create(&$0, &descriptor, attributes.handle.pointer, engine.pointer, nil)
      }
    }
  }
}

extension NetworkTable.Window {
  /// A number for rows and columns, as oneDNN takes it.
  fileprivate func pair(_ number: Int) -> [Int64] { [Int64(number), Int64(number)] }
}
#endif
