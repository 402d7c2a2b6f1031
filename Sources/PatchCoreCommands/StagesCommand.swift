import ArgumentParser
import Foundation
import PatchCore

/// `patchcore stages`.
struct StagesCommand: CatalogueCommand {
  static let configuration = CommandConfiguration(
    commandName: "stages",
    abstract: "Lists the kinds of stages and the presets, with every key and its default.")

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup(title: "Run options")
  var options: RunOptions

  func run(_ run: Run) throws {
    let listing = try Listing(run.catalogue)
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      Console.print(String(decoding: try encoder.encode(listing), as: UTF8.self))
    } else {
      Console.print(listing.text)
    }
  }

  /// What the catalogue holds, in the order of a pipeline.
  struct Listing: Encodable {
    struct Kind: Encodable {
      let kind: String
      /// The default of every key, as a description writes it.
      let defaults: [String: String]
      /// How to get a kind that is not in this build.
      let unavailable: String?
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
        let present = try catalogue.kinds(ofRole: role).map { kind in
          let leaves = try catalogue.defaults(of: kind, role: role).leaves().filter { $0.path != ["kind"] }
          let defaults = leaves.map { ($0.path.joined(separator: "."), $0.node.yaml) }
          return Kind(kind: kind, defaults: Dictionary(uniqueKeysWithValues: defaults), unavailable: nil)
        }
        let absent = catalogue.unavailableKinds(ofRole: role).map {
          Kind(kind: $0.kind, defaults: [:], unavailable: $0.remedy)
        }
        return Role(role: role, kinds: (present + absent).sorted { $0.kind < $1.kind })
      }
      presets = catalogue.presets.map { PresetEntry(name: $0.name, summary: $0.summary) }
    }

    var text: String {
      var lines: [String] = []
      for role in stages {
        lines.append("\(role.role):")
        for kind in role.kinds {
          lines.append("  \(kind.kind)" + (kind.unavailable.map { " (not in this build: \($0))" } ?? ""))
          lines += kind.defaults.sorted { $0.key < $1.key }.map { "    \($0.key): \($0.value)" }
        }
      }
      lines.append("presets:")
      lines += presets.map { "  \($0.name): \($0.summary)" }
      return lines.joined(separator: "\n")
    }
  }
}
