import Compute
import ConvNet
import Logging
import PatchCore

/// Makes an extractor's network ready for one input shape, as the settings say.
struct NetworkCompiler: Sendable {
  /// Runs of each candidate that are timed; the fastest counts, because other work only ever slows a run.
  private static let rounds = 5

  let table: NetworkTable
  let taps: [String]
  let parameters: NetworkWeights
  let engine: any ComputeEngine
  let compute: ComputeSettings
  /// Whether `convolution: fastest` may measure here.
  let mayMeasure: Bool
  let logger: Logger
  /// The scales of an int8 network; `nil` before calibration and for other precisions.
  var ranges: ActivationRanges?

  /// The network for a shape.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` if an int8 network was never calibrated, and as
  ///   `ComputeEngine.compile`.
  func compile(for input: FeatureShape) throws -> any CompiledNetwork {
    switch compute.precision {
    case .float32: return try compile(input, direct: .float32, winograd: .winograd)
    case .bfloat16: return try compile(input, direct: .bfloat16, winograd: .bfloat16Winograd)
    case .int8:
      guard let ranges else {
        throw PatchCoreError(
          .invalidConfiguration, stage: "extractor",
          "precision int8 needs scales from training images, and the extractor has seen none; fit it in a pipeline, or "
            + "write compute: {precision: float32}")
      }
      return try compile(input, .int8(ranges))
    }
  }

  private func compile(
    _ input: FeatureShape, direct: NetworkPrecision, winograd: NetworkPrecision
  ) throws -> any CompiledNetwork {
    switch compute.convolution {
    case .winograd: try compile(input, winograd)
    case .fastest where mayMeasure: try fastest(for: input, direct: direct, winograd: winograd)
    case .direct, .fastest: try compile(input, direct)
    }
  }

  private func compile(_ input: FeatureShape, _ precision: NetworkPrecision) throws -> any CompiledNetwork {
    try engine.compile(table, weights: parameters, input: input, precision: precision, taps: taps)
  }

  /// The faster of the direct network and Winograd's, in turn on an image of zeros.
  private func fastest(
    for input: FeatureShape, direct: NetworkPrecision, winograd: NetworkPrecision
  ) throws -> any CompiledNetwork {
    let candidates = try [("direct", direct), ("winograd", winograd)].map { name, precision in
      (name: name, network: try compile(input, precision))
    }
    let image = FeatureMap(batch: 1, shape: input)
    var maps = candidates.map { _ in [FeatureMap]() }
    var times = candidates.map { _ in Duration.seconds(Int64.max) }
    let clock = ContinuousClock()
    for round in 0...Self.rounds {
      for (index, candidate) in candidates.enumerated() {
        let time = try clock.measure { try candidate.network.run(image, into: &maps[index]) }
        // The first run warms up caches and threads.
        if round > 0 { times[index] = min(times[index], time) }
      }
    }
    let best = times[1] < times[0] ? 1 : 0
    let measured = zip(candidates, times).map { candidate, time in
      "\(candidate.name) \(time.formatted(.units(allowed: [.milliseconds], fractionalPart: .show(length: 1))))"
    }
    logger.notice(
      """
      convolution: fastest takes \(candidates[best].name) for images of \(input.width) x \(input.height) on \
      up to \(ThreadCount.current) threads (\(measured.joined(separator: ", ")) an image)
      """)
    return candidates[best].network
  }
}
