/// How a threshold is taken from the scores of nominal images that the detector did not see.
///
/// A score is anomalous if it is above the threshold, so the rules say how many of the scores seen would be.
public enum ThresholdRule: ConfigurationChoice, Hashable {
  /// `maximum`: the greatest score; none of those seen is above it.
  case maximum
  /// `quantile`: the score below which a share of the scores lies.
  case quantile(Quantile)
  /// `mean_sigma`: the mean and a number of standard deviations.
  case meanSigma(MeanSigma)
  /// `false_positive_rate`: the least of the scores above which at most a share of them lies.
  case falsePositiveRate(FalsePositiveRate)

  /// Settings of `quantile`.
  public struct Quantile: Sendable, Hashable, Codable {
    /// The share, above 0 and below 1; interpolated linearly between scores, as `numpy.quantile` does.
    ///
    /// Default 0.99.
    public var q = 0.99

    /// The defaults.
    public init() {}

    /// A share.
    public init(q: Double) { self.q = q }
  }

  /// Settings of `mean_sigma`.
  public struct MeanSigma: Sendable, Hashable, Codable {
    /// Standard deviations (the sum of squares divided by n - 1) above the mean, at least 0.
    ///
    /// Default 3.
    public var sigmas = 3.0

    /// The defaults.
    public init() {}

    /// A number of standard deviations.
    public init(sigmas: Double) { self.sigmas = sigmas }
  }

  /// Settings of `false_positive_rate`.
  public struct FalsePositiveRate: Sendable, Hashable, Codable {
    /// The share of the scores that may be above the threshold; above 0 and below 1.
    ///
    /// Default 0.01.
    public var rate = 0.01

    /// The defaults.
    public init() {}

    /// A share.
    public init(rate: Double) { self.rate = rate }
  }

  /// One rule of each kind.
  public static let choices: [ThresholdRule] = [
    .maximum, .quantile(Quantile()), .meanSigma(MeanSigma()), .falsePositiveRate(FalsePositiveRate()),
  ]

  /// The kind's name.
  public var kind: String {
    switch self {
    case .maximum: "maximum"
    case .quantile: "quantile"
    case .meanSigma: "mean_sigma"
    case .falsePositiveRate: "false_positive_rate"
    }
  }

  /// Decodes the settings of a kind.
  ///
  /// - Parameters:
  ///   - kind: one of the kinds.
  ///   - decoder: holds its settings.
  /// - Throws: `DecodingError`, or `PatchCoreError` if a setting is out of range.
  public init(kind: String, from decoder: any Decoder) throws {
    self =
      switch kind {
      case "quantile": .quantile(try Quantile(from: decoder))
      case "mean_sigma": .meanSigma(try MeanSigma(from: decoder))
      case "false_positive_rate": .falsePositiveRate(try FalsePositiveRate(from: decoder))
      default: .maximum
      }
    try validate()
  }

  /// Encodes this kind's settings.
  public func encodeSettings(to encoder: any Encoder) throws {
    switch self {
    case .maximum: break
    case .quantile(let settings): try settings.encode(to: encoder)
    case .meanSigma(let settings): try settings.encode(to: encoder)
    case .falsePositiveRate(let settings): try settings.encode(to: encoder)
    }
  }

  /// Refuses settings out of range.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration`.
  public func validate() throws {
    let problem: String? =
      switch self {
      case .quantile(let settings) where !(settings.q > 0 && settings.q < 1):
        "q is \(settings.q); a quantile is above 0 and below 1, such as 0.99 (for 1 take {kind: maximum})"
      case .meanSigma(let settings) where !(settings.sigmas >= 0 && settings.sigmas.isFinite):
        "sigmas is \(settings.sigmas); give 0 or more standard deviations, such as 3"
      case .falsePositiveRate(let settings) where !(settings.rate > 0 && settings.rate < 1):
        "rate is \(settings.rate); a rate is above 0 and below 1, such as 0.01 (for 0 take {kind: maximum})"
      default: nil
      }
    if let problem { throw PatchCoreError(.invalidConfiguration, "\(kind): \(problem)") }
  }
}

extension ThresholdRule: CustomStringConvertible {
  /// The rule in words, such as `quantile 0.99`.
  public var description: String {
    switch self {
    case .maximum: kind
    case .quantile(let settings): "\(kind) \(settings.q)"
    case .meanSigma(let settings): "mean + \(settings.sigmas) sigma"
    case .falsePositiveRate(let settings): "\(kind) \(settings.rate)"
    }
  }

  /// Reads a rule as a description writes it.
  ///
  /// - Parameters:
  ///   - yaml: `{kind: quantile, q: 0.999}`, or the kind's name alone for its defaults.
  ///   - name: what the text is, for messages.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` that names the key at fault.
  public init(yaml: String, name: String) throws {
    let isName = !yaml.isEmpty && yaml.utf8.allSatisfy { $0 == UInt8(ascii: "_") || (97...122).contains($0) }
    do {
      let node = try ConfigurationNode(yaml: isName ? "kind: \(yaml)" : yaml, name: name) { _ in .option(name) }
      guard node["kind"] != nil else {
        throw ConfigurationProblem(
          path: ["kind"], origin: node.origin,
          "this key is missing; known kinds: \(Self.choices.map(\.kind).joined(separator: ", "))")
      }
      let defaults = try ConfigurationEncoder.encode(ThresholdRule.maximum)
      self = try ConfigurationDecoder.decode(ThresholdRule.self, from: try node.merged(over: defaults))
    } catch let problem as ConfigurationProblem {
      throw problem.error
    }
  }
}

extension ThresholdRule {
  /// Refuses to make a threshold of too few scores.
  ///
  /// - Parameters:
  ///   - count: number of scores.
  ///   - what: what they are scores of, such as `images`.
  /// - Throws: `PatchCoreError` with code `.invalidDataset`.
  func checkCount(_ count: Int, of what: String) throws {
    let least = if case .meanSigma = self { 2 } else { 1 }
    guard count >= least else {
      throw PatchCoreError(
        .invalidDataset,
        "thresholds: the rule \(self) needs the scores of at least \(least) unseen \(what), there are \(count); give "
          + "more images or another rule")
    }
  }

  /// Why so few scores cannot tell what the rule asks; `nil` if they can.
  func shortfall(_ count: Int, of what: String) -> String? {
    let share: Double
    switch self {
    case .maximum, .meanSigma: return nil
    case .quantile(let settings): share = 1 - settings.q
    case .falsePositiveRate(let settings): share = settings.rate
    }
    // A little slack, since 1 - 0.9 is not 0.1.
    guard share * Double(count) < 1 - 1e-9 else { return nil }
    let needed = (1 / share - 1e-6).rounded(.up)
    return "thresholds: \(self) of \(count) \(what) is decided by the highest score alone; it takes at least "
      + "\(needed < 1e15 ? "\(Int(needed))" : "\(needed)") \(what) to mean what it says"
  }
}
