extension StageDescription where Role == NeighbourIndexRole {
  /// Reads an index from a file: the index alone, `{kind: ...}`, or a whole description, of which `neighbour_index` counts.
  ///
  /// - Parameters:
  ///   - path: a YAML or JSON file, or a pipe.
  ///   - catalogue: the kinds it may name.
  /// - Throws: `PatchCoreError` with file, line and key path; also if the file names no index.
  public init(contentsOf path: String, catalogue: StageCatalogue) throws {
    let text = try ResolvedDescription.text(ofFile: path)
    let tree = try ConfigurationNode(yaml: text, name: path)
    if tree["kind"] != nil {
      try self.init(tree, path: [], catalogue: catalogue)
    } else if tree[Role.name] != nil {
      self = try ResolvedDescription(yaml: text, name: path, catalogue: catalogue).description.neighbourIndex
    } else {
      throw PatchCoreError(
        .invalidConfiguration,
        "\(path): names no index; write {kind: NAME, ...}, or a description with the key \(Role.name)")
    }
  }

  /// Reads a list of indexes, `[{kind: ...}, ...]`.
  ///
  /// - Parameters:
  ///   - yaml: YAML or JSON.
  ///   - name: the file's name for messages.
  ///   - catalogue: the kinds it may name.
  /// - Returns: at least one index.
  /// - Throws: `PatchCoreError` with file, line and key path.
  public static func list(yaml: String, name: String, catalogue: StageCatalogue) throws -> [Self] {
    try ConfigurationNode.list(yaml: yaml, name: name).enumerated().map {
      try Self($1, path: ["\($0)"], catalogue: catalogue)
    }
  }

  /// Reads a list of indexes from a file.
  ///
  /// - Parameters:
  ///   - path: a YAML or JSON file, or a pipe.
  ///   - catalogue: the kinds it may name.
  /// - Returns: at least one index.
  /// - Throws: `PatchCoreError` with file, line and key path.
  public static func list(contentsOf path: String, catalogue: StageCatalogue) throws -> [Self] {
    try list(yaml: ResolvedDescription.text(ofFile: path), name: path, catalogue: catalogue)
  }

  private init(_ node: ConfigurationNode, path: [String], catalogue: StageCatalogue) throws {
    do {
      guard case .mapping = node.value, node["kind"] != nil else {
        throw ConfigurationProblem(
          path: path, origin: node.origin, "expected an index, {kind: NAME, ...}, found \(node.summary)")
      }
      let tree = try node.merged(over: catalogue.ground(ofRole: Role.name), path: path)
      self = try ConfigurationDecoder.decode(Self.self, from: tree, userInfo: catalogue.decodingInfo)
    } catch let problem as ConfigurationProblem {
      throw problem.error
    }
  }
}

extension StageDescription {
  /// The stage with every setting, as YAML on one line.
  ///
  /// - Returns: text such as `{kind: exact}`.
  /// - Throws: what a plugin's configuration throws when it is encoded.
  public func yaml() throws -> String { try ConfigurationEncoder.encode(self).yaml }

  /// The stage with every setting as a JSON value.
  package func jsonValue() throws -> JSONValue { try ConfigurationEncoder.encode(self).jsonValue }
}
