import Logging

/// What a configuration is given when it builds its stage.
public struct StageContext: Sendable {
  /// The stage's own seed, derived from the description's seed and the stage's role.
  public var seed: UInt64
  /// The engine and precision to compute with.
  public var compute: ComputeSettings
  /// Where a stage reports what a person should know.
  public var logger: Logger

  /// Creates a context.
  public init(
    seed: UInt64 = 0, compute: ComputeSettings = ComputeSettings(), logger: Logger = Logger(label: "patchcore")
  ) {
    self.seed = seed
    self.compute = compute
    self.logger = logger
  }
}

/// Which library computes the network and the distances, and in which precision.
public struct ComputeSettings: Sendable, Hashable, Codable {
  /// The library that computes.
  public enum Engine: String, Sendable, Hashable, Codable, CaseIterable {
    /// oneDNN; needs the package trait `OneDNN`.
    case onednn
    /// OpenBLAS; in every build.
    case openblas
  }

  /// The numbers a network computes with.
  public enum Precision: String, Sendable, Hashable, Codable, CaseIterable {
    /// 32-bit floating point.
    case float32
  }

  /// The library that computes; default `onednn`.
  public var engine: Engine = .onednn
  /// The numbers a network computes with; default `float32`.
  public var precision: Precision = .float32

  /// The default settings: oneDNN in float32.
  public init() {}

  /// Creates settings.
  public init(engine: Engine, precision: Precision = .float32) {
    self.engine = engine
    self.precision = precision
  }
}
