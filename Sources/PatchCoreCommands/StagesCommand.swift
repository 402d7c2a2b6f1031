import ArgumentParser
import Foundation
import PatchCore

/// `patchcore stages`.
struct StagesCommand: CatalogueCommand {
  static let configuration = CommandConfiguration(
    commandName: "stages",
    abstract: "Lists the kinds of stages and the presets, with every key and its default.",
    discussion: "null is no default: the key has to be given, or is chosen from the data.")

  @Flag(help: "Print JSON.")
  var json = false

  func run(_ run: Run) throws {
    let listing = try Listing(run.catalogue)
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      try Console.print(try encoder.encode(listing) + Data("\n".utf8))
    } else {
      try Console.print(listing.text)
    }
  }

  /// What the catalogue holds, in the order of a pipeline.
  struct Listing: Encodable {
    struct Kind: Encodable {
      let kind: String
      /// The keys and their defaults, nested as in a description; `nil` for a kind that is not in this build.
      let defaults: JSONValue?
      /// How to get a kind that is not in this build; `nil` for one that is.
      let unavailable: String?
      /// The defaults for a person, one line per key.
      let lines: [String]

      private enum CodingKeys: String, CodingKey { case kind, defaults, unavailable }
    }
    struct Role: Encodable {
      let role: String
      let kinds: [Kind]
    }
    struct PresetEntry: Encodable {
      let name: String
      let summary: String
    }
    let stages: [Role]
    let presets: [PresetEntry]

    init(_ catalogue: StageCatalogue) throws {
      stages = try StageCatalogue.roles.map { role in
        let present = try catalogue.kinds(ofRole: role).map { try Self.kind($0, role, catalogue) }
        let absent = catalogue.unavailableKinds(ofRole: role).map {
          Kind(kind: $0.kind, defaults: nil, unavailable: $0.remedy, lines: [])
        }
        return Role(role: role, kinds: (present + absent).sorted { $0.kind < $1.kind })
      }
      presets = catalogue.presets.map { PresetEntry(name: $0.name, summary: $0.summary) }
    }

    private static func kind(_ kind: String, _ role: String, _ catalogue: StageCatalogue) throws -> Kind {
      let tree = try catalogue.defaults(of: kind, role: role)
      var defaults = tree.jsonValue
      if case .object(var entries) = defaults {
        entries["kind"] = nil
        defaults = .object(entries)
      }
      let lines = tree.leaves().filter { $0.path != ["kind"] }
        .map { "\($0.path.joined(separator: ".")): \($0.node.yaml)" }
      return Kind(kind: kind, defaults: defaults, unavailable: nil, lines: lines)
    }

    var text: String {
      var lines: [String] = []
      for role in stages {
        lines.append("\(role.role):")
        for kind in role.kinds {
          lines.append("  \(kind.kind)" + (kind.unavailable.map { " (not in this build: \($0))" } ?? ""))
          lines += kind.lines.map { "    \($0)" }
        }
      }
      lines.append("presets:")
      lines += presets.map { "  \($0.name): \($0.summary)" }
      return lines.joined(separator: "\n")
    }
  }
}
