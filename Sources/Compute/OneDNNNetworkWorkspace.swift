#if OneDNN
import COneDNN
import PatchCore

/// What one thread needs to run a plan on one image: a stream, buffers, scratch memory and the arguments.
///
/// A class because it owns native memory and handles. `@unchecked Sendable`: `OneDNNNetwork` lends it to one thread at
/// a time.
final class OneDNNNetworkWorkspace: @unchecked Sendable {
  private enum Call {
    case primitive(OneDNNNetworkHandle, [dnnl_exec_arg_t], part: String)
    case loop(OneDNNNetworkLoop, from: OneDNNNetworkHandle, to: OneDNNNetworkHandle)
  }

  private let stream: OneDNNNetworkHandle
  private let memories: [OneDNNNetworkHandle]
  private let scratch: [OneDNNNetworkHandle]
  private let block: UnsafeMutableRawPointer
  private let loopScratch: UnsafeMutableRawPointer
  private let inputs: [Int]
  private let outputs: [(memory: Int, output: Int, count: Int)]
  private let single: [Call]
  private let wide: [Call]
  private let threads: Int

  init(_ plan: OneDNNNetworkPlan) throws {
    let block = UnsafeMutableRawPointer.allocate(
      byteCount: max(plan.bufferByteCount + plan.scratchByteCount, 1), alignment: 64)
    do {
      stream = try OneDNNNetworkHandle("the stream", destroy: dnnl_stream_destroy) {
        dnnl_stream_create(&$0, plan.engine.pointer, dnnl_stream_default_flags.rawValue)
      }
      let memories = try plan.memories.map { memory in
        let address: UnsafeMutableRawPointer? =
          switch memory.place {
          case .input, .output: nil
          case .weights(let number): plan.weights[number].mutableBytes.baseAddress
          case .buffer(let number): block + plan.bufferOffsets[number]
          }
        return try Self.memory(memory.layout, plan.engine, address)
      }
      var scratch: [OneDNNNetworkHandle] = []
      func calls(wide: Bool) throws -> [Call] {
        try plan.commands.map { command in
          let kernel: OneDNNNetworkPlan.Kernel
          switch command.work {
          case .primitive(let single, let forSeveral): kernel = wide ? forSeveral ?? single : single
          case .loop(let loop):
            return .loop(
              loop, from: memories[command.arguments[0].memory], to: memories[command.arguments[1].memory])
          }
          var arguments = command.arguments.map {
            dnnl_exec_arg_t(arg: $0.argument, memory: memories[$0.memory].pointer)
          }
          if kernel.scratch.byteCount > 0 {
            scratch.append(try Self.memory(kernel.scratch, plan.engine, block + plan.bufferByteCount))
            arguments.append(dnnl_exec_arg_t(arg: DNNL_ARG_SCRATCHPAD, memory: scratch[scratch.count - 1].pointer))
          }
          return .primitive(kernel.primitive, arguments, part: command.part)
        }
      }
      single = try calls(wide: false)
      wide = plan.threads > 1 ? try calls(wide: true) : []
      self.memories = memories
      self.scratch = scratch
    } catch {
      block.deallocate()
      throw error
    }
    self.block = block
    loopScratch = block + plan.bufferByteCount
    threads = plan.threads
    inputs = plan.memories.indices.filter { plan.memories[$0].place == .input }
    outputs = plan.memories.enumerated().compactMap { index, memory in
      if case .output(let output) = memory.place { (index, output, plan.outputs[output].count) } else { nil }
    }
  }

  deinit { block.deallocate() }

  private static func memory(
    _ layout: dnnl_memory_desc_t, _ engine: OneDNNNetworkHandle, _ address: UnsafeMutableRawPointer?
  ) throws -> OneDNNNetworkHandle {
    try OneDNNNetworkHandle("a memory", destroy: dnnl_memory_destroy) { created in
      withUnsafePointer(to: layout) { dnnl_memory_create(&created, $0, engine.pointer, address) }
    }
  }

  /// Computes one image.
  ///
  /// - Parameters:
  ///   - image: the image, CHW.
  ///   - targets: where each output of the batch's first image goes, CHW.
  ///   - number: the image's number in the batch.
  ///   - wide: whether to use all the threads of the plan or one.
  /// - Throws: `PatchCoreError` with code `.nativeFailure` that names the node.
  func run(
    _ image: UnsafeMutablePointer<Float>, into targets: UnsafeBufferPointer<NetworkAddress>, number: Int, wide: Bool
  ) throws {
    for memory in inputs {
      try checkOneDNN(dnnl_memory_set_data_handle(memories[memory].pointer, image), "the input")
    }
    for (memory, output, count) in outputs {
      let target = targets[output].base.map { $0 + number * count }
      try checkOneDNN(dnnl_memory_set_data_handle(memories[memory].pointer, target), "output \(output)")
    }
    let wide = wide && threads > 1
    let width = wide ? threads : 1
    try withOneDNNThreads(width) {
      for call in wide ? self.wide : single {
        switch call {
        case .primitive(let primitive, let arguments, let part):
          let status = dnnl_primitive_execute(primitive.pointer, stream.pointer, Int32(arguments.count), arguments)
          try checkOneDNN(status, part)
        case .loop(let loop, let source, let target):
          loop.run(from: try address(source), to: try address(target), scratch: loopScratch, threads: width)
        }
      }
      try checkOneDNN(dnnl_stream_wait(stream.pointer), "the end of the network")
    }
  }

  private func address(_ memory: OneDNNNetworkHandle) throws -> UnsafeMutableRawPointer {
    var address: UnsafeMutableRawPointer?
    try checkOneDNN(dnnl_memory_get_data_handle(memory.pointer, &address), "a memory")
    guard let address else { preconditionFailure("a map without numbers") }
    return address
  }
}
#endif
