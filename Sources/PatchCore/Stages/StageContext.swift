import Logging

/// What a configuration is given when it builds its stage.
public struct StageContext: Sendable {
  /// The stage's own seed, derived from the description's seed and the stage's role.
  public var seed: UInt64
  /// The engine and precision to compute with.
  public var compute: ComputeSettings
  /// Whether the stage may choose by measuring among ways to compute that differ in their last digits.
  ///
  /// Only where a detector is read from its file: a measured choice never decides what a fit computes.
  public var mayMeasure: Bool
  /// Where a stage reports what a person should know.
  public var logger: Logger

  /// Creates a context.
  public init(
    seed: UInt64 = 0, compute: ComputeSettings = ComputeSettings(), mayMeasure: Bool = false,
    logger: Logger = Logger(label: "patchcore")
  ) {
    self.seed = seed
    self.compute = compute
    self.mayMeasure = mayMeasure
    self.logger = logger
  }
}
