import Foundation
import Yams

extension ConfigurationNode {
  /// Parses YAML, of which JSON is a subset.
  ///
  /// - Parameters:
  ///   - text: one document that is a mapping; an empty document is an empty mapping.
  ///   - name: the file's name for messages.
  /// - Throws: `PatchCoreError` naming the line for a syntax error, a duplicate key, a key that is no plain text, an
  ///   anchor, a tag or more than 64 levels; or for a text of more than 1 MiB.
  public init(yaml text: String, name: String) throws {
    try self.init(yaml: text, name: name) { .file(name: name, line: $0) }
  }

  init(yaml text: String, name: String, origin: (_ line: Int) -> Origin) throws {
    guard let tree = try Self.parse(yaml: text, name: name, origin: origin) else {
      self = .mapping([], origin: origin(1))
      return
    }
    guard case .mapping = tree.value else {
      throw PatchCoreError(
        .invalidConfiguration,
        "\(name): a description is a mapping of keys such as `extractor:`; found "
          + (tree.text == nil ? "a list" : "a single value"))
    }
    self = tree
  }

  /// Parses a document that is a list, as strictly as one that is a mapping.
  static func list(yaml text: String, name: String) throws -> [ConfigurationNode] {
    let tree = try parse(yaml: text, name: name) { .file(name: name, line: $0) }
    guard case .sequence(let nodes) = tree?.value, !nodes.isEmpty else {
      throw PatchCoreError(.invalidConfiguration, "\(name): expected a list that is not empty, such as [{kind: exact}]")
    }
    return nodes
  }

  /// The tree of one document; `nil` if it is empty.
  private static func parse(
    yaml text: String, name: String, origin: (_ line: Int) -> Origin
  ) throws -> ConfigurationNode? {
    guard text.utf8.count <= largestText else {
      throw PatchCoreError(
        .invalidConfiguration, "\(name): has \(text.utf8.count) bytes; a description has at most \(largestText)")
    }
    let parser: Parser
    let root: Yams.Node?
    do {
      parser = try Parser(yaml: text, resolver: .basic)
      root = try parser.singleRoot()
    } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
      let twice = DuplicateKey(keys.first ?? "", inMappingAt: context.mark, of: text)
      throw PatchCoreError(
        .invalidConfiguration, "\(name):\(twice.line): \(twice.path): duplicate key; it was set before, remove one")
    } catch let error as YamlError {
      throw PatchCoreError(.invalidConfiguration, "\(name): \(explain(error))", cause: error)
    }
    guard let root, !(root.scalar?.string.isEmpty ?? false) else { return nil }
    // Nodes hold their anchors weakly; the parser owns them.
    return try withExtendedLifetime(parser) { try convert(root, depth: 1, name: name, origin: origin) }
  }

  private static let largestText = 1 << 20
  /// Decoding is recursive, and threads may have small stacks.
  private static let deepestLevel = 64

  private static func convert(
    _ node: Yams.Node, depth: Int, name: String, origin: (Int) -> Origin
  ) throws -> ConfigurationNode {
    let line = node.mark?.line ?? 1
    let place = origin(line)
    func refusal(_ message: String, line: Int) -> PatchCoreError {
      PatchCoreError(.invalidConfiguration, "\(name):\(line): \(message)")
    }
    guard depth <= deepestLevel else {
      throw refusal("values lie more than \(deepestLevel) levels deep", line: line)
    }
    // An anchor stands before its aliases, so none of them is ever expanded.
    guard node.anchor == nil else {
      throw refusal("anchors and aliases are not supported; write the value where it is needed", line: line)
    }
    if let tag = explicitTag(of: node) { throw refusal("the tag \(tag) is not supported; leave it out", line: line) }
    switch node {
    case .scalar(let scalar):
      return ConfigurationNode(.scalar(scalar.string, quoted: isQuoted(scalar)), origin: place)
    case .sequence(let sequence):
      return ConfigurationNode(
        .sequence(try sequence.map { try convert($0, depth: depth + 1, name: name, origin: origin) }), origin: place)
    case .mapping(let mapping):
      var entries: [(key: String, node: ConfigurationNode)] = []
      for (key, value) in mapping {
        // The parser has refused keys that are equal, tag included.
        guard let text = key.scalar?.string, key.anchor == nil, key.tag.description == Tag.Name.str.rawValue else {
          throw refusal("a key must be plain text", line: key.mark?.line ?? line)
        }
        entries.append((text, try convert(value, depth: depth + 1, name: name, origin: origin)))
      }
      return ConfigurationNode(.mapping(entries), origin: place)
    case .alias:
      throw refusal("anchors and aliases are not supported; write the value where it is needed", line: line)
    }
  }

  private static func isQuoted(_ scalar: Yams.Node.Scalar) -> Bool {
    [.singleQuoted, .doubleQuoted, .literal, .folded].contains(scalar.style)
  }

  /// The tag written before a value; `nil` for none.
  private static func explicitTag(of node: Yams.Node) -> String? {
    // `Node.tag` would name the tag that the parser infers. Quoted text has the tag of text without one being written.
    let tag =
      switch node {
      case .scalar(let scalar) where isQuoted(scalar) && scalar.tag.description == Tag.Name.str.rawValue: ""
      case .scalar(let scalar): scalar.tag.description
      case .sequence(let sequence): sequence.tag.description
      case .mapping(let mapping): mapping.tag.description
      case .alias: ""
      }
    return tag.isEmpty ? nil : tag
  }

  private static func explain(_ error: YamlError) -> String {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      "line \(mark.line), column \(mark.column): \(problem)"
    default: "\(error)"
    }
  }
}

extension ConfigurationNode {
  /// In double quotes, with escapes for what YAML does not print or takes for the end of a line.
  private static func quote(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x22: result += "\\\""
      case 0x5C: result += "\\\\"
      case 0..<0x20, 0x7F...0x9F, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF:
        result += String(format: "\\u%04x", scalar.value)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  /// The text as it is where nothing else could be read from it, otherwise in quotes.
  private static func plainOrQuoted(_ text: String) -> String {
    let isPlain =
      !text.isEmpty && Double(text) == nil && !["true", "false", "null"].contains(text)
      && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_-./".contains($0)) }
      && !text.hasPrefix("-")
    return isPlain ? text : quote(text)
  }
}

extension ConfigurationNode {
  /// The value as YAML on one line.
  public var yaml: String {
    switch value {
    case .scalar(let text, quoted: true): return Self.plainOrQuoted(text)
    case .scalar(let text, quoted: false): return text.isEmpty ? "null" : text
    case .sequence(let nodes): return "[" + nodes.map(\.yaml).joined(separator: ", ") + "]"
    case .mapping(let entries):
      return "{" + entries.map { "\(Self.plainOrQuoted($0.key)): \($0.node.yaml)" }.joined(separator: ", ") + "}"
    }
  }
}
