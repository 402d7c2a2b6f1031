#if OneDNN
import COneDNN
import ConvNet
import PatchCore
import TensorFiles

/// Builds a plan step by step.
///
/// oneDNN chooses the layout of each convolution's input, weights and output; values are reordered only where a step
/// wants another layout or type than the one before it made. Everything is chosen for one thread: the primitives for several
/// threads must take the same implementations and layouts, so that results do not depend on the number of threads.
struct OneDNNNetworkBuilder {
  let network: ResolvedNetwork
  private let threads: Int
  var numbers: OneDNNNumbers
  let engine: OneDNNNetworkHandle
  private var memories: [OneDNNNetworkPlan.Memory] = []
  private var commands: [OneDNNNetworkPlan.Command] = []
  private var weights: [TensorStorage] = []
  private var bufferByteCounts: [Int] = []
  /// The memories that hold each value, the one its step made first.
  private var holders: [[Int]]

  /// The plan of a network whose single images may use `threads` threads.
  static func plan(
    _ network: ResolvedNetwork, precision: NetworkPrecision, threads: Int
  ) throws -> OneDNNNetworkPlan {
    let numbers = try OneDNNNumbers(precision, network)
    var builder = try OneDNNNetworkBuilder(network, numbers, threads: threads)
    var steps = network.steps[...]
    while let step = steps.popFirst() {
      if let next = steps.first, try builder.appendFirstLayer(step, next) {
        steps.removeFirst()
        try builder.appendTaps(of: next)
      } else {
        try builder.append(step)
        try builder.appendTaps(of: step)
      }
    }
    return builder.finish()
  }

  private init(_ network: ResolvedNetwork, _ numbers: OneDNNNumbers, threads: Int) throws {
    self.network = network
    self.numbers = numbers
    self.threads = threads
    engine = try OneDNNNetworkHandle("the engine", destroy: dnnl_engine_destroy) {
      dnnl_engine_create(&$0, dnnl_cpu, 0)
    }
    holders = Array(repeating: [], count: network.shapes.count)
    let shape = network.shapes[0]
    memories.append(.init(layout: try shape.layout(dnnl_nchw, "the input"), place: .input))
    holders[0] = [0]
  }

  private func finish() -> OneDNNNetworkPlan {
    var lifetimes: [ClosedRange<Int>?] = Array(repeating: nil, count: bufferByteCounts.count)
    for (index, command) in commands.enumerated() {
      for (_, memory) in command.arguments {
        guard case .buffer(let number) = memories[memory].place else { continue }
        lifetimes[number] = (lifetimes[number]?.lowerBound ?? index)...index
      }
    }
    var arena = NetworkArena()
    let offsets = zip(bufferByteCounts, lifetimes).map { byteCount, steps in
      steps.map { arena.place(byteCount: byteCount, during: $0) } ?? 0
    }
    return OneDNNNetworkPlan(
      engine: engine, input: network.shapes[0], outputs: network.outputs, threads: threads, memories: memories,
      commands: commands, weights: weights, bufferOffsets: offsets, bufferByteCount: arena.byteCount)
  }

  // MARK: - Memories

  func layout(_ memory: Int) -> dnnl_memory_desc_t { memories[memory].layout }

  /// A new buffer of the workspace.
  mutating func buffer(_ layout: dnnl_memory_desc_t) -> Int {
    bufferByteCounts.append(layout.byteCount)
    memories.append(.init(layout: layout, place: .buffer(bufferByteCounts.count - 1)))
    return memories.count - 1
  }

  /// A new buffer that holds the output of `step`.
  mutating func output(of step: ResolvedNetwork.Step, _ layout: dnnl_memory_desc_t) -> Int {
    let memory = buffer(layout)
    holders[step.output] = [memory]
    return memory
  }

  /// The memory that holds a value as its step made it.
  func holder(_ value: Int) -> Int { holders[value][0] }

  /// A memory that holds a value in a layout; reorders it if there is none yet.
  mutating func holder(_ value: Int, in layout: dnnl_memory_desc_t, for step: ResolvedNetwork.Step) throws -> Int {
    if let memory = holders[value].first(where: { memories[$0].layout == layout }) { return memory }
    let memory = buffer(layout)
    try appendReorder(of: value, from: holder(value), to: memory, step.part)
    holders[value].append(memory)
    return memory
  }

  /// A memory that holds a value as numbers of a type, in the layout in which its step made it.
  mutating func holder(_ value: Int, as type: dnnl_data_type_t, for step: ResolvedNetwork.Step) throws -> Int {
    if let memory = holders[value].first(where: { memories[$0].layout.data_type == type }) { return memory }
    return try holder(value, in: layout(holder(value)).holding(type), for: step)
  }

  /// A memory that holds a value in a layout and that `step` may overwrite.
  mutating func overwritable(
    _ value: Int, in layout: dnnl_memory_desc_t, by step: ResolvedNetwork.Step
  ) throws -> Int {
    let isLastUse = network.lastUse[value] == step.output - 1 && !step.inputs.dropLast().contains(value)
    if isLastUse, let memory = holders[value].first(where: { memories[$0].layout == layout }),
      case .buffer = memories[memory].place
    {
      return memory
    }
    let memory = buffer(layout)
    try appendReorder(of: value, from: holder(value), to: memory, step.part)
    return memory
  }

  /// The same place as numbers of another layout of as many bytes.
  mutating func alias(of memory: Int, _ layout: dnnl_memory_desc_t) -> Int {
    if memories[memory].layout == layout { return memory }
    memories.append(.init(layout: layout, place: memories[memory].place))
    return memories.count - 1
  }

  /// Names a memory as the output of `step`.
  mutating func setOutput(of step: ResolvedNetwork.Step, _ memory: Int) { holders[step.output] = [memory] }

  /// Parameters in a layout, kept by the plan.
  mutating func constant(
    _ tensor: Tensor, from plain: dnnl_memory_desc_t, to layout: dnnl_memory_desc_t, _ part: String
  ) throws -> Int {
    // What is read later is the copy: the artifact's pages need not stay in memory beside it.
    defer { tensor.storage.releasePages(tensor.byteOffset..<tensor.byteOffset + tensor.byteCount) }
    return try tensor.withFloats { try constant(UnsafeRawBufferPointer($0), from: plain, to: layout, part) }
  }

  /// Parameters of a type in a layout, kept by the plan.
  mutating func constant(
    _ bytes: UnsafeRawBufferPointer, from plain: dnnl_memory_desc_t, to layout: dnnl_memory_desc_t, _ part: String
  ) throws -> Int {
    let storage = TensorStorage(byteCount: layout.byteCount)
    do {
      let source = try memory(plain, UnsafeMutableRawPointer(mutating: bytes.baseAddress))
      let target = try memory(layout, storage.mutableBytes.baseAddress)
      let stream = try OneDNNNetworkHandle(part, destroy: dnnl_stream_destroy) {
        dnnl_stream_create(&$0, engine.pointer, dnnl_stream_default_flags.rawValue)
      }
      try withOneDNNThreads(1) {
        let descriptor = try reorderDescriptor(plain, layout, part)
        let primitive = try OneDNNNetworkHandle(part, destroy: dnnl_primitive_destroy) {
          dnnl_primitive_create(&$0, descriptor.pointer)
        }
        let scratch = try kernelScratch(descriptor, part)
        let room = TensorStorage(byteCount: scratch.byteCount)
        let scratchMemory = try memory(scratch, room.mutableBytes.baseAddress)
        let arguments = [
          dnnl_exec_arg_t(arg: DNNL_ARG_SRC_0, memory: source.pointer),
          dnnl_exec_arg_t(arg: DNNL_ARG_DST_0, memory: target.pointer),
          dnnl_exec_arg_t(arg: DNNL_ARG_SCRATCHPAD, memory: scratchMemory.pointer),
        ]
        try checkOneDNN(
          dnnl_primitive_execute(primitive.pointer, stream.pointer, Int32(arguments.count), arguments), part)
        try checkOneDNN(dnnl_stream_wait(stream.pointer), part)
      }
      withExtendedLifetime((source, target)) {}
    }
    weights.append(storage)
    memories.append(.init(layout: layout, place: .weights(weights.count - 1)))
    return memories.count - 1
  }

  private func memory(
    _ layout: dnnl_memory_desc_t, _ address: UnsafeMutableRawPointer?
  ) throws -> OneDNNNetworkHandle {
    try OneDNNNetworkHandle("a memory", destroy: dnnl_memory_destroy) { created in
      withUnsafePointer(to: layout) { dnnl_memory_create(&created, $0, engine.pointer, address) }
    }
  }

  // MARK: - Commands

  /// Appends a primitive that `describe` describes, once for one thread and once for several.
  mutating func append(
    _ part: String, _ arguments: [(argument: Int32, memory: Int)], _ describe: () throws -> OneDNNNetworkHandle
  ) throws {
    let (single, name) = try kernel(part, threads: 1, describe)
    var wide: OneDNNNetworkPlan.Kernel?
    if threads > 1 {
      do {
        let (kernel, wideName) = try kernel(part, threads: threads, describe)
        // A general matrix product may divide its sums among the threads, which changes the order of additions.
        if wideName == name, !name.contains("gemm") { wide = kernel }
      } catch let error as PatchCoreError where error.code == .nativeFailure {
        // For several threads oneDNN has nothing on these layouts: one thread computes this step.
      }
    }
    commands.append(.init(part: part, work: .primitive(single: single, wide: wide), arguments: arguments))
  }

  /// Appends a function of ours.
  mutating func append(_ part: String, from source: Int, to target: Int, _ loop: OneDNNNetworkLoop) {
    commands.append(
      .init(part: part, work: .loop(loop), arguments: [(DNNL_ARG_SRC_0, source), (DNNL_ARG_DST_0, target)]))
  }

  private func kernel(
    _ part: String, threads: Int, _ describe: () throws -> OneDNNNetworkHandle
  ) throws -> (OneDNNNetworkPlan.Kernel, implementation: String) {
    // oneDNN reads the number of threads when a primitive is described and made, and divides its work by it.
    try withOneDNNThreads(threads) {
      let descriptor = try describe()
      let primitive = try OneDNNNetworkHandle(part, destroy: dnnl_primitive_destroy) {
        dnnl_primitive_create(&$0, descriptor.pointer)
      }
      var name: UnsafePointer<CChar>?
      let status = withUnsafeMutablePointer(to: &name) {
        dnnl_primitive_desc_query(descriptor.pointer, dnnl_query_impl_info_str, 0, $0)
      }
      try checkOneDNN(status, part)
      let scratch = try kernelScratch(descriptor, part)
      return (.init(primitive: primitive, scratch: scratch), name.map { String(cString: $0) } ?? "")
    }
  }

  private func kernelScratch(_ descriptor: OneDNNNetworkHandle, _ part: String) throws -> dnnl_memory_desc_t {
    try chosenLayout(descriptor, dnnl_query_scratchpad_md, part)
  }

  /// A layout that a primitive descriptor has settled on.
  func chosenLayout(
    _ descriptor: OneDNNNetworkHandle, _ query: dnnl_query_t, _ part: String
  ) throws -> dnnl_memory_desc_t {
    guard let layout = dnnl_primitive_desc_query_md(descriptor.pointer, query, 0) else {
      try checkOneDNN(dnnl_not_required, part)
      return dnnl_memory_desc_t()
    }
    return layout.pointee
  }

  /// Copies a value from one layout and type to another.
  mutating func appendReorder(of value: Int, from: Int, to: Int, _ part: String) throws {
    let (source, target) = (layout(from), layout(to))
    let engine = self.engine
    let factor = numbers.factor(of: value, from: source, to: target)
    try append(part, [(DNNL_ARG_SRC_0, from), (DNNL_ARG_DST_0, to)]) {
      try OneDNNNetworkBuilder.reorderDescriptor(source, target, factor: factor, engine, part)
    }
  }

  private func reorderDescriptor(
    _ source: dnnl_memory_desc_t, _ target: dnnl_memory_desc_t, _ part: String
  ) throws -> OneDNNNetworkHandle {
    try Self.reorderDescriptor(source, target, factor: 1, engine, part)
  }

  private static func reorderDescriptor(
    _ source: dnnl_memory_desc_t, _ target: dnnl_memory_desc_t, factor: Float, _ engine: OneDNNNetworkHandle,
    _ part: String
  ) throws -> OneDNNNetworkHandle {
    let attributes = try OneDNNNetworkAttributes(part, scales: factor == 1 ? nil : [factor])
    var (source, target) = (source, target)
    return try OneDNNNetworkHandle(part, destroy: dnnl_primitive_desc_destroy) {
      dnnl_reorder_primitive_desc_create(
        &$0, &source, engine.pointer, &target, engine.pointer, attributes.handle.pointer)
    }
  }

  private mutating func appendTaps(of step: ResolvedNetwork.Step) throws {
    for position in network.tapPositions(of: step.output) {
      let layout = try network.shapes[step.output].layout(dnnl_nchw, step.part)
      memories.append(.init(layout: layout, place: .output(position)))
      let (source, target) = (holder(step.output), memories.count - 1)
      if try !appendPlanes(of: step, from: source, to: target) {
        try appendReorder(of: step.output, from: source, to: target, step.part)
      }
    }
  }

  func shape(_ value: Int) -> FeatureShape { network.shapes[value] }
}

extension ResolvedNetwork.Step {
  /// The step in messages.
  var part: String { "node '\(name)'" }
}

extension FeatureShape {
  /// The layout of one image of this shape.
  func layout(
    _ tag: dnnl_format_tag_t, of type: dnnl_data_type_t = dnnl_f32, _ part: String
  ) throws -> dnnl_memory_desc_t {
    try dnnl_memory_desc_t([1, channels, height, width], tag, of: type, part)
  }
}
#endif
