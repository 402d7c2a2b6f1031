#if OneDNN
import COneDNN
import ConvNet

/// How a primitive computes: in the numbers given, with scratch memory from the caller, and what is done to the result.
struct OneDNNNetworkAttributes {
  /// What is done to a result before it is written.
  enum PostOperation {
    /// The numbers that stand in the output are added, times a factor and read as a type.
    case sum(factor: Float, dnnl_data_type_t)
    /// An activation is applied.
    case activation(NetworkTable.Activation)
    /// Numbers in a layout are added, each to its channel.
    case addition(dnnl_memory_desc_t)
  }

  let handle: OneDNNNetworkHandle

  /// Attributes of a primitive.
  ///
  /// - Parameters:
  ///   - part: what it computes, for messages.
  ///   - scales: factors of the result before `operations`, one or one per channel; `nil` for none.
  ///   - operations: what is done to the result, in order.
  /// - Throws: `PatchCoreError` with code `.nativeFailure` that names `part`.
  init(_ part: String, scales: [Float]? = nil, _ operations: [PostOperation] = []) throws {
    handle = try OneDNNNetworkHandle(part, destroy: dnnl_primitive_attr_destroy) { dnnl_primitive_attr_create(&$0) }
    // An environment variable could allow oneDNN to round to bfloat16.
    try checkOneDNN(dnnl_primitive_attr_set_fpmath_mode(handle.pointer, dnnl_fpmath_mode_strict), part)
    try checkOneDNN(dnnl_primitive_attr_set_scratchpad_mode(handle.pointer, dnnl_scratchpad_mode_user), part)
    if let scales {
      // Bit 1 of the mask stands for the channels.
      let mask: Int32 = scales.count > 1 ? 1 << 1 : 0
      let status = dnnl_primitive_attr_set_output_scales(handle.pointer, Int64(scales.count), mask, scales)
      try checkOneDNN(status, part)
    }
    let chain = try OneDNNNetworkHandle(part, destroy: dnnl_post_ops_destroy) { dnnl_post_ops_create(&$0) }
    for operation in operations {
      switch operation {
      case .sum(let factor, let type):
        try checkOneDNN(dnnl_post_ops_append_sum_v3(chain.pointer, factor, 0, type), part)
      case .activation(.none): break
      case .activation(.relu):
        try checkOneDNN(dnnl_post_ops_append_eltwise(chain.pointer, 1, dnnl_eltwise_relu, 0, 0), part)
      case .addition(var layout):
        try checkOneDNN(dnnl_post_ops_append_binary(chain.pointer, dnnl_binary_add, &layout), part)
      }
    }
    try checkOneDNN(dnnl_primitive_attr_set_post_ops(handle.pointer, chain.pointer), part)
  }
}
#endif
