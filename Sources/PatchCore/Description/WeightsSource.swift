/// Where a description says an extractor's weights come from: `{file: PATH}` or `random`.
public enum WeightsSource: Sendable, Hashable, Codable {
  /// A checkpoint: safetensors, or a PyTorch state dict.
  case file(String)
  /// Random numbers from the seed, labelled so in every output.
  case random

  private enum CodingKeys: String, CodingKey { case file }

  /// Reads the word `random` or a mapping with the one key `file`.
  public init(from decoder: any Decoder) throws {
    let mapping: KeyedDecodingContainer<CodingKeys>
    do {
      mapping = try decoder.container(keyedBy: CodingKeys.self)
    } catch {
      // No mapping, so it must be the word.
      let container = try decoder.singleValueContainer()
      let word = try container.decode(String.self)
      guard word == "random" else {
        throw DecodingError.dataCorruptedError(
          in: container, debugDescription: "weights are {file: PATH} or random, not \(word)")
      }
      self = .random
      return
    }
    self = .file(try mapping.decode(String.self, forKey: .file))
  }

  /// Writes the word `random` or a mapping with the key `file`.
  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .file(let path):
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(path, forKey: .file)
    case .random:
      var container = encoder.singleValueContainer()
      try container.encode("random")
    }
  }
}
