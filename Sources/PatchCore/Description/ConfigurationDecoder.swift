/// Decodes a value from a tree, strictly: every key must be asked for, and every value must have its type.
final class ConfigurationDecoder: Decoder {
  let node: ConfigurationNode
  let codingPath: [any CodingKey]
  let userInfo: [CodingUserInfoKey: Any]
  fileprivate var askedKeys: [String] = []

  private init(_ node: ConfigurationNode, path: [any CodingKey], userInfo: [CodingUserInfoKey: Any]) {
    self.node = node
    codingPath = path
    self.userInfo = userInfo
  }

  /// Decodes a whole tree.
  ///
  /// - Throws: `PatchCoreError` with file, line and key path.
  static func decode<T: Decodable>(
    _ type: T.Type, from node: ConfigurationNode, userInfo: [CodingUserInfoKey: Any] = [:]
  ) throws -> T {
    do {
      return try decode(type, from: node, path: [], userInfo: userInfo)
    } catch let problem as ConfigurationProblem {
      throw problem.error
    }
  }

  fileprivate static func decode<T: Decodable>(
    _ type: T.Type, from node: ConfigurationNode, path: [any CodingKey], userInfo: [CodingUserInfoKey: Any]
  ) throws -> T {
    let names = path.map(\.stringValue)
    if let cases = knownCases(of: type) {
      guard case .scalar(let text, _) = node.value, cases.contains(text) else {
        let nearest = node.text.flatMap { nearestName(to: $0, among: cases) }
        throw ConfigurationProblem(
          path: names, origin: node.origin,
          "expected one of \(cases.joined(separator: ", ")); found \(node.summary)"
            + (nearest.map { "; did you mean \($0)?" } ?? ""))
      }
    }
    let decoder = ConfigurationDecoder(node, path: path, userInfo: userInfo)
    let value: T
    do {
      value = try T(from: decoder)
    } catch let error as DecodingError {
      throw problem(error, in: node, path: names)
    } catch let error as PatchCoreError {
      throw ConfigurationProblem(path: names, origin: node.origin, error.message, code: error.code)
    }
    if case .mapping(let entries) = node.value {
      for (key, child) in entries where !decoder.askedKeys.contains(key) {
        let nearest = nearestName(to: key, among: decoder.askedKeys)
        throw ConfigurationProblem(
          path: names + [key], origin: child.origin,
          "there is no such key here; "
            + (nearest.map { "did you mean \($0)?" }
              ?? "known keys: \(decoder.askedKeys.joined(separator: ", "))"))
      }
    }
    return value
  }

  /// The raw values of an enum of names, in order.
  private static func knownCases(of type: Any.Type) -> [String]? {
    guard let type = type as? any (RawRepresentable & CaseIterable).Type else { return nil }
    func names<C: CaseIterable & RawRepresentable>(_: C.Type) -> [String]? {
      C.allCases.map(\.rawValue) as? [String]
    }
    return names(type)
  }

  private static func problem(
    _ error: DecodingError, in node: ConfigurationNode, path: [String]
  ) -> ConfigurationProblem {
    switch error {
    case .keyNotFound(let key, _):
      ConfigurationProblem(path: path + [key.stringValue], origin: node.origin, "this key is missing")
    case .dataCorrupted(let context), .typeMismatch(_, let context), .valueNotFound(_, let context):
      ConfigurationProblem(
        path: context.codingPath.map(\.stringValue), origin: node.origin, context.debugDescription)
    @unknown default:
      ConfigurationProblem(path: path, origin: node.origin, "\(error)")
    }
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard case .mapping(let entries) = node.value else { throw mismatch("a mapping of keys") }
    return KeyedDecodingContainer(KeyedContainer<Key>(decoder: self, entries: entries))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard case .sequence(let nodes) = node.value else { throw mismatch("a list") }
    return UnkeyedContainer(decoder: self, nodes: nodes)
  }

  func singleValueContainer() throws -> any SingleValueDecodingContainer { SingleContainer(decoder: self) }

  fileprivate func mismatch(_ expected: String) -> ConfigurationProblem {
    ConfigurationProblem(
      path: codingPath.map(\.stringValue), origin: node.origin, "expected \(expected), found \(node.summary)")
  }
}

/// A part of a file that is kept as a tree, to be laid over another one later.
package struct DescriptionTree: Decodable, Sendable {
  /// The part, with the place of each value.
  package let node: ConfigurationNode

  package init(from decoder: any Decoder) throws {
    guard let decoder = decoder as? ConfigurationDecoder else {
      preconditionFailure("a tree is decoded from a description's tree")
    }
    guard case .mapping(let entries) = decoder.node.value else { throw decoder.mismatch("a mapping of keys") }
    // Whoever uses the tree checks its keys.
    decoder.askedKeys = entries.map(\.key)
    node = decoder.node
  }
}

/// The place of a value in a list, as a key.
struct PositionKey: CodingKey {
  var stringValue: String { "\(position)" }
  var intValue: Int? { position }
  let position: Int
  init(_ position: Int) { self.position = position }
  init?(intValue: Int) { position = intValue }
  init?(stringValue: String) { nil }
}

/// Scalars by the type asked for.
private struct SingleContainer: SingleValueDecodingContainer {
  let decoder: ConfigurationDecoder
  var codingPath: [any CodingKey] { decoder.codingPath }

  private func plain<T>(_ expected: String, _ parse: (String) -> T?) throws -> T {
    guard case .scalar(let text, quoted: false) = decoder.node.value, let value = parse(text) else {
      throw decoder.mismatch(expected)
    }
    return value
  }

  private func whole<T: FixedWidthInteger>(_ type: T.Type) throws -> T {
    let expected = T.isSigned ? "a whole number" : "a whole number that is not negative"
    return try plain(expected) { T($0) }
  }

  /// Swift alone would also take `0x10`, `inf`, `nan` and numbers that overflow to infinity.
  private func number<T: BinaryFloatingPoint & LosslessStringConvertible>(_ type: T.Type) throws -> T {
    try plain("a finite decimal number") { text in
      guard text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }) else { return nil }
      return T(text).flatMap { $0.isFinite ? $0 : nil }
    }
  }

  func decodeNil() -> Bool { decoder.node.isNull }
  func decode(_ type: Bool.Type) throws -> Bool { try plain("true or false") { Bool($0) } }
  func decode(_ type: Double.Type) throws -> Double { try number(type) }
  func decode(_ type: Float.Type) throws -> Float { try number(type) }
  func decode(_ type: Int.Type) throws -> Int { try whole(type) }
  func decode(_ type: Int8.Type) throws -> Int8 { try whole(type) }
  func decode(_ type: Int16.Type) throws -> Int16 { try whole(type) }
  func decode(_ type: Int32.Type) throws -> Int32 { try whole(type) }
  func decode(_ type: Int64.Type) throws -> Int64 { try whole(type) }
  func decode(_ type: UInt.Type) throws -> UInt { try whole(type) }
  func decode(_ type: UInt8.Type) throws -> UInt8 { try whole(type) }
  func decode(_ type: UInt16.Type) throws -> UInt16 { try whole(type) }
  func decode(_ type: UInt32.Type) throws -> UInt32 { try whole(type) }
  func decode(_ type: UInt64.Type) throws -> UInt64 { try whole(type) }

  func decode(_ type: String.Type) throws -> String {
    guard case .scalar(let text, let quoted) = decoder.node.value else { throw decoder.mismatch("text") }
    guard quoted || !(decoder.node.isNull || Double(text) != nil || Bool(text) != nil) else {
      throw decoder.mismatch("text (quote it if it is meant as text)")
    }
    return text
  }

  func decode<T: Decodable>(_ type: T.Type) throws -> T {
    try ConfigurationDecoder.decode(type, from: decoder.node, path: codingPath, userInfo: decoder.userInfo)
  }
}

private struct KeyedContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let decoder: ConfigurationDecoder
  let entries: [(key: String, node: ConfigurationNode)]
  var codingPath: [any CodingKey] { decoder.codingPath }
  var allKeys: [Key] { entries.compactMap { Key(stringValue: $0.key) } }

  private func find(_ key: Key) -> ConfigurationNode? {
    if !decoder.askedKeys.contains(key.stringValue) { decoder.askedKeys.append(key.stringValue) }
    return entries.first { $0.key == key.stringValue }?.node
  }

  func contains(_ key: Key) -> Bool { find(key) != nil }
  func decodeNil(forKey key: Key) throws -> Bool { find(key)?.isNull ?? true }

  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
    guard let node = find(key) else {
      throw ConfigurationProblem(
        path: (codingPath + [key]).map(\.stringValue), origin: decoder.node.origin, "this key is missing")
    }
    return try ConfigurationDecoder.decode(type, from: node, path: codingPath + [key], userInfo: decoder.userInfo)
  }

  private func notNested() -> ConfigurationProblem { decoder.mismatch("a Codable type, not a nested container") }
  func nestedContainer<N: CodingKey>(keyedBy type: N.Type, forKey key: Key) throws -> KeyedDecodingContainer<N> {
    throw notNested()
  }
  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { throw notNested() }
  func superDecoder() throws -> any Decoder { throw notNested() }
  func superDecoder(forKey key: Key) throws -> any Decoder { throw notNested() }
}

private struct UnkeyedContainer: UnkeyedDecodingContainer {
  let decoder: ConfigurationDecoder
  let nodes: [ConfigurationNode]
  var codingPath: [any CodingKey] { decoder.codingPath }
  var count: Int? { nodes.count }
  var isAtEnd: Bool { currentIndex >= nodes.count }
  var currentIndex = 0

  init(decoder: ConfigurationDecoder, nodes: [ConfigurationNode]) {
    self.decoder = decoder
    self.nodes = nodes
  }

  mutating func decodeNil() throws -> Bool {
    guard !isAtEnd, nodes[currentIndex].isNull else { return false }
    currentIndex += 1
    return true
  }

  mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
    guard !isAtEnd else { throw decoder.mismatch("a list of more than \(nodes.count) values") }
    let path = codingPath + [PositionKey(currentIndex)]
    let value = try ConfigurationDecoder.decode(
      type, from: nodes[currentIndex], path: path, userInfo: decoder.userInfo)
    currentIndex += 1
    return value
  }

  private func notNested() -> ConfigurationProblem { decoder.mismatch("a Codable type, not a nested container") }
  mutating func nestedContainer<N: CodingKey>(keyedBy type: N.Type) throws -> KeyedDecodingContainer<N> {
    throw notNested()
  }
  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { throw notNested() }
  mutating func superDecoder() throws -> any Decoder { throw notNested() }
}
