import PatchCore

/// Where a description says the weights of `compact` come from: `embedded`, or what any network takes.
public enum CompactWeightsSource: Sendable, Hashable, Codable {
  /// Those in the program.
  case embedded
  /// A file of the training script's, or random numbers.
  case other(WeightsSource)

  private static let embeddedWord = "embedded"

  /// Reads the words `embedded` or `random`, or a mapping with the one key `file`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let word: String
    do {
      word = try container.decode(String.self)
    } catch {
      // No word, so it must be the mapping.
      self = .other(try WeightsSource(from: decoder))
      return
    }
    switch word {
    case Self.embeddedWord: self = .embedded
    case "random": self = .other(.random)
    default:
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "weights are embedded, {file: PATH} or random, not \(word)")
    }
  }

  /// Writes the word `embedded` or what `WeightsSource` writes.
  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .embedded:
      var container = encoder.singleValueContainer()
      try container.encode(Self.embeddedWord)
    case .other(let source): try source.encode(to: encoder)
    }
  }
}
