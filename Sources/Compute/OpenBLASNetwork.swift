import CKernels
import COpenBLAS
import ConvNet
import PatchCore

/// A network on OpenBLAS: maps in CHW order, ordinary convolutions as matrix products over unfolded inputs.
///
/// Several images are computed on one thread each; a single image shares out the pieces of each step, which are fixed
/// by the sizes alone.
struct OpenBLASNetwork: CompiledNetwork {
  /// Unfolded inputs of one piece are kept to this size, so that they stay in the processor's second cache.
  private static let unfoldedByteCount = 1 << 20
  /// Fewer pixels than this make a slow product, however many bytes they take.
  private static let fewestPixels = 128
  /// Steps without a product take this many elements per piece at least.
  private static let elementsPerPiece = 1 << 15

  private let network: ResolvedNetwork
  /// Where each value lies in the arena, in elements; the input is read where it stands.
  private let offsets: [Int]
  private let arenas: NetworkBufferPool
  private let unfolded: NetworkBufferPool

  init(_ network: ResolvedNetwork) {
    self.network = network
    var arena = NetworkArena()
    var offsets = [0]
    var largest = 0
    for (index, step) in network.steps.enumerated() {
      let byteCount = network.shapes[step.output].count * MemoryLayout<Float>.stride
      let offset = arena.place(byteCount: byteCount, during: index...network.lastUse[step.output])
      offsets.append(offset / MemoryLayout<Float>.stride)
      if case .convolution(let form) = step.operation, form.method(network.shapes[step.inputs[0]]) == .unfold {
        let rows = form.unfoldedRows(network.shapes[step.inputs[0]])
        largest = max(largest, rows * Self.pixelsPerPiece(rows, of: network.shapes[step.output]))
      }
    }
    self.offsets = offsets
    arenas = NetworkBufferPool(byteCount: arena.byteCount)
    unfolded = NetworkBufferPool(byteCount: largest * MemoryLayout<Float>.stride)
  }

  var outputs: [FeatureShape] { network.outputs }

  func run(_ images: FeatureMap) throws -> [FeatureMap] {
    var results = try emptyOutputs(for: images, input: network.shapes[0])
    let targets = results.indices.map { index in
      results[index].withUnsafeMutableBufferPointer { NetworkAddress($0.baseAddress) }
    }
    defer { withExtendedLifetime(results) {} }
    try images.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      let source = NetworkAddress(UnsafeMutablePointer(mutating: base))
      let imageLoop: Loop = images.batch == 1 ? .onThisThread : .onAllThreads
      let pieceLoop: Loop = images.batch == 1 ? .onAllThreads : .onThisThread
      try imageLoop(images.batch) { image in
        try run(image, from: source, into: targets, loop: pieceLoop)
      }
    }
    return results
  }

  private func run(
    _ image: Int, from source: NetworkAddress, into targets: [NetworkAddress], loop: Loop
  ) throws {
    guard let source = source.base else { return }
    try arenas.withBuffer { arena in
      let values = Values(
        input: source + image * network.shapes[0].count, arena: arena.assumingMemoryBound(to: Float.self),
        offsets: offsets)
      for step in network.steps {
        try run(step, values, loop: loop)
        let count = network.shapes[step.output].count
        for tap in network.tapPositions(of: step.output) {
          guard let target = targets[tap].base else { continue }
          (target + image * count).update(from: values[step.output], count: count)
        }
      }
    }
  }

  /// Where pieces of work are computed.
  private enum Loop {
    case onThisThread
    case onAllThreads

    func callAsFunction(_ count: Int, _ body: @Sendable (Int) throws -> Void) throws {
      switch self {
      case .onThisThread: for piece in 0..<count { try body(piece) }
      case .onAllThreads: try parallelLoop(count, body)
      }
    }
  }

  /// The addresses of one image's values.
  ///
  /// `@unchecked Sendable`: pieces of a step write disjoint parts, and a step ends before the next begins.
  private struct Values: @unchecked Sendable {
    let input: UnsafeMutablePointer<Float>
    let arena: UnsafeMutablePointer<Float>
    let offsets: [Int]

    subscript(value: Int) -> UnsafeMutablePointer<Float> { value == 0 ? input : arena + offsets[value] }
  }

  private func run(_ step: ResolvedNetwork.Step, _ values: Values, loop: Loop) throws {
    let from = network.shapes[step.inputs[0]]
    let to = network.shapes[step.output]
    let plane = to.height * to.width
    switch step.operation {
    case .convolution(let form):
      try convolve(form, step, values, loop: loop)
    case .maxPool(let window):
      let window = pc_window(window, from, to)
      try eachChannel(to, loop) { channel in
        let input = values[step.inputs[0]] + channel * from.height * from.width
        pc_max_pool_channel(input, window, values[step.output] + channel * plane)
      }
    case .averagePool(let window):
      let window = pc_window(window, from, to)
      try eachChannel(to, loop) { channel in
        let input = values[step.inputs[0]] + channel * from.height * from.width
        pc_average_pool_channel(input, window, values[step.output] + channel * plane)
      }
    case .add(let activation):
      try eachChannel(to, loop) { channel in
        pc_scale_channel(
          values[step.inputs[0]] + channel * plane, 1, 0, values[step.inputs[1]] + channel * plane, activation.flag,
          Int64(plane), values[step.output] + channel * plane)
      }
    case .concatenate:
      var target = values[step.output]
      for input in step.inputs {
        target.update(from: values[input], count: network.shapes[input].count)
        target += network.shapes[input].count
      }
    case .activation(let activation):
      try eachChannel(to, loop) { channel in
        pc_scale_channel(
          values[step.inputs[0]] + channel * plane, 1, 0, nil, activation.flag, Int64(plane),
          values[step.output] + channel * plane)
      }
    case .scale(let activation):
      try step.withParameters { factors, offsets in
        try eachChannel(to, loop) { channel in
          pc_scale_channel(
            values[step.inputs[0]] + channel * plane, factors.base[channel], offsets.base[channel], nil,
            activation.flag, Int64(plane), values[step.output] + channel * plane)
        }
      }
    }
  }

  /// Calls `body` for each channel, several channels to a piece.
  private func eachChannel(
    _ shape: FeatureShape, _ loop: Loop, _ body: @Sendable (Int) -> Void
  ) throws {
    let channels = max(1, Self.elementsPerPiece / (shape.height * shape.width))
    try loop((shape.channels + channels - 1) / channels) { piece in
      for channel in piece * channels..<min(shape.channels, (piece + 1) * channels) { body(channel) }
    }
  }
}

// MARK: - Convolution

extension OpenBLASNetwork {
  private static func pixelsPerPiece(_ rows: Int, of shape: FeatureShape) -> Int {
    let fitting = unfoldedByteCount / (rows * MemoryLayout<Float>.stride)
    return min(shape.height * shape.width, max(fewestPixels, fitting / 16 * 16))
  }

  private func convolve(
    _ form: NetworkTable.Convolution, _ step: ResolvedNetwork.Step, _ values: Values, loop: Loop
  ) throws {
    let from = network.shapes[step.inputs[0]]
    let to = network.shapes[step.output]
    let window = pc_window(form.window, from, to)
    let pixels = to.height * to.width
    let addend = form.addsSecondInput ? step.inputs[1] : nil
    let (groupInputs, groupOutputs) = (from.channels / form.groups, to.channels / form.groups)
    let method = form.method(from)
    let rows = form.unfoldedRows(from)
    try step.withParameters { weight, bias in
      if method == .direct {
        try loop(to.channels) { channel in
          let input = values[step.inputs[0]] + channel / groupOutputs * groupInputs * from.height * from.width
          pc_convolve_channel(
            input, window, Int64(groupInputs), weight.base + channel * rows, bias.base[channel],
            addend.map { values[$0] + channel * pixels }, form.activation.flag, values[step.output] + channel * pixels)
        }
        return
      }
      let length = Self.pixelsPerPiece(rows, of: to)
      let pieces = (pixels + length - 1) / length
      try loop(form.groups * pieces) { piece in
        let group = piece / pieces
        let first = piece % pieces * length
        let count = min(length, pixels - first)
        let input = values[step.inputs[0]] + group * groupInputs * from.height * from.width
        let start = group * groupOutputs
        let output = values[step.output] + start * pixels + first
        let product = { (columns: UnsafePointer<Float>, stride: Int) in
          cblas_sgemm(
            CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(groupOutputs), Int32(count), Int32(rows), 1,
            weight.base + start * rows, Int32(rows), columns, Int32(stride), 0, output, Int32(pixels))
        }
        if method == .inPlace {
          product(input + first, pixels)
        } else {
          unfolded.withBuffer {
            let columns = $0.assumingMemoryBound(to: Float.self)
            pc_unfold(input, window, Int64(groupInputs), Int64(first), Int64(count), columns)
            product(columns, count)
          }
        }
        for channel in 0..<groupOutputs {
          let line = output + channel * pixels
          pc_scale_channel(
            line, 1, bias.base[start + channel], addend.map { values[$0] + (start + channel) * pixels + first },
            form.activation.flag, Int64(count), line)
        }
      }
    }
  }
}

extension NetworkTable.Convolution {
  fileprivate enum Method {
    /// A kernel of our own, one output channel at a time: products this thin are slow.
    case direct
    /// A product with the input as it stands.
    case inPlace
    /// A product with the unfolded input.
    case unfold
  }

  fileprivate func method(_ input: FeatureShape) -> Method {
    if groups > 1, input.channels / groups < 16 || outputs / groups < 16 { return .direct }
    return window.kernel == 1 && window.stride == 1 && window.padding == 0 ? .inPlace : .unfold
  }

  /// Numbers that one output is a sum over.
  fileprivate func unfoldedRows(_ input: FeatureShape) -> Int {
    input.channels / groups * window.kernel * window.kernel
  }
}

extension NetworkTable.Activation {
  fileprivate var flag: Int32 { self == .relu ? 1 : 0 }
}

extension pc_window {
  fileprivate init(_ window: NetworkTable.Window, _ from: FeatureShape, _ to: FeatureShape) {
    self.init(
      height: Int64(from.height), width: Int64(from.width), kernel: Int64(window.kernel),
      stride: Int64(window.stride), padding: Int64(window.padding), out_height: Int64(to.height),
      out_width: Int64(to.width))
  }
}

/// A read-only array of parameters that threads may share.
///
/// `@unchecked Sendable`: nobody writes through it.
private struct SharedFloats: @unchecked Sendable {
  let base: UnsafePointer<Float>
}

extension ResolvedNetwork.Step {
  /// Calls `body` with the step's weight and bias.
  fileprivate func withParameters(_ body: (SharedFloats, SharedFloats) throws -> Void) throws {
    guard let parameters else { preconditionFailure("a step without parameters") }
    try parameters.weight.withFloats { weight in
      try parameters.bias.withFloats { bias in
        guard let weight = weight.baseAddress, let bias = bias.baseAddress else { return }
        try body(SharedFloats(base: weight), SharedFloats(base: bias))
      }
    }
  }
}
