#if OneDNN
import COneDNN
import PatchCore
import TensorFiles

/// A network as oneDNN runs it: primitives in order and the memory they read and write.
///
/// Nothing in it changes.
struct OneDNNNetworkPlan: Sendable {
  /// Where the numbers of a memory stand.
  enum Place: Hashable {
    /// The image, as it is given.
    case input
    /// One of the outputs.
    case output(Int)
    /// Prepared weights, by number.
    case weights(Int)
    /// Memory of a workspace, by number; several memories may share it one after the other.
    case buffer(Int)
  }

  /// Numbers in a layout.
  struct Memory {
    let layout: dnnl_memory_desc_t
    let place: Place
  }

  /// A step with the memories it works on.
  struct Command {
    /// What it computes, for messages.
    let part: String
    let work: Work
    /// The memories, with oneDNN's argument numbers for them.
    let arguments: [(argument: Int32, memory: Int)]
  }

  /// What computes a step.
  enum Work {
    /// oneDNN.
    ///
    /// - single: made for one thread.
    /// - wide: made for `threads` threads, of the same implementation and on the same layouts; `nil` if there is none.
    case primitive(single: Kernel, wide: Kernel?)
    /// A function of ours, from the first of the memories to the second.
    case loop(OneDNNNetworkLoop)
  }

  /// A primitive and the scratch memory it asks for.
  struct Kernel {
    let primitive: OneDNNNetworkHandle
    let scratch: dnnl_memory_desc_t
  }

  let engine: OneDNNNetworkHandle
  let input: FeatureShape
  let outputs: [FeatureShape]
  /// How many threads the wide primitives use; 1 if there are none.
  let threads: Int
  let memories: [Memory]
  let commands: [Command]
  let weights: [TensorStorage]
  /// Where each buffer begins in a workspace, in bytes.
  let bufferOffsets: [Int]
  /// Bytes of a workspace's buffers.
  let bufferByteCount: Int

  /// Bytes of scratch memory for the most demanding step.
  var scratchByteCount: Int {
    commands.reduce(0) { most, command in
      switch command.work {
      case .primitive(let single, let wide): max(most, single.scratch.byteCount, wide?.scratch.byteCount ?? 0)
      case .loop(let loop): max(most, threads * loop.scratchByteCount)
      }
    }
  }
}

// The layouts are plain data, and everything else is immutable.
extension OneDNNNetworkPlan.Memory: @unchecked Sendable {}
extension OneDNNNetworkPlan.Kernel: @unchecked Sendable {}
extension OneDNNNetworkPlan.Command: Sendable {}
extension OneDNNNetworkPlan.Work: Sendable {}

extension dnnl_memory_desc_t {
  /// Numbers of a type; oneDNN chooses the layout if the tag is `dnnl_format_tag_any`.
  init(
    _ dimensions: [Int], _ tag: dnnl_format_tag_t, of type: dnnl_data_type_t = dnnl_f32, _ part: String
  ) throws {
    self.init()
    let status = dnnl_memory_desc_init_by_tag(&self, Int32(dimensions.count), dimensions.map { Int64($0) }, type, tag)
    try checkOneDNN(status, part)
  }

  /// The same layout of numbers of another type.
  func holding(_ type: dnnl_data_type_t) -> Self {
    var copy = self
    copy.data_type = type
    return copy
  }

  /// Whether the numbers are 8-bit steps on a scale.
  var isQuantised: Bool { data_type == dnnl_u8 || data_type == dnnl_s8 }

  /// Bytes that the numbers take, padding included.
  var byteCount: Int { withUnsafePointer(to: self) { dnnl_memory_desc_get_size($0) } }

  /// Whether both lay out the same shape in the same way.
  static func == (first: Self, second: Self) -> Bool {
    withUnsafePointer(to: first) { first in
      withUnsafePointer(to: second) { dnnl_memory_desc_equal(first, $0) != 0 }
    }
  }
}
#endif
