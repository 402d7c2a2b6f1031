import CKernels
import ConvNet
import PatchCore

/// The network of the OpenBLAS engine: maps in CHW order, ordinary convolutions as matrix products over unfolded inputs.
///
/// The products are a kernel of our own: OpenBLAS is made for large matrices and leaves bias, sum and relu to a second
/// pass, which on the thin matrices of convolutions takes up to twice the time.
///
/// Several images are computed on one thread each; a single image shares out the pieces of each step, which are fixed
/// by the sizes alone.
struct OpenBLASNetwork: CompiledNetwork {
  /// Unfolded inputs of one piece are kept to this size, so that they stay in the processor's second cache.
  private static let unfoldedByteCount = 1 << 19
  /// Fewer pixels than this are slow to unfold, however many bytes they take.
  private static let fewestPixels = 112
  /// Products are fastest in multiples of this many pixels.
  private static let pixelStep = 16
  /// A piece of a product is about this many multiplications: some 20 microseconds, several times what it takes to
  /// wake a thread.
  private static let productsPerPiece = 1 << 21
  /// Steps without a product take this many elements per piece at least.
  private static let elementsPerPiece = 1 << 15

  private let network: ResolvedNetwork
  /// Where each value lies in the arena, in elements; the input is read where it stands.
  private let offsets: [Int]
  private let arenas: NetworkBufferPool
  private let scratch: NetworkBufferPool

  init(_ network: ResolvedNetwork) {
    self.network = network
    var arena = NetworkArena()
    var offsets = [0]
    var largest = 0
    for (index, step) in network.steps.enumerated() {
      let byteCount = network.shapes[step.output].count * MemoryLayout<Float>.stride
      let offset = arena.place(byteCount: byteCount, during: index...network.lastUse[step.output])
      offsets.append(offset / MemoryLayout<Float>.stride)
      if case .convolution(let form) = step.operation {
        let shapes = (network.shapes[step.inputs[0]], network.shapes[step.output])
        largest = max(largest, Self.scratchCount(form, shapes.0, shapes.1))
      }
    }
    self.offsets = offsets
    arenas = NetworkBufferPool(byteCount: arena.byteCount)
    scratch = NetworkBufferPool(byteCount: largest * MemoryLayout<Float>.stride)
  }

  var outputs: [FeatureShape] { network.outputs }

  func run(_ images: FeatureMap, into maps: inout [FeatureMap]) throws {
    try makeRoom(in: &maps, for: images, input: network.shapes[0])
    let targets = maps.indices.map { index in
      maps[index].withUnsafeMutableBufferPointer { NetworkAddress($0.baseAddress) }
    }
    defer { withExtendedLifetime(maps) {} }
    try images.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      let source = NetworkAddress(UnsafeMutablePointer(mutating: base))
      let imageLoop: Loop = images.batch == 1 ? .onThisThread : .onAllThreads
      let pieceLoop: Loop = images.batch == 1 ? .onAllThreads : .onThisThread
      try imageLoop(images.batch) { image in
        try run(image, from: source, into: targets, loop: pieceLoop)
      }
    }
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
  private func convolve(
    _ form: NetworkTable.Convolution, _ step: ResolvedNetwork.Step, _ values: Values, loop: Loop
  ) throws {
    switch form.method(network.shapes[step.inputs[0]]) {
    case .direct: try convolveChannels(form, step, values, loop)
    case .inPlace: try convolvePixels(form, step, values, loop, unfolding: false)
    case .unfold: try convolvePixels(form, step, values, loop, unfolding: true)
    }
  }

  /// One output channel after the other, several to a piece.
  private func convolveChannels(
    _ form: NetworkTable.Convolution, _ step: ResolvedNetwork.Step, _ values: Values, _ loop: Loop
  ) throws {
    let from = network.shapes[step.inputs[0]]
    let to = network.shapes[step.output]
    let window = pc_window(form.window, from, to)
    let pixels = to.height * to.width
    let addend = form.addsSecondInput ? step.inputs[1] : nil
    let (groupInputs, groupOutputs) = (from.channels / form.groups, to.channels / form.groups)
    let rows = form.unfoldedRows(from)
    let channels = max(1, Self.productsPerPiece / 8 / (rows * pixels))
    try step.withParameters { weight, bias in
      try loop((to.channels + channels - 1) / channels) { piece in
        scratch.withBuffer { scratch in
          for channel in piece * channels..<min(to.channels, (piece + 1) * channels) {
            let input = values[step.inputs[0]] + channel / groupOutputs * groupInputs * from.height * from.width
            pc_convolve_channel(
              input, window, Int64(groupInputs), weight.base + channel * rows, bias.base[channel],
              addend.map { values[$0] + channel * pixels }, form.activation.flag,
              values[step.output] + channel * pixels, scratch.assumingMemoryBound(to: Float.self))
          }
        }
      }
    }
  }

  /// All output channels of a group for some pixels, as a product of matrices.
  private func convolvePixels(
    _ form: NetworkTable.Convolution, _ step: ResolvedNetwork.Step, _ values: Values, _ loop: Loop, unfolding: Bool
  ) throws {
    let from = network.shapes[step.inputs[0]]
    let to = network.shapes[step.output]
    let window = pc_window(form.window, from, to)
    let pixels = to.height * to.width
    let addend = form.addsSecondInput ? step.inputs[1] : nil
    let (groupInputs, groupOutputs) = (from.channels / form.groups, to.channels / form.groups)
    let rows = form.unfoldedRows(from)
    let length = Self.pixelsPerPiece(form, from, to)
    let pieces = (pixels + length - 1) / length
    try step.withParameters { weight, bias in
      try loop(form.groups * pieces) { piece in
        let first = piece % pieces * length
        let count = min(length, pixels - first)
        let input = values[step.inputs[0]] + piece / pieces * groupInputs * from.height * from.width
        let start = piece / pieces * groupOutputs
        let multiply = { (columns: UnsafePointer<Float>, pitch: Int) in
          pc_multiply(
            weight.base + start * rows, Int64(groupOutputs), Int64(rows), columns, Int64(pitch), Int64(count),
            bias.base + start, addend.map { values[$0] + start * pixels + first }, form.activation.flag,
            values[step.output] + start * pixels + first, Int64(pixels))
        }
        if unfolding {
          scratch.withBuffer {
            let columns = $0.assumingMemoryBound(to: Float.self)
            pc_unfold(input, window, Int64(groupInputs), Int64(first), Int64(count), columns)
            multiply(columns, count)
          }
        } else {
          multiply(input + first, pixels)
        }
      }
    }
  }

  /// Numbers of scratch that a piece of a convolution needs.
  private static func scratchCount(
    _ form: NetworkTable.Convolution, _ from: FeatureShape, _ to: FeatureShape
  ) -> Int {
    switch form.method(from) {
    case .direct: from.channels / form.groups * Int(pc_convolve_scratch(pc_window(form.window, from, to)))
    case .inPlace: 0
    case .unfold: form.unfoldedRows(from) * pixelsPerPiece(form, from, to)
    }
  }

  private static func pixelsPerPiece(
    _ form: NetworkTable.Convolution, _ from: FeatureShape, _ to: FeatureShape
  ) -> Int {
    let rows = form.unfoldedRows(from)
    let fitting: Int
    if form.method(from) == .unfold {
      fitting = max(fewestPixels, unfoldedByteCount / (rows * MemoryLayout<Float>.stride))
    } else {
      fitting = max(pixelStep, productsPerPiece / (rows * to.channels / form.groups))
    }
    // Pieces of about one size, so that no thread waits for another.
    let pixels = to.height * to.width
    let pieces = (pixels + fitting - 1) / fitting
    return min(pixels, ((pixels + pieces - 1) / pieces + pixelStep - 1) / pixelStep * pixelStep)
  }
}

extension NetworkTable.Convolution {
  fileprivate enum Method {
    /// Vectors of pixels of one output channel at a time: products this thin are slow.
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
