import Foundation
import Yams

extension ConfigurationNode {
  /// Parses YAML, of which JSON is a subset.
  ///
  /// - Parameters:
  ///   - text: one document that is a mapping; an empty document is an empty mapping.
  ///   - name: the file's name for messages.
  /// - Throws: `PatchCoreError` naming the line for a syntax error, a duplicate key or a key that is no plain text.
  public init(yaml text: String, name: String) throws {
    try self.init(yaml: text, name: name) { .file(name: name, line: $0) }
  }

  init(yaml text: String, name: String, origin: (_ line: Int) -> Origin) throws {
    let root: Yams.Node?
    do {
      root = try Parser(yaml: text, resolver: .basic).singleRoot()
    } catch let error as YamlError {
      throw PatchCoreError(.invalidConfiguration, "\(name): \(Self.explain(error))", cause: error)
    }
    guard let root, !(root.scalar?.string.isEmpty ?? false) else {
      self = .mapping([], origin: origin(1))
      return
    }
    guard root.mapping != nil else {
      throw PatchCoreError(
        .invalidConfiguration,
        "\(name): a description is a mapping of keys such as `extractor:`; found "
          + (root.sequence != nil ? "a list" : "a single value"))
    }
    self = try Self.convert(root, name: name, origin: origin)
  }

  private static func convert(_ node: Yams.Node, name: String, origin: (Int) -> Origin) throws -> ConfigurationNode {
    let place = origin(node.mark?.line ?? 1)
    switch node {
    case .scalar(let scalar):
      let quoted =
        scalar.style == .singleQuoted || scalar.style == .doubleQuoted || scalar.style == .literal
        || scalar.style == .folded
      return ConfigurationNode(.scalar(scalar.string, quoted: quoted), origin: place)
    case .sequence(let sequence):
      return ConfigurationNode(
        .sequence(try sequence.map { try convert($0, name: name, origin: origin) }), origin: place)
    case .mapping(let mapping):
      var entries: [(key: String, node: ConfigurationNode)] = []
      for (key, value) in mapping {
        guard let text = key.scalar?.string else {
          throw PatchCoreError(
            .invalidConfiguration, "\(name):\(key.mark?.line ?? 1): a key must be plain text")
        }
        entries.append((text, try convert(value, name: name, origin: origin)))
      }
      return ConfigurationNode(.mapping(entries), origin: place)
    case .alias:
      throw PatchCoreError(.invalidConfiguration, "\(name):\(node.mark?.line ?? 1): aliases are not supported")
    }
  }

  private static func explain(_ error: YamlError) -> String {
    switch error {
    case .duplicatedKeysInMapping(let duplicates, let context):
      "line \(context.mark.line): duplicate key \(duplicates.joined(separator: ", ")); a mapping starting there sets it twice"
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      "line \(mark.line), column \(mark.column): \(problem)"
    default: "\(error)"
    }
  }
}

extension ConfigurationNode {
  fileprivate static func quote(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F: result += String(format: "\\u%04x", scalar.value)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

extension ConfigurationNode {
  /// The value as YAML on one line.
  public var yaml: String {
    switch value {
    case .scalar(let text, quoted: true):
      let isPlain =
        !text.isEmpty && Double(text) == nil && !["true", "false", "null", "~"].contains(text)
        && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_-./".contains($0)) }
        && !text.hasPrefix("-")
      return isPlain ? text : Self.quote(text)
    case .scalar(let text, quoted: false): return text.isEmpty ? "null" : text
    case .sequence(let nodes): return "[" + nodes.map(\.yaml).joined(separator: ", ") + "]"
    case .mapping(let entries): return "{" + entries.map { "\($0.key): \($0.node.yaml)" }.joined(separator: ", ") + "}"
    }
  }
}
