#if OneDNN
import COneDNN
import ConvNet
import PatchCore

/// Which numbers each step of a network computes with, and the scales of 8-bit values.
struct OneDNNNumbers {
  /// The type of everything that is not quantised.
  let plain: dnnl_data_type_t
  /// Whether oneDNN computes 3x3 convolutions of stride 1 by Winograd's algorithm.
  let usesWinograd: Bool
  /// Whether a function of ours does, in bfloat16.
  let usesOwnWinograd: Bool
  /// The size of an 8-bit step, by value; `nil` if nothing is quantised.
  private var steps: [Float]?
  /// Whether an 8-bit value has no sign, by value.
  private var isUnsigned: [Bool]
  /// Whether some step takes the value as 8-bit numbers, by value.
  private let isTakenQuantised: [Bool]

  init(_ precision: NetworkPrecision, _ network: ResolvedNetwork) throws {
    try precision.checkProcessor()
    plain = precision == .bfloat16 || precision == .bfloat16Winograd ? dnnl_bf16 : dnnl_f32
    usesWinograd = precision == .winograd
    usesOwnWinograd = precision == .bfloat16Winograd
    isUnsigned = network.isNonNegative
    var isTaken = isUnsigned.map { _ in false }
    guard case .int8(let ranges) = precision else {
      isTakenQuantised = isTaken
      return
    }
    for step in network.steps where step.isQuantised {
      for input in step.inputs { isTaken[input] = true }
    }
    isTakenQuantised = isTaken
    steps =
      try [1]
      + network.steps.map { step in
        guard let limit = ranges.limits[step.name], limit > 0, limit.isFinite else {
          throw PatchCoreError(
            .invalidArtifact, stage: "network", "node '\(step.name)' has no range for int8 numbers; fit again")
        }
        return limit / (network.isNonNegative[step.output] ? 255 : 127)
      }
  }

  /// The type in which a convolution takes its input: 8 bits in an int8 network, unless the input is the image.
  ///
  /// The first convolution has few products and the numbers that all others are made of.
  func source(of step: ResolvedNetwork.Step) -> dnnl_data_type_t {
    steps != nil && step.isQuantised ? quantised(step.inputs[0]) : plain
  }

  /// The type in which a convolution writes its result: 8 bits only where another step takes it so.
  func result(of step: ResolvedNetwork.Step) -> dnnl_data_type_t {
    steps != nil && step.isQuantised && isTakenQuantised[step.output] ? quantised(step.output) : plain
  }

  /// The type in which the first layer writes its maxima: 16 or 8 bits; `nil` if they are wanted in more.
  func firstLayerResult(of step: ResolvedNetwork.Step) -> dnnl_data_type_t? {
    if steps == nil { return plain == dnnl_bf16 ? plain : nil }
    return isTakenQuantised[step.output] && isUnsigned[step.output] ? dnnl_u8 : nil
  }

  /// The 8-bit type of a value.
  func quantised(_ value: Int) -> dnnl_data_type_t { isUnsigned[value] ? dnnl_u8 : dnnl_s8 }

  /// What one step of a value in a layout stands for: 1 if it is not quantised.
  func unit(of value: Int, in layout: dnnl_memory_desc_t) -> Float {
    layout.isQuantised ? steps?[value] ?? 1 : 1
  }

  /// The factor between a value in one layout and in another.
  func factor(of value: Int, from source: dnnl_memory_desc_t, to target: dnnl_memory_desc_t) -> Float {
    unit(of: value, in: source) / unit(of: value, in: target)
  }

  /// Puts a value that is made of another's steps on the other's scale.
  mutating func shareScale(of value: Int, with other: Int) {
    if let step = steps?[value] { steps?[other] = step }
    isUnsigned[other] = isUnsigned[value]
  }
}

extension ResolvedNetwork.Step {
  /// Whether an int8 network computes the step in 8-bit numbers: every convolution but those of the image.
  fileprivate var isQuantised: Bool {
    if case .convolution = operation { return inputs[0] != 0 }
    return false
  }
}

extension NetworkPrecision {
  /// Refuses a processor on which oneDNN would compute something else or nothing.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` that says what to write.
  fileprivate func checkProcessor() throws {
    #if arch(x86_64)
    let features = dnnl_get_effective_cpu_isa().rawValue
    func has(_ isa: dnnl_cpu_isa_t) -> Bool { features & isa.rawValue == isa.rawValue }
    switch self {
    case .float32, .winograd: break
    case .bfloat16, .bfloat16Winograd:
      // Without bfloat16 instructions oneDNN emulates them with AVX-512: slower than float32, but right.
      if has(dnnl_cpu_isa_avx512_core) { break }
      throw PatchCoreError(
        .invalidConfiguration, stage: "compute",
        "precision bfloat16 needs a processor with AVX-512; write compute: {precision: float32} and fit again")
    case .int8:
      // Older instructions add pairs of products in 16 bits, which overflow: other numbers, not slower ones.
      if has(dnnl_cpu_isa_avx512_core_vnni) || has(dnnl_cpu_isa_avx2_vnni) { break }
      throw PatchCoreError(
        .invalidConfiguration, stage: "compute",
        "precision int8 needs a processor with VNNI instructions; write compute: {precision: float32} and fit again")
    }
    #endif
  }
}
#endif
