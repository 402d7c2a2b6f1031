/// Any JSON value, for the parts of a manifest whose shape depends on plugins.
package enum JSONValue: Codable, Sendable {
  case null
  case bool(Bool)
  case whole(Int64)
  case natural(UInt64)
  case number(Double)
  case text(String)
  case list([JSONValue])
  case object([String: JSONValue])

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int64.self) {
      self = .whole(value)
    } else if let value = try? container.decode(UInt64.self) {
      self = .natural(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .list(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .whole(let value): try container.encode(value)
    case .natural(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .text(let value): try container.encode(value)
    case .list(let values): try container.encode(values)
    case .object(let entries): try container.encode(entries)
    }
  }
}

extension ConfigurationNode {
  /// The tree as a JSON value; for trees encoded from values, where unquoted scalars are numbers, truth values or null.
  package var jsonValue: JSONValue {
    switch value {
    case .scalar(let text, quoted: true): return .text(text)
    case .scalar(let text, quoted: false):
      if isNull { return .null }
      if let value = Bool(text) { return .bool(value) }
      if let value = Int64(text) { return .whole(value) }
      if let value = UInt64(text) { return .natural(value) }
      return Double(text).map { .number($0) } ?? .text(text)
    case .sequence(let nodes): return .list(nodes.map(\.jsonValue))
    case .mapping(let entries):
      return .object(Dictionary(entries.map { ($0.key, $0.node.jsonValue) }, uniquingKeysWith: { first, _ in first }))
    }
  }

  /// The tree of a JSON value.
  init(_ value: JSONValue, origin: Origin) {
    func node(_ value: JSONValue) -> ConfigurationNode { ConfigurationNode(value, origin: origin) }
    switch value {
    case .null: self.init(.scalar("null", quoted: false), origin: origin)
    case .bool(let value): self.init(.scalar("\(value)", quoted: false), origin: origin)
    case .whole(let value): self.init(.scalar("\(value)", quoted: false), origin: origin)
    case .natural(let value): self.init(.scalar("\(value)", quoted: false), origin: origin)
    case .number(let value): self.init(.scalar(value.description, quoted: false), origin: origin)
    case .text(let value): self.init(.scalar(value, quoted: true), origin: origin)
    case .list(let values): self.init(.sequence(values.map(node)), origin: origin)
    case .object(let entries):
      self.init(.mapping(entries.sorted { $0.key < $1.key }.map { ($0.key, node($0.value)) }), origin: origin)
    }
  }
}
