/// In how many bits embeddings and memory banks are kept: the key `storage` of a description.
///
/// Distances are computed in 32 bits from the numbers kept.
public struct StorageSettings: Sendable, Hashable, Codable {
  /// How a fit keeps the embeddings of all images, in memory or in a file.
  public enum Embeddings: String, Sendable, Hashable, Codable, CaseIterable {
    /// 32 bits, as they were computed.
    case float32
    /// 16 bits, rounded to nearest; half the room.
    case bfloat16

    /// The format of the rows.
    public var format: NumberFormat {
      switch self {
      case .float32: .float32
      case .bfloat16: .bfloat16
      }
    }
  }

  /// How a fit keeps the embeddings of all images.
  ///
  /// Default `float32`.
  public var embeddings: Embeddings = .float32
  /// How the memory bank is kept, in the detector and in its file.
  ///
  /// Default `float32`. The index is built over the numbers kept, and thresholds are made with them.
  public var bank: NumberFormat = .float32

  /// The default settings: 32 bits.
  public init() {}

  /// Creates settings.
  public init(embeddings: Embeddings = .float32, bank: NumberFormat = .float32) {
    self.embeddings = embeddings
    self.bank = bank
  }
}

extension KeyedDecodingContainer {
  /// The storage of a description; 32 bits in an artifact that was written before there was such a key.
  func decodeStorage(forKey key: Key) throws -> StorageSettings {
    contains(key) ? try decode(StorageSettings.self, forKey: key) : StorageSettings()
  }
}
