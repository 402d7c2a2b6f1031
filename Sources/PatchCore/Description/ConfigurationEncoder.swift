/// Encodes a value as a tree, keys in the order of their declaration, and notes where a choice of kinds stands.
final class ConfigurationEncoder: Encoder {
  let codingPath: [any CodingKey]
  let catalogue: StageCatalogue?
  var userInfo: [CodingUserInfoKey: Any] { [:] }
  private let origin: ConfigurationNode.Origin
  fileprivate var value = ConfigurationNode.Value.mapping([])

  private init(origin: ConfigurationNode.Origin, path: [any CodingKey], catalogue: StageCatalogue?) {
    self.origin = origin
    codingPath = path
    self.catalogue = catalogue
  }

  /// Encodes a whole value.
  static func encode(
    _ value: some Encodable, origin: ConfigurationNode.Origin = .standard, catalogue: StageCatalogue? = nil
  ) throws -> ConfigurationNode {
    try encode(value, origin: origin, path: [], catalogue: catalogue)
  }

  private static func encode(
    _ value: some Encodable, origin: ConfigurationNode.Origin, path: [any CodingKey], catalogue: StageCatalogue?
  ) throws -> ConfigurationNode {
    let encoder = ConfigurationEncoder(origin: origin, path: path, catalogue: catalogue)
    try value.encode(to: encoder)
    var node = ConfigurationNode(encoder.value, origin: origin)
    if let choice = value as? any ConfigurationChoice { node.kinds = choice.kindSchema(catalogue) }
    if let stage = value as? any StageDescribing { node.kinds = stage.kindSchema(catalogue) }
    return node
  }

  fileprivate func child(_ value: some Encodable, key: any CodingKey) throws -> ConfigurationNode {
    try Self.encode(value, origin: origin, path: codingPath + [key], catalogue: catalogue)
  }

  fileprivate func set(_ key: any CodingKey, _ node: ConfigurationNode) {
    guard case .mapping(var entries) = value else { return }
    entries.removeAll { $0.key == key.stringValue }
    entries.append((key.stringValue, node))
    value = .mapping(entries)
  }

  fileprivate func append(_ node: ConfigurationNode) {
    guard case .sequence(var nodes) = value else { return }
    nodes.append(node)
    value = .sequence(nodes)
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    KeyedEncodingContainer(KeyedContainer<Key>(encoder: self))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    value = .sequence([])
    return UnkeyedContainer(encoder: self)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { SingleContainer(encoder: self) }
}

/// A stage description of whichever role.
protocol StageDescribing {
  func kindSchema(_ catalogue: StageCatalogue?) -> KindSchema?
}

private struct SingleContainer: SingleValueEncodingContainer {
  let encoder: ConfigurationEncoder
  var codingPath: [any CodingKey] { encoder.codingPath }

  private func plain(_ text: String) { encoder.value = .scalar(text, quoted: false) }
  func encodeNil() throws { plain("null") }
  func encode(_ value: Bool) throws { plain("\(value)") }
  func encode(_ value: String) throws { encoder.value = .scalar(value, quoted: true) }
  func encode(_ value: Double) throws { plain(value.description) }
  func encode(_ value: Float) throws { plain(value.description) }
  func encode(_ value: Int) throws { plain("\(value)") }
  func encode(_ value: Int8) throws { plain("\(value)") }
  func encode(_ value: Int16) throws { plain("\(value)") }
  func encode(_ value: Int32) throws { plain("\(value)") }
  func encode(_ value: Int64) throws { plain("\(value)") }
  func encode(_ value: UInt) throws { plain("\(value)") }
  func encode(_ value: UInt8) throws { plain("\(value)") }
  func encode(_ value: UInt16) throws { plain("\(value)") }
  func encode(_ value: UInt32) throws { plain("\(value)") }
  func encode(_ value: UInt64) throws { plain("\(value)") }
  func encode(_ value: some Encodable) throws { try value.encode(to: encoder) }
}

private struct KeyedContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let encoder: ConfigurationEncoder
  var codingPath: [any CodingKey] { encoder.codingPath }

  mutating func encodeNil(forKey key: Key) throws {
    encoder.set(key, ConfigurationNode(.scalar("null", quoted: false), origin: .standard))
  }
  mutating func encode(_ value: some Encodable, forKey key: Key) throws {
    encoder.set(key, try encoder.child(value, key: key))
  }
  mutating func nestedContainer<N: CodingKey>(keyedBy: N.Type, forKey key: Key) -> KeyedEncodingContainer<N> {
    preconditionFailure("configurations encode Codable types, not nested containers")
  }
  mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    preconditionFailure("configurations encode Codable types, not nested containers")
  }
  mutating func superEncoder() -> any Encoder { encoder }
  mutating func superEncoder(forKey key: Key) -> any Encoder { encoder }
}

private struct UnkeyedContainer: UnkeyedEncodingContainer {
  let encoder: ConfigurationEncoder
  var codingPath: [any CodingKey] { encoder.codingPath }
  var count = 0

  init(encoder: ConfigurationEncoder) { self.encoder = encoder }

  mutating func encodeNil() throws {
    encoder.append(ConfigurationNode(.scalar("null", quoted: false), origin: .standard))
  }
  mutating func encode(_ value: some Encodable) throws {
    encoder.append(try encoder.child(value, key: PositionKey(count)))
    count += 1
  }
  mutating func nestedContainer<N: CodingKey>(keyedBy: N.Type) -> KeyedEncodingContainer<N> {
    preconditionFailure("configurations encode Codable types, not nested containers")
  }
  mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    preconditionFailure("configurations encode Codable types, not nested containers")
  }
  mutating func superEncoder() -> any Encoder { encoder }
}
