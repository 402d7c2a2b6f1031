import ArgumentParser
import Foundation
import PatchCore

/// `patchcore explain`.
struct ExplainCommand: CatalogueCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Prints a description with every value filled in, where each comes from, and the memory it needs.",
    discussion: """
      Needs no weights and no images. Beside each value stands where it was set: a line of the file, the preset, \
      the preset where the paper is silent, or a default.
      """)

  @Argument(help: "The description, a YAML or JSON file.")
  var config: String

  @Option(help: ArgumentHelp("Number of training images to plan the memory for.", valueName: "n"))
  var images = 200

  @Option(help: ArgumentHelp("Size of the images, such as 1024x768.", valueName: "widthxheight"))
  var size = "1024x1024"

  func validate() throws {
    guard (1...1_000_000_000).contains(images) else {
      throw ValidationError("--images \(images): give a number from 1 to 1000000000")
    }
    guard parsedSize != nil else { throw ValidationError("--size \(size): write WIDTHxHEIGHT, such as 1024x768") }
  }

  private var parsedSize: (width: Int, height: Int)? {
    let parts = size.lowercased().split(separator: "x").map { Int($0.trimmingCharacters(in: .whitespaces)) }
    let sides = 1...65_536
    guard parts.count == 2, let width = parts[0], let height = parts[1], sides.contains(width), sides.contains(height)
    else { return nil }
    return (width, height)
  }

  func run(_ run: Run) throws {
    let resolved = try ResolvedDescription(contentsOf: config, catalogue: run.catalogue)
    try Console.print(Self.annotated(resolved.tree))
    guard let size = parsedSize else { return }
    let plan = try resolved.method.memoryPlan(images: images, width: size.width, height: size.height)
    try Console.print("\nfor \(images) images of \(self.size) pixels:")
    try Console.print("  \(plan.summary)")
    let megabytes = MemoryBudget.megabytes
    try Console.print(
      "  memory: \(megabytes(plan.bytes)) at most"
        + (plan.leastBytes < plan.bytes ? ", \(megabytes(plan.leastBytes)) with the embeddings in a file" : ""))
    let layers = plan.layers.map { "\($0.channels) x \($0.height) x \($0.width)" }
    try Console.print("  feature maps of each image, channels x height x width: \(layers.joined(separator: ", "))")
  }

  /// The tree as YAML, each value followed by where it was set.
  static func annotated(_ tree: ConfigurationNode) -> String {
    var lines: [(text: String, origin: String)] = []
    /// `lead` stands before the value on its line, `indent` before the lines of what is in it.
    func add(_ node: ConfigurationNode, lead: String, indent: String) {
      switch node.value {
      case .mapping(let entries) where !entries.isEmpty:
        lines.append((lead, ""))
        for entry in entries { add(entry.node, lead: "\(indent)\(entry.key):", indent: indent + "  ") }
      case .sequence(let items) where items.contains(where: { $0.text == nil }):
        lines.append((lead, ""))
        for item in items {
          guard case .mapping(let entries) = item.value else {
            add(item, lead: "\(indent)-", indent: indent + "  ")
            continue
          }
          for (position, entry) in entries.enumerated() {
            add(
              entry.node, lead: "\(indent)\(position == 0 ? "- " : "  ")\(entry.key):", indent: indent + "    ")
          }
        }
      default: lines.append(("\(lead) \(node.yaml)", "\(node.origin)"))
      }
    }
    if case .mapping(let entries) = tree.value {
      for entry in entries { add(entry.node, lead: "\(entry.key):", indent: "  ") }
    }
    let width = lines.map(\.text.count).max() ?? 0
    return lines.map {
      $0.origin.isEmpty ? $0.text : $0.text.padding(toLength: width + 2, withPad: " ", startingAt: 0) + "# " + $0.origin
    }.joined(separator: "\n")
  }
}
