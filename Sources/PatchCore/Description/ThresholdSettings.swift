/// How thresholds are made when a detector is fitted: the key `thresholds` of a description.
///
/// They come from nominal images that the bank which scores them did not see, never from test images.
public struct ThresholdSettings: Sendable, Hashable, Codable {
  /// Which nominal images are scored.
  public enum Source: String, Sendable, Hashable, Codable, CaseIterable {
    /// None: predictions have scores and no decision.
    case none
    /// A share of the training images, which then is not fitted with.
    case heldOut = "held_out"
    /// Every training image once, by refitting without its fold; the detector itself is fitted with all.
    case crossValidation = "cross_validation"
  }

  /// The rule of pixels: the one of images, or another.
  public enum PixelRule: ConfigurationChoice, Hashable {
    /// `same`: the rule of images.
    case same
    /// A rule of its own.
    case own(ThresholdRule)

    /// One value of each kind.
    public static let choices: [PixelRule] = [.same] + ThresholdRule.choices.map(PixelRule.own)

    /// The kind's name.
    public var kind: String {
      switch self {
      case .same: "same"
      case .own(let rule): rule.kind
      }
    }

    /// Decodes the settings of a kind.
    ///
    /// - Parameters:
    ///   - kind: one of the kinds.
    ///   - decoder: holds its settings.
    /// - Throws: `DecodingError`, or `PatchCoreError` if a setting is out of range.
    public init(kind: String, from decoder: any Decoder) throws {
      self = kind == Self.same.kind ? .same : .own(try ThresholdRule(kind: kind, from: decoder))
    }

    /// Encodes this kind's settings.
    public func encodeSettings(to encoder: any Encoder) throws {
      if case .own(let rule) = self { try rule.encodeSettings(to: encoder) }
    }
  }

  /// Which nominal images are scored.
  ///
  /// Default `none`.
  public var from: Source = .none
  /// The share of the training images that `held_out` keeps, above 0 and below 1.
  ///
  /// Default 0.2.
  public var fraction = 0.2
  /// The folds of `cross_validation`, at least 2; each is one more fit.
  ///
  /// Default 5.
  public var folds = 5
  /// The rule of the image threshold.
  ///
  /// Default `maximum`.
  public var rule: ThresholdRule = .maximum
  /// The rule of the pixel threshold.
  ///
  /// Default `same`.
  public var pixelRule: PixelRule = .same
  /// The least area of a region, in pixels of the upright original, at least 0.
  ///
  /// Default 0: every region is reported. Kept with the thresholds, also if they are set after the fit.
  public var minimumArea = 0.0

  private enum CodingKeys: String, CodingKey {
    case from, fraction, folds, rule
    case pixelRule = "pixel_rule"
    case minimumArea = "minimum_area"
  }

  /// The default settings: no thresholds.
  public init() {}

  /// Settings with a source and a rule.
  public init(from: Source, rule: ThresholdRule = .maximum, pixelRule: PixelRule = .same) {
    self.from = from
    self.rule = rule
    self.pixelRule = pixelRule
  }

  /// Reads all keys; defaults are filled in before.
  ///
  /// - Throws: `DecodingError` if a key is missing or its value is not allowed, `PatchCoreError` if it is out of range.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    from = try container.decode(Source.self, forKey: .from)
    fraction = try container.decode(Double.self, forKey: .fraction)
    folds = try container.decode(Int.self, forKey: .folds)
    rule = try container.decode(ThresholdRule.self, forKey: .rule)
    pixelRule = try container.decode(PixelRule.self, forKey: .pixelRule)
    minimumArea = try container.decode(Double.self, forKey: .minimumArea)
    try validate()
  }

  /// The rule of pixels, whichever it is.
  public var ruleOfPixels: ThresholdRule {
    switch pixelRule {
    case .same: rule
    case .own(let rule): rule
    }
  }

  /// Refuses settings out of range.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration`.
  public func validate() throws {
    try HoldOut(.heldOut, fraction: fraction, folds: folds).validate()
    try rule.validate()
    try ruleOfPixels.validate()
    guard minimumArea >= 0, minimumArea.isFinite else {
      throw PatchCoreError(
        .invalidConfiguration, "minimum_area is \(minimumArea); give 0 or more pixels of the original")
    }
  }

  /// The way to hold images out; `nil` for no thresholds.
  var holdOut: HoldOut? {
    switch from {
    case .none: nil
    case .heldOut: HoldOut(.heldOut, fraction: fraction, folds: folds)
    case .crossValidation: HoldOut(.crossValidation, fraction: fraction, folds: folds)
    }
  }
}

extension ThresholdSettings {
  /// Bytes of the scores that thresholds are made of: those of every pixel of the images that a bank did not see, and as
  /// much again to order them.
  fileprivate func workingBytes(fitted: Int, pixels: Int) -> Int {
    let images =
      switch from {
      case .none: 0.0
      case .heldOut: Double(fitted) * fraction / (1 - fraction)
      case .crossValidation: Double(fitted) * Double(folds) / Double(folds - 1)
      }
    // A fraction close to 1 leads beyond all numbers.
    return Int(min(images.rounded(.up) * Double(pixels) * Double(2 * MemoryLayout<Float>.stride), 0x1p60))
  }
}

extension MethodDescription {
  /// Bytes of the scores that thresholds are made of, where so many images of one size are fitted with; 0 without
  /// thresholds.
  package func thresholdBytes(fitted images: Int, width: Int, height: Int) throws -> Int {
    let geometry = try preprocess.geometry(width: width, height: height)
    let pixels = map.size == .crop ? geometry.outputHeight * geometry.outputWidth : width * height
    return thresholds.workingBytes(fitted: images, pixels: pixels)
  }
}
