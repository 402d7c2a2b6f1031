/// How the scores of an ensemble's members become comparable before they are averaged: the key `combination`.
///
/// Members' distances lie on scales of their own, so each member's image scores and maps are brought to one scale first.
public enum EnsembleCombination: Sendable, Hashable {
  /// By mean and deviation over training images that no member is fitted with; the default, with a fraction of 0.2.
  case heldOut(fraction: Double)
  /// By mean and deviation over all training images, each seen by members refitted without its fold.
  case crossValidation(folds: Int)
  /// By least and greatest value over the whole test set, as the authors' code does.
  ///
  /// Scores of one image then depend on the others; only an evaluation knows them all.
  case testSetMinMax
  /// Not at all.
  case none

  /// The word of `normalisation`.
  public enum Normalisation: String, Sendable, Hashable, Codable, CaseIterable {
    /// `heldOut`.
    case heldOut = "held_out"
    /// `crossValidation`.
    case crossValidation = "cross_validation"
    /// `testSetMinMax`.
    case testSetMinMax = "test_set_min_max"
    /// `none`.
    case none
  }

  /// The word of `normalisation`.
  public var normalisation: Normalisation {
    switch self {
    case .heldOut: .heldOut
    case .crossValidation: .crossValidation
    case .testSetMinMax: .testSetMinMax
    case .none: .none
    }
  }

  /// The combination of a word, with the defaults of its settings.
  public init(_ normalisation: Normalisation) {
    let holdOut = HoldOut(.heldOut)
    switch normalisation {
    case .heldOut: self = .heldOut(fraction: holdOut.fraction)
    case .crossValidation: self = .crossValidation(folds: holdOut.folds)
    case .testSetMinMax: self = .testSetMinMax
    case .none: self = .none
    }
  }
}

extension EnsembleCombination: Codable {
  private enum CodingKeys: String, CodingKey { case normalisation, fraction, folds }

  /// Reads `normalisation`, and the setting that it has.
  ///
  /// - Throws: `DecodingError` if a key is missing or ill-typed.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    switch try container.decode(Normalisation.self, forKey: .normalisation) {
    case .heldOut: self = .heldOut(fraction: try container.decode(Double.self, forKey: .fraction))
    case .crossValidation: self = .crossValidation(folds: try container.decode(Int.self, forKey: .folds))
    case .testSetMinMax: self = .testSetMinMax
    case .none: self = .none
    }
  }

  /// Writes `normalisation`, and the setting that it has.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(normalisation, forKey: .normalisation)
    switch self {
    case .heldOut(let fraction): try container.encode(fraction, forKey: .fraction)
    case .crossValidation(let folds): try container.encode(folds, forKey: .folds)
    case .testSetMinMax, .none: break
    }
  }
}
