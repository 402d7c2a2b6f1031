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
      let first = try holder(step.inputs[0], as: numbers.plain, for: step)
      let second = try holder(step.inputs[1], in: layout(first), for: step)
      let target = output(of: step, layout(first))
      try appendBinary(step, dnnl_binary_add, first, second, target, [.activation(activation)])
    case .concatenate: try appendConcatenation(step)
    case .activation(.none):
      let source = try holder(step.inputs[0], as: numbers.plain, for: step)
      try appendReorder(of: step.inputs[0], from: source, to: output(of: step, layout(source)), step.part)
    case .activation(.relu): try appendRelu(step)
    case .scale(let activation): try appendScale(step, activation)
    }
  }

  private mutating func appendPool(
    _ step: ResolvedNetwork.Step, _ window: NetworkTable.Window, _ algorithm: dnnl_alg_kind_t
  ) throws {
    let (part, engine) = (step.part, engine)
    // A maximum of 8-bit steps is a step on the same scale; a mean is not.
    let value = step.inputs[0]
    let source = try algorithm == dnnl_pooling_max ? holder(value) : holder(value, as: numbers.plain, for: step)
    let attributes = try OneDNNNetworkAttributes(part)
    let sourceLayout = layout(source)
    if sourceLayout.isQuantised { numbers.shareScale(of: value, with: step.output) }
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
    let any = try shape(step.output).layout(dnnl_format_tag_any, of: sourceLayout.data_type, part)
    let chosen = try chosenLayout(withOneDNNThreads(1) { try describe(any) }, dnnl_query_dst_md, part)
    let target = output(of: step, chosen)
    try append(part, [(DNNL_ARG_SRC_0, source), (DNNL_ARG_DST_0, target)]) { try describe(chosen) }
  }

  private mutating func appendConcatenation(_ step: ResolvedNetwork.Step) throws {
    let (part, engine) = (step.part, engine)
    let sources = try step.inputs.map { try holder($0, as: numbers.plain, for: step) }
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
    let source = try holder(step.inputs[0], as: numbers.plain, for: step)
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
    let source = try holder(step.inputs[0], as: numbers.plain, for: step)
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
  func pair(_ number: Int) -> [Int64] { [Int64(number), Int64(number)] }
}
#endif
