/// Plain data that describes a stage and builds it: this is the plugin.
///
/// Its stored properties are the keys of the description, written in snake case through `CodingKeys`; their default
/// values are the defaults of the description and stand nowhere else. Conform to the protocol of the stage's role,
/// such as `SubsamplerConfiguration`, and register the type in a `StageCatalogue`.
public protocol StageConfiguration: Codable, Sendable {
  /// The name that `kind:` gives in a description. Never renamed.
  static var kind: String { get }

  /// The defaults.
  init()
}

/// A setting that is a choice among kinds with settings of their own, written `{kind: NAME, ...}`.
///
/// An enum conforms by naming its kinds and passing each payload on; the description then fills in the defaults of the
/// kind that is chosen and refuses keys of the others.
public protocol ConfigurationChoice: Codable, Sendable {
  /// One value of each kind, with that kind's defaults.
  static var choices: [Self] { get }

  /// The name of this value's kind.
  var kind: String { get }

  /// Decodes the settings of a kind.
  ///
  /// - Parameters:
  ///   - kind: the kind of one of the `choices`.
  ///   - decoder: holds the settings of that kind beside the kind itself.
  /// - Throws: `DecodingError` if a setting is missing or ill-typed.
  init(kind: String, from decoder: any Decoder) throws

  /// Encodes this kind's settings, without the kind itself. Encode nothing for a kind without settings.
  func encodeSettings(to encoder: any Encoder) throws
}

extension ConfigurationChoice {
  func kindSchema(_ catalogue: StageCatalogue?) -> KindSchema {
    KindSchema { kind in
      guard let choice = Self.choices.first(where: { $0.kind == kind }) else { throw Self.unknownKind(kind) }
      return try ConfigurationEncoder.encode(choice, catalogue: catalogue)
    }
  }

  fileprivate static func unknownKind(_ kind: String) -> PatchCoreError {
    let known = choices.map(\.kind)
    let nearest = nearestName(to: kind, among: known)
    return PatchCoreError(
      .invalidConfiguration,
      "there is no kind \(kind) here; " + (nearest.map { "did you mean \($0)? " } ?? "")
        + "known: \(known.joined(separator: ", "))")
  }
}

private enum KindKey: String, CodingKey { case kind }

extension ConfigurationChoice {
  /// Reads `kind`, then the settings of that kind.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: KindKey.self)
    let kind = try container.decode(String.self, forKey: .kind)
    guard Self.choices.contains(where: { $0.kind == kind }) else { throw Self.unknownKind(kind) }
    try self.init(kind: kind, from: decoder)
  }

  /// Writes `kind` and the settings.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: KindKey.self)
    try container.encode(kind, forKey: .kind)
    try encodeSettings(to: encoder)
  }
}
