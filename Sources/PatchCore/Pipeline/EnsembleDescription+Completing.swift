extension EnsembleDescription {
  /// The keys that a member may set: the stages and the seed.
  private static let memberKeys = Member.CodingKeys.allCases.map(\.rawValue)
  private static let membersKey = "members"
  private static let combinationKey = "combination"

  /// The tree of all defaults: PatchCore's, with an empty list of members.
  ///
  /// - Parameter catalogue: the kinds that descriptions may name.
  /// - Returns: a mapping with every key.
  /// - Throws: `PatchCoreError` if a default names a kind that is not there.
  public static func defaults(_ catalogue: StageCatalogue) throws -> ConfigurationNode {
    let normalisation = EnsembleCombination(.heldOut).normalisation
    return try PipelineDescription.defaults(catalogue).inserting(
      [
        (membersKey, ConfigurationNode(.sequence([]), origin: .standard)),
        (
          combinationKey,
          .mapping([("normalisation", try ConfigurationEncoder.encode(normalisation, catalogue: catalogue))])
        ),
      ], after: ScorerRole.name)
  }

  /// Lays every member over the file's own stages, which then are the members' alone.
  ///
  /// - Parameters:
  ///   - tree: defaults, preset, file and options, merged.
  ///   - catalogue: the kinds that descriptions may name.
  /// - Returns: the tree to decode.
  /// - Throws: `PatchCoreError` naming place and key.
  public static func completed(_ tree: ConfigurationNode, _ catalogue: StageCatalogue) throws -> ConfigurationNode {
    guard case .mapping(let entries) = tree.value, let members = tree[membersKey] else { return tree }
    guard case .sequence(let list) = members.value else {
      throw ConfigurationProblem(
        path: [membersKey], origin: members.origin, "expected a list of members, found \(members.summary)")
    }
    let ground = ConfigurationNode.mapping(
      entries.filter { memberKeys.contains($0.key) }, origin: tree.origin)
    let whole = try list.enumerated().map { number, member in
      try Self.member(member, over: ground, path: [membersKey, "\(number)"], catalogue)
    }
    try refuseOneFileForSeveral(whole)
    return ConfigurationNode(
      .mapping(
        try entries.compactMap { key, node in
          switch key {
          case membersKey: (key, ConfigurationNode(.sequence(whole), origin: node.origin))
          case combinationKey: (key, try completedCombination(node))
          case _ where StageCatalogue.roles.contains(key): nil
          default: (key, node)
          }
        }), origin: tree.origin)
  }

  private static func member(
    _ member: ConfigurationNode, over ground: ConfigurationNode, path: [String], _ catalogue: StageCatalogue
  ) throws -> ConfigurationNode {
    guard case .mapping(let entries) = member.value else {
      throw ConfigurationProblem(
        path: path, origin: member.origin,
        "expected a mapping of what differs from the rest of the file, found \(member.summary)")
    }
    let shared = PipelineDescription.CodingKeys.allCases.map(\.rawValue) + [membersKey, combinationKey]
    for (key, node) in entries where !memberKeys.contains(key) {
      let nearest = nearestName(to: key, among: memberKeys)
      throw ConfigurationProblem(
        path: path + [key], origin: node.origin,
        shared.contains(key)
          ? "all members have the same \(key); write it at the top level of the file, or leave it out"
          : "there is no such key here; "
            + (nearest.map { "did you mean \($0)?" } ?? "a member may set \(memberKeys.joined(separator: ", "))"))
    }
    let whole = try member.merged(over: ground, path: path)
    try catalogue.checkKindsAreNamed(in: whole, path: path)
    return whole
  }

  /// A weights file that the command line names fills in the one extractor that all members share.
  private static func refuseOneFileForSeveral(_ members: [ConfigurationNode]) throws {
    guard
      let option = members.lazy.compactMap({ $0[ExtractorRole.name]?["weights"]?["file"]?.origin }).first(where: {
        if case .option = $0 { true } else { false }
      }), Set(members.map { $0[ExtractorRole.name]?.yaml }).count > 1
    else { return }
    throw ConfigurationProblem(
      path: [membersKey], origin: option,
      "one weights file cannot fill members whose extractors differ; write extractor.weights of each member in the "
        + "description")
  }

  /// The combination with the setting that its normalisation has; what is wrong with it is found when it is decoded.
  private static func completedCombination(_ node: ConfigurationNode) throws -> ConfigurationNode {
    guard let word = node["normalisation"]?.text.flatMap(EnsembleCombination.Normalisation.init(rawValue:)) else {
      return node
    }
    return try node.merged(
      over: ConfigurationEncoder.encode(EnsembleCombination(word)), path: [combinationKey])
  }
}

extension StageCatalogue {
  /// Refuses a stage without a kind.
  func checkKindsAreNamed(in tree: ConfigurationNode, path: [String]) throws {
    for role in Self.roles {
      guard let stage = tree[role], case .mapping = stage.value, stage["kind"] == nil else { continue }
      throw ConfigurationProblem(
        path: path + [role], origin: stage.origin,
        "name a kind; known: \(kinds(ofRole: role).joined(separator: ", "))")
    }
  }
}
