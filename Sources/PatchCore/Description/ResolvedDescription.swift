import Foundation

/// A description with every value filled in, and where each was set.
public struct ResolvedDescription: Sendable {
  /// The values.
  public let description: PipelineDescription
  /// The same values as a tree with the origin of each.
  public let tree: ConfigurationNode

  /// Resolves the text of a description: its values over its preset's, over the defaults.
  ///
  /// - Parameters:
  ///   - yaml: YAML or JSON.
  ///   - name: the file's name for messages.
  ///   - overrides: values from elsewhere, such as command-line options, by key path; they win.
  ///   - catalogue: the kinds and presets it may name.
  /// - Throws: `PatchCoreError` with file, line and key path.
  public init(
    yaml: String, name: String = "description", overrides: [Override] = [], catalogue: StageCatalogue
  ) throws {
    do {
      let file = try ConfigurationNode(yaml: yaml, name: name)
      let preset = try Self.preset(of: file, catalogue)
      var tree = try Self.defaults(catalogue)
      tree = try preset.node().merged(over: tree)
      tree = try file.merged(over: tree)
      for override in overrides { tree = try override.node.merged(over: tree) }
      for role in StageCatalogue.roles {
        guard let stage = tree[role], case .mapping = stage.value, stage["kind"] == nil else { continue }
        throw ConfigurationProblem(
          path: [role], origin: stage.origin,
          "name a kind; known: \(catalogue.kinds(ofRole: role).joined(separator: ", "))")
      }
      self.tree = tree
      description = try ConfigurationDecoder.decode(
        PipelineDescription.self, from: tree, userInfo: [.stageCatalogue: catalogue])
    } catch let problem as ConfigurationProblem {
      throw problem.error
    }
  }

  /// Reads and resolves a description file.
  ///
  /// - Throws: `PatchCoreError` if the file cannot be read, is not UTF-8, or does not describe a pipeline.
  public init(contentsOf path: String, overrides: [Override] = [], catalogue: StageCatalogue) throws {
    let text = try Self.text(ofFile: path)
    try self.init(yaml: text, name: path, overrides: overrides, catalogue: catalogue)
  }

  /// The text of a description file, or of a pipe.
  package static func text(ofFile path: String) throws -> String {
    var status = stat()
    guard stat(path, &status) == 0, access(path, R_OK) == 0 else {
      throw PatchCoreError(.invalidFile, "\(path): cannot be read: \(String(cString: strerror(errno)))")
    }
    guard status.st_mode & S_IFMT != S_IFDIR else {
      throw PatchCoreError(.invalidFile, "\(path): is a folder; a description is a YAML or JSON file")
    }
    // A handle reads pipes too, such as a shell's <(...).
    let data: Data
    do {
      data = try FileHandle(forReadingFrom: URL(fileURLWithPath: path)).readToEnd() ?? Data()
    } catch {
      throw PatchCoreError(.invalidFile, "\(path): cannot be read: \(String(cString: strerror(errno)))", cause: error)
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw PatchCoreError(.invalidFile, "\(path): is not UTF-8 text; a description is a YAML or JSON file")
    }
    return text
  }

  /// A value set outside the file.
  public struct Override: Sendable {
    fileprivate let node: ConfigurationNode

    /// Sets a text at a key path on behalf of an option.
    public init(path: [String], text: String, option: String) {
      let origin = ConfigurationNode.Origin.option(option)
      var node = ConfigurationNode(.scalar(text, quoted: true), origin: origin)
      for key in path.reversed() { node = .mapping([(key, node)], origin: origin) }
      self.node = node
    }
  }

  private static func preset(of file: ConfigurationNode, _ catalogue: StageCatalogue) throws -> Preset {
    guard let node = file["preset"] else {
      guard let first = catalogue.presets.first else {
        throw PatchCoreError(.invalidConfiguration, "the catalogue has no preset")
      }
      return first
    }
    guard let name = node.text else {
      throw ConfigurationProblem(path: ["preset"], origin: node.origin, "expected a name, found \(node.summary)")
    }
    do {
      return try catalogue.preset(named: name)
    } catch let error as PatchCoreError {
      throw ConfigurationProblem(path: ["preset"], origin: node.origin, error.message)
    }
  }

  private static func defaults(_ catalogue: StageCatalogue) throws -> ConfigurationNode {
    func encoded(_ value: some Encodable) throws -> ConfigurationNode {
      try ConfigurationEncoder.encode(value, catalogue: catalogue)
    }
    let name = catalogue.presets.first?.name ?? ""
    var entries: [(key: String, node: ConfigurationNode)] = []
    for key in PipelineDescription.CodingKeys.allCases {
      let node: ConfigurationNode
      switch key {
      case .preset: node = try encoded(name)
      case .preprocess: node = try encoded(Preprocessing())
      case .map: node = try encoded(MapRendering())
      case .compute: node = try encoded(ComputeSettings())
      case .seed: node = try encoded(UInt64(0))
      case .split: node = try encoded(Split())
      case .evaluation: node = try encoded(EvaluationSettings())
      case .extractor, .aggregator, .subsampler, .neighbourIndex, .scorer:
        node = try catalogue.ground(ofRole: key.rawValue)
      }
      entries.append((key.rawValue, node))
    }
    return .mapping(entries)
  }
}
