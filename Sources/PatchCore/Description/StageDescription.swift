/// A stage of a role, named by its kind: `{kind: coreset, fraction: 0.1}`.
///
/// Also the type of a setting that contains another stage, such as the index inside a re-ranking index.
public struct StageDescription<Role: StageRole>: Codable, Sendable {
  /// The configuration that builds the stage.
  public var configuration: Role.Configuration

  /// Describes a stage.
  public init(_ configuration: Role.Configuration) { self.configuration = configuration }

  private enum Key: String, CodingKey { case kind }

  /// The configuration as plain data; every role's configurations conform to `StageConfiguration`.
  private var plain: any StageConfiguration {
    guard let plain = configuration as? any StageConfiguration else {
      preconditionFailure("configurations of the role \(Role.name) must conform to StageConfiguration")
    }
    return plain
  }

  /// The kind of the stage.
  public var kind: String { type(of: plain).kind }

  /// Reads `kind`, finds it in the catalogue, then reads that kind's settings.
  ///
  /// - Parameter decoder: carries the catalogue under `CodingUserInfoKey.stageCatalogue`.
  /// - Throws: `PatchCoreError` if the kind is unknown or not in this build.
  public init(from decoder: any Decoder) throws {
    guard let catalogue = decoder.userInfo[.stageCatalogue] as? StageCatalogue else {
      preconditionFailure("a stage is decoded with a catalogue; use PipelineDescription(yaml:name:catalogue:)")
    }
    let kind = try decoder.container(keyedBy: Key.self).decode(String.self, forKey: .kind)
    let decoded = try catalogue.type(of: kind, role: Role.name).init(from: decoder)
    guard let configuration = decoded as? Role.Configuration else {
      preconditionFailure("the kind \(kind) is registered for another role than \(Role.name)")
    }
    self.configuration = configuration
  }

  /// Writes `kind` and the settings.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(kind, forKey: .kind)
    try plain.encode(to: encoder)
  }
}

extension StageDescription: StageDescribing {
  func kindSchema(_ catalogue: StageCatalogue?) -> KindSchema? { catalogue?.schema(forRole: Role.name) }
}

extension CodingUserInfoKey {
  /// The `StageCatalogue` that stages are decoded with; for other decoders than this package's, such as a test's.
  public static let stageCatalogue: CodingUserInfoKey = {
    guard let key = CodingUserInfoKey(rawValue: "patchcore.catalogue") else { preconditionFailure("a valid key") }
    return key
  }()
}
