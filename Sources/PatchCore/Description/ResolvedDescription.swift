import Foundation

/// A description with every value filled in, and where each was set.
public struct ResolvedDescription: Sendable {
  /// The values, for the method that the text describes.
  public let method: any MethodDescription
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
    try self.init(
      layers: [try ConfigurationNode(yaml: yaml, name: name)], overrides: overrides, catalogue: catalogue)
  }

  /// Resolves descriptions laid over each other.
  ///
  /// The last layer that names a preset or is marked as another method decides. Layers below the one that marks the method
  /// lose the keys that this method does not have, as presets do.
  ///
  /// - Parameters:
  ///   - layers: at least one tree as it stands in a file, the lowest first.
  ///   - overrides: values from elsewhere; they win.
  ///   - catalogue: the kinds and presets they may name.
  /// - Throws: `PatchCoreError` with file, line and key path.
  package init(layers: [ConfigurationNode], overrides: [Override] = [], catalogue: StageCatalogue) throws {
    do {
      let preset = try Self.preset(of: layers.last { $0["preset"] != nil } ?? layers[0], catalogue)
      let marks = try layers.map { try Self.method(of: $0, catalogue) }
      let marked = marks.lastIndex { $0 != nil }
      let type = marked.flatMap { marks[$0] } ?? PipelineDescription.self
      let defaults = try type.defaults(catalogue)
      // A preset speaks of PatchCore's parts too where a method has none of them.
      let presetNode = try preset.node().keeping { defaults[$0] != nil }
      var tree = try presetNode.merged(over: defaults)
      for (number, layer) in layers.enumerated() {
        let isOfAnotherMethod = number < (marked ?? 0) && marks[number]?.name != type.name
        tree = try (isOfAnotherMethod ? layer.keeping { defaults[$0] != nil } : layer).merged(over: tree)
      }
      for override in overrides { tree = try override.node.merged(over: tree) }
      for role in StageCatalogue.roles where defaults[role] == nil {
        // Layers below the mark have lost such keys.
        guard let stage = layers[(marked ?? 0)...].lazy.compactMap({ $0[role] }).first else { continue }
        throw ConfigurationProblem(
          path: [role], origin: stage.origin, "\(type.name) has no \(role); leave the key out")
      }
      tree = try type.completed(tree, catalogue)
      try catalogue.checkKindsAreNamed(in: tree, path: [])
      self.tree = tree
      method = try catalogue.decode(type, from: tree)
    } catch let problem as ConfigurationProblem {
      throw problem.error
    }
  }

  /// The values, for a text that describes one PatchCore pipeline.
  public var description: PipelineDescription {
    get throws {
      guard let description = method as? PipelineDescription else {
        throw PatchCoreError(
          .invalidConfiguration,
          "the description is one of the method \(type(of: method).name), and only one PatchCore pipeline will do here")
      }
      return description
    }
  }

  private static func method(
    of file: ConfigurationNode, _ catalogue: StageCatalogue
  ) throws -> (any MethodDescription.Type)? {
    let marked = catalogue.methods.filter { method in method.key.map { file[$0] != nil } ?? false }
    guard marked.count < 2 else {
      let keys = marked.compactMap { $0.key }
      throw ConfigurationProblem(
        path: [keys[1]], origin: file[keys[1]]?.origin ?? file.origin,
        "the key \(keys[0]) describes another method already; a description has one method")
    }
    return marked.first
  }

  /// Reads and resolves a description file.
  ///
  /// - Throws: `PatchCoreError` if the file cannot be read, is not UTF-8, or does not describe a pipeline.
  public init(contentsOf path: String, overrides: [Override] = [], catalogue: StageCatalogue) throws {
    try self.init(yaml: try Self.text(ofFile: path), name: path, overrides: overrides, catalogue: catalogue)
  }

  /// The text of a YAML or JSON file.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidFile` if the file cannot be read or is not UTF-8.
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

  /// The same method with the values of another tree, complete as `tree` is.
  ///
  /// - Throws: `PatchCoreError` with file, line and key path.
  package func replacing(_ tree: ConfigurationNode, catalogue: StageCatalogue) throws -> ResolvedDescription {
    ResolvedDescription(method: try catalogue.decode(type(of: method), from: tree), tree: tree)
  }

  private init(method: any MethodDescription, tree: ConfigurationNode) {
    (self.method, self.tree) = (method, tree)
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
}

extension ConfigurationNode {
  /// A mapping without the keys that are not wanted.
  fileprivate func keeping(_ isWanted: (String) -> Bool) -> ConfigurationNode {
    guard case .mapping(let entries) = value else { return self }
    return ConfigurationNode(.mapping(entries.filter { isWanted($0.key) }), origin: origin, kinds: kinds)
  }
}
