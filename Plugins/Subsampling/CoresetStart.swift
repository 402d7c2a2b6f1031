import PatchCore

/// What the first pick of the coreset is far from.
public enum CoresetStart: ConfigurationChoice, Equatable {
  /// `mean_of_random`: each patch starts with its mean distance to some random patches, which are not picked
  /// themselves, as in the official code.
  case meanOfRandom(MeanOfRandomStart)
  /// `random`: one random patch is the first pick.
  case random

  /// One value of each kind, with its defaults.
  public static let choices: [CoresetStart] = [.meanOfRandom(MeanOfRandomStart()), .random]

  /// The name of the kind.
  public var kind: String {
    switch self {
    case .meanOfRandom: "mean_of_random"
    case .random: "random"
    }
  }

  /// Reads the settings of a kind.
  public init(kind: String, from decoder: any Decoder) throws {
    switch kind {
    case "mean_of_random": self = .meanOfRandom(try MeanOfRandomStart(from: decoder))
    default: self = .random
    }
  }

  /// Writes the settings of the kind.
  public func encodeSettings(to encoder: any Encoder) throws {
    if case .meanOfRandom(let settings) = self { try settings.encode(to: encoder) }
  }

  /// Checks the settings.
  func validate() throws {
    if case .meanOfRandom(let settings) = self, settings.points < 1 {
      throw PatchCoreError(
        .invalidConfiguration, stage: "subsampler",
        "start.points is \(settings.points); it must be at least 1, the usual value is 10")
    }
  }
}

/// Settings of the start `mean_of_random`.
public struct MeanOfRandomStart: Codable, Sendable, Equatable {
  /// How many random patches, at least 1; all of them if there are fewer; default 10.
  public var points = 10

  /// The default settings.
  public init() {}
}
