/// Which library computes the network and the distances, and how the network computes.
public struct ComputeSettings: Sendable, Hashable, Codable {
  /// The library that computes.
  public enum Engine: String, Sendable, Hashable, Codable, CaseIterable {
    /// oneDNN; needs the package trait `OneDNN`.
    case onednn
    /// OpenBLAS; in every build.
    case openblas
  }

  /// The numbers a network computes with; whatever they are, its feature maps come out as 32-bit floating point.
  public enum Precision: String, Sendable, Hashable, Codable, CaseIterable {
    /// 32-bit floating point.
    case float32
    /// Weights and maps with 8 significant bits, sums in 32-bit floating point; oneDNN alone.
    case bfloat16
    /// Weights and maps as 8-bit whole numbers on scales that the training images set, sums exact; oneDNN alone.
    case int8
  }

  /// How 3x3 convolutions of stride 1 are computed.
  public enum Convolution: String, Sendable, Hashable, Codable, CaseIterable {
    /// By their definition.
    case direct
    /// By Winograd's algorithm where the engine has it: fewer products, larger rounding errors.
    case winograd
    /// As `direct` in a fit; a detector read from its file takes the faster of the two, measured at the first image.
    case fastest
  }

  /// The library that computes; default `onednn`.
  public var engine: Engine = .onednn
  /// The numbers a network computes with; default `float32`.
  public var precision: Precision = .float32
  /// How 3x3 convolutions of stride 1 are computed; default `direct`.
  public var convolution: Convolution = .direct

  private enum CodingKeys: String, CodingKey { case engine, precision, convolution }

  /// The default settings: oneDNN in float32, direct convolutions.
  public init() {}

  /// Creates settings.
  public init(engine: Engine, precision: Precision = .float32, convolution: Convolution = .direct) {
    self.engine = engine
    self.precision = precision
    self.convolution = convolution
  }

  /// Reads every key; artifacts from before `convolution` existed are of its default.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    engine = try container.decode(Engine.self, forKey: .engine)
    precision = try container.decode(Precision.self, forKey: .precision)
    if let convolution = try container.decodeIfPresent(Convolution.self, forKey: .convolution) {
      self.convolution = convolution
    }
  }

  /// Refuses settings that no engine can follow.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` that names both settings and what to write.
  public func check() throws {
    if engine == .openblas, precision != .float32 {
      throw PatchCoreError(
        .invalidConfiguration, stage: "compute",
        "precision \(precision.rawValue) needs the engine onednn, the engine is openblas; write compute: "
          + "{engine: onednn}, or precision: float32 and fit again")
    }
    if engine == .openblas, convolution != .direct {
      throw PatchCoreError(
        .invalidConfiguration, stage: "compute",
        "convolution \(convolution.rawValue) needs the engine onednn, the engine is openblas; write compute: "
          + "{engine: onednn}, or convolution: direct")
    }
    if precision == .int8, convolution != .direct {
      throw PatchCoreError(
        .invalidConfiguration, stage: "compute",
        "convolution \(convolution.rawValue) needs precision float32 or bfloat16, the precision is int8; write "
          + "convolution: direct")
    }
  }
}
