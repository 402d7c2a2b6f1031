extension ConfigurationNode {
  /// Decodes the tree, strictly.
  ///
  /// - Parameters:
  ///   - type: what to decode.
  ///   - catalogue: the kinds that stages in it may name; `nil` if there are none.
  /// - Returns: the value.
  /// - Throws: `PatchCoreError` with file, line and key path.
  package func decoded<T: Decodable>(as type: T.Type, catalogue: StageCatalogue? = nil) throws -> T {
    try ConfigurationDecoder.decode(type, from: self, userInfo: catalogue?.decodingInfo ?? [:])
  }

  /// A tree of one value at a key path; unless it is text, it is read as it would be without quotes.
  package static func value(
    _ text: String, at path: [String], origin: Origin, isText: Bool = false
  ) -> ConfigurationNode {
    path.reversed().reduce(ConfigurationNode(.scalar(text, quoted: isText), origin: origin)) { node, key in
      .mapping([(key, node)], origin: origin)
    }
  }

  /// The parts of a list; `nil` if this is none.
  package var parts: [ConfigurationNode]? {
    if case .sequence(let nodes) = value { nodes } else { nil }
  }

  /// The mapping with a key's value replaced or added; anything else as it is.
  package func setting(_ key: String, _ node: ConfigurationNode) -> ConfigurationNode {
    guard case .mapping(var entries) = value else { return self }
    if let position = entries.firstIndex(where: { $0.key == key }) {
      entries[position].node = node
    } else {
      entries.append((key, node))
    }
    return ConfigurationNode(.mapping(entries), origin: origin, kinds: kinds)
  }

  /// The tree with each extractor in it, those of members of an ensemble too, as `change` makes it.
  package func changingExtractors(
    _ change: (ConfigurationNode) throws -> ConfigurationNode
  ) rethrows -> ConfigurationNode {
    var copy = self
    switch value {
    case .scalar: break
    case .sequence(let nodes): copy.value = .sequence(try nodes.map { try $0.changingExtractors(change) })
    case .mapping(let entries):
      copy.value = .mapping(
        try entries.map { key, node in
          guard key == ExtractorRole.name, node["kind"] != nil else {
            return (key, try node.changingExtractors(change))
          }
          return (key, try change(node))
        })
    }
    return copy
  }

  /// An extractor's part with the defaults of its kind.
  ///
  /// - Throws: `PatchCoreError` with file, line and key path if the kind is unknown.
  package func completedExtractor(_ catalogue: StageCatalogue) throws -> ConfigurationNode {
    do {
      return try merged(over: catalogue.defaults(of: self["kind"]?.text ?? "", role: ExtractorRole.name))
    } catch let problem as ConfigurationProblem {
      throw problem.error
    }
  }

  /// An error about a value, with its place.
  package func problem(_ path: [String], _ message: String) -> PatchCoreError {
    ConfigurationProblem(path: path, origin: origin, message).error
  }

  /// The tree as YAML, one line per key at the top.
  package var lines: String {
    guard case .mapping(let entries) = value else { return yaml }
    return entries.map { "\($0.key): \($0.node.yaml)" }.joined(separator: "\n")
  }
}

extension JSONValue {
  /// The value of a key; `nil` if this is no object or lacks the key.
  package subscript(key: String) -> JSONValue? {
    if case .object(let entries) = self { entries[key] } else { nil }
  }

  /// A number of any kind; `nil` for anything else.
  package var double: Double? {
    switch self {
    case .whole(let value): Double(value)
    case .natural(let value): Double(value)
    case .number(let value): value
    case .null, .bool, .text, .list, .object: nil
    }
  }

  /// A text; `nil` for anything else.
  package var string: String? {
    if case .text(let value) = self { value } else { nil }
  }
}
