extension ConfigurationNode {
  /// This tree laid over another: its values win, the other fills in what is missing.
  ///
  /// Mappings merge key by key. Where a mapping has kinds and this tree names another kind than the base, the defaults of
  /// the kind named take the base's place. Everything else replaces.
  ///
  /// - Throws: `PatchCoreError` naming place and key path if a kind is unknown.
  func merged(over base: ConfigurationNode, path: [String] = []) throws -> ConfigurationNode {
    guard case .mapping(let entries) = value, case .mapping = base.value else { return self }
    var ground = base
    if let kinds = base.kinds, let kind = self["kind"], kind.text != base["kind"]?.text {
      guard let name = kind.text else {
        throw ConfigurationProblem(path: path + ["kind"], origin: kind.origin, "expected a name, found \(kind.summary)")
      }
      do {
        ground = try kinds.defaults(name)
      } catch let error as PatchCoreError {
        throw ConfigurationProblem(path: path + ["kind"], origin: kind.origin, error.message, code: error.code)
      }
      ground.kinds = kinds
    }
    guard case .mapping(var result) = ground.value else { return self }
    let positions = Dictionary(uniqueKeysWithValues: result.indices.map { (result[$0].key, $0) })
    for (key, node) in entries {
      if let position = positions[key] {
        result[position].node = try node.merged(over: result[position].node, path: path + [key])
      } else {
        result.append((key, node))
      }
    }
    return ConfigurationNode(.mapping(result), origin: origin, kinds: ground.kinds)
  }

  /// Every scalar of the tree with its key path, in order.
  public func leaves(path: [String] = []) -> [(path: [String], node: ConfigurationNode)] {
    switch value {
    case .scalar: [(path, self)]
    case .sequence(let nodes):
      nodes.contains { $0.text == nil }
        ? nodes.enumerated().flatMap { $1.leaves(path: path + ["\($0)"]) } : [(path, self)]
    case .mapping(let entries): entries.flatMap { $0.node.leaves(path: path + [$0.key]) }
    }
  }
}

/// A problem at a place in a description; becomes a `PatchCoreError` that names file, line and key path.
struct ConfigurationProblem: Error {
  var path: [String]
  var origin: ConfigurationNode.Origin
  var message: String
  var code: PatchCoreError.Code

  init(
    path: [String], origin: ConfigurationNode.Origin, _ message: String,
    code: PatchCoreError.Code = .invalidConfiguration
  ) {
    self.path = path
    self.origin = origin
    self.message = message
    self.code = code
  }

  var error: PatchCoreError {
    let place = origin == .standard ? "description" : "\(origin)"
    let key = path.joined(separator: ".")
    return PatchCoreError(code, "\(place): \(key.isEmpty ? "" : "\(key): ")\(message)")
  }
}
