/// A description as a tree, each part with the place it comes from.
///
/// Presets, files and defaults are merged as trees before any type is decoded, so a default stands in one place (the
/// configuration's own `init`) and every value can say where it was set.
public struct ConfigurationNode: Sendable {
  /// Where a value was set.
  public enum Origin: Sendable, Hashable {
    /// The default of the configuration type.
    case standard
    /// A preset, by name.
    case preset(String)
    /// A preset, by name, where the paper leaves the value open and the preset chooses.
    case paperSilent(preset: String)
    /// A line of a file, counted from 1.
    case file(name: String, line: Int)
    /// An option of the command line, as it is written there.
    case option(String)
  }

  /// A part of the tree.
  public enum Value: Sendable {
    /// A number, truth value, null or text; text that was quoted is never taken for anything else.
    case scalar(String, quoted: Bool)
    /// Values in order.
    case sequence([ConfigurationNode])
    /// Values by key, in the order written.
    case mapping([(key: String, node: ConfigurationNode)])
  }

  /// The value.
  public var value: Value
  /// Where it was set.
  public var origin: Origin
  /// The kinds this mapping may take and the defaults of each; `nil` if it has no kinds.
  var kinds: KindSchema?

  init(_ value: Value, origin: Origin, kinds: KindSchema? = nil) {
    self.value = value
    self.origin = origin
    self.kinds = kinds
  }

  static func mapping(_ entries: [(key: String, node: ConfigurationNode)], origin: Origin = .standard) -> Self {
    ConfigurationNode(.mapping(entries), origin: origin)
  }

  /// The value of a key; `nil` if this is no mapping or lacks the key.
  public subscript(key: String) -> ConfigurationNode? {
    guard case .mapping(let entries) = value else { return nil }
    return entries.first { $0.key == key }?.node
  }

  /// The text of a scalar; `nil` for a sequence or mapping.
  public var text: String? {
    if case .scalar(let text, _) = value { text } else { nil }
  }

  /// What the value is, for messages.
  var summary: String {
    switch value {
    case .scalar(let text, quoted: true): "the text \"\(text)\""
    case .scalar(let text, quoted: false):
      if isNull { "nothing" } else if Double(text) != nil { "the number \(text)" } else { "\(text)" }
    case .sequence(let nodes): "a list of \(nodes.count)"
    case .mapping: "a mapping"
    }
  }

  /// Whether the value is absent: `null`, `~` or nothing at all.
  package var isNull: Bool {
    if case .scalar(let text, quoted: false) = value { ["", "~", "null"].contains(text) } else { false }
  }
}

extension ConfigurationNode {
  /// The tree of a value's keys, as defaults.
  ///
  /// - Parameter value: plain data.
  /// - Throws: what the value throws when it is encoded.
  public init(encoding value: some Encodable) throws { self = try ConfigurationEncoder.encode(value) }

  /// A mapping without some of its keys.
  ///
  /// - Parameter keys: keys that are left out.
  /// - Returns: the mapping; this tree if it is none.
  public func removing(_ keys: [String]) -> ConfigurationNode {
    guard case .mapping(let entries) = value else { return self }
    return ConfigurationNode(.mapping(entries.filter { !keys.contains($0.key) }), origin: origin, kinds: kinds)
  }

  /// A mapping with further keys behind one of its own; keys that it has already are replaced.
  ///
  /// For methods whose defaults are PatchCore's with keys of their own.
  ///
  /// - Parameters:
  ///   - added: the further keys.
  ///   - key: a key of this mapping.
  /// - Returns: the mapping; this tree if it is none.
  public func inserting(_ added: [(key: String, node: ConfigurationNode)], after key: String) -> ConfigurationNode {
    guard case .mapping(let entries) = value else { return self }
    let kept = entries.filter { entry in !added.contains { $0.key == entry.key } }
    let place = kept.firstIndex { $0.key == key }.map { $0 + 1 } ?? kept.count
    return ConfigurationNode(.mapping(kept[..<place] + added + kept[place...]), origin: origin, kinds: kinds)
  }
}

extension ConfigurationNode.Origin: CustomStringConvertible {
  /// `default`, `preset official`, `pipeline.yaml:3` or `--weights`.
  public var description: String {
    switch self {
    case .standard: "default"
    case .preset(let name): "preset \(name)"
    case .paperSilent(let name): "preset \(name), paper silent"
    case .file(let name, let line): "\(name):\(line)"
    case .option(let option): option
    }
  }
}

/// The kinds that may stand in one place of a description, with the defaults of each.
struct KindSchema: Sendable {
  /// The default tree of a kind, `kind` included.
  ///
  /// - Throws: `PatchCoreError` if there is no such kind, with the nearest name or the way to get it.
  var defaults: @Sendable (_ kind: String) throws -> ConfigurationNode
}
