/// The kinds of stages and the presets that descriptions may name: a value, passed to whoever reads descriptions.
///
/// `PatchCoreStandard` builds the one with every plugin of this package; a program may add its own with one line each.
public struct StageCatalogue: Sendable {
  private var types: [String: [String: any StageConfiguration.Type]] = [:]
  private var remedies: [String: [String: String]] = [:]
  /// The kind of a role that holds where neither a file nor its preset names one.
  private var defaultKinds: [String: String] = [:]
  /// The presets in the order of registration; the first one holds for descriptions that name none.
  public private(set) var presets: [Preset] = []

  /// The methods that descriptions and artifacts may name, PatchCore's pipeline and ensembles of it first.
  public private(set) var methods: [any MethodDescription.Type] = [PipelineDescription.self, EnsembleDescription.self]

  /// What configurations find beside the catalogue in the `userInfo` of their decoder.
  package var companions: [CodingUserInfoKey: any Sendable] = [:]

  /// A catalogue without stages.
  public init() {}

  /// The `userInfo` to decode descriptions with.
  var decodingInfo: [CodingUserInfoKey: Any] {
    companions.mapValues { $0 as Any }.merging([.stageCatalogue: self]) { $1 }
  }

  /// Puts another configuration in the place of each extractor's, under the same kind.
  ///
  /// - Parameter replacement: gives the configuration for one that is registered; it must have the same kind and keys.
  package mutating func replaceExtractors(
    _ replacement: (any FeatureExtractorConfiguration.Type) -> any FeatureExtractorConfiguration.Type
  ) {
    for (kind, type) in types[ExtractorRole.name] ?? [:] {
      guard let type = type as? any FeatureExtractorConfiguration.Type else { continue }
      types[ExtractorRole.name]?[kind] = replacement(type)
    }
  }

  /// The keys of the roles, in the order of a pipeline.
  public static let roles = [
    ExtractorRole.name, AggregatorRole.name, SubsamplerRole.name, NeighbourIndexRole.name, ScorerRole.name,
  ]

  /// Registers an extractor.
  ///
  /// - Parameters:
  ///   - type: its configuration.
  ///   - isDefault: whether it holds for descriptions where neither the file nor its preset names an extractor; the last
  ///     one registered so does.
  public mutating func register<C: FeatureExtractorConfiguration>(_ type: C.Type, isDefault: Bool = false) {
    add(type, ExtractorRole.name)
    if isDefault { defaultKinds[ExtractorRole.name] = C.kind }
  }
  /// Registers an aggregator.
  public mutating func register<C: AggregatorConfiguration>(_ type: C.Type) { add(type, AggregatorRole.name) }
  /// Registers a subsampler.
  public mutating func register<C: SubsamplerConfiguration>(_ type: C.Type) { add(type, SubsamplerRole.name) }
  /// Registers a neighbour index.
  public mutating func register<C: NeighbourIndexConfiguration>(_ type: C.Type) { add(type, NeighbourIndexRole.name) }
  /// Registers a scorer.
  public mutating func register<C: ScorerConfiguration>(_ type: C.Type) { add(type, ScorerRole.name) }

  /// Registers a method beside PatchCore's pipeline.
  public mutating func register<M: MethodDescription>(method: M.Type) {
    precondition(!methods.contains { $0.name == M.name }, "the method \(M.name) is registered twice")
    methods.append(method)
  }

  private mutating func add(_ type: any StageConfiguration.Type, _ role: String) {
    precondition(types[role]?[type.kind] == nil, "the \(role) kind \(type.kind) is registered twice")
    types[role, default: [:]][type.kind] = type
  }

  /// Notes that a kind exists but is not in this build.
  ///
  /// - Parameters:
  ///   - kind: the kind's name.
  ///   - role: the key of its role, such as `NeighbourIndexRole.name`.
  ///   - remedy: how to get it, as a clause: "build with the trait FAISS".
  public mutating func registerUnavailable(_ kind: String, role: String, remedy: String) {
    remedies[role, default: [:]][kind] = remedy
  }

  /// Registers a preset; the first one registered holds for descriptions that name none.
  public mutating func register(_ preset: Preset) {
    precondition(!presets.contains { $0.name == preset.name }, "the preset \(preset.name) is registered twice")
    presets.append(preset)
  }

  /// The kinds of a role that are in this build, by name.
  public func kinds(ofRole role: String) -> [String] { (types[role] ?? [:]).keys.sorted() }

  /// The kinds of a role that are not in this build, with the way to get each.
  public func unavailableKinds(ofRole role: String) -> [(kind: String, remedy: String)] {
    (remedies[role] ?? [:]).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// The configuration type of a kind.
  ///
  /// - Parameters:
  ///   - kind: the kind's name.
  ///   - role: the key of its role.
  /// - Returns: the type that was registered.
  /// - Throws: `PatchCoreError` with the nearest known name, or how to get a kind that is not in this build.
  public func type(of kind: String, role: String) throws -> any StageConfiguration.Type {
    if let type = types[role]?[kind] { return type }
    if let remedy = remedies[role]?[kind] {
      throw PatchCoreError(.notInThisBuild, stage: role, "\(kind) is not in this build; \(remedy)")
    }
    let known = kinds(ofRole: role)
    let nearest = nearestName(to: kind, among: known + (remedies[role] ?? [:]).keys)
    throw PatchCoreError(
      .invalidConfiguration, stage: role,
      "there is no \(role) of kind \(kind); " + (nearest.map { "did you mean \($0)? " } ?? "")
        + "known: \(known.joined(separator: ", "))")
  }

  /// The defaults of a kind as a tree.
  public func defaults(of kind: String, role: String) throws -> ConfigurationNode {
    let configuration = try type(of: kind, role: role).init()
    let node = try ConfigurationEncoder.encode(configuration, catalogue: self)
    guard case .mapping(let entries) = node.value else {
      preconditionFailure("a stage's configuration encodes as a mapping")
    }
    let kindNode = ConfigurationNode(.scalar(kind, quoted: true), origin: .standard)
    return .mapping([("kind", kindNode)] + entries)
  }

  /// What a role's part holds before preset and file: the defaults of its default kind, or nothing.
  func ground(ofRole role: String) throws -> ConfigurationNode {
    var node = try defaultKinds[role].map { try defaults(of: $0, role: role) } ?? .mapping([])
    node.kinds = schema(forRole: role)
    return node
  }

  func schema(forRole role: String) -> KindSchema {
    KindSchema { try defaults(of: $0, role: role) }
  }

  /// The preset of a name.
  ///
  /// - Throws: `PatchCoreError` with the known names.
  public func preset(named name: String) throws -> Preset {
    if let preset = presets.first(where: { $0.name == name }) { return preset }
    let known = presets.map(\.name)
    let nearest = nearestName(to: name, among: known)
    throw PatchCoreError(
      .invalidConfiguration,
      "there is no preset \(name); " + (nearest.map { "did you mean \($0)? " } ?? "")
        + "known: \(known.joined(separator: ", "))")
  }
}

/// A named set of values for a description, such as the numerics of one implementation.
public struct Preset: Sendable {
  /// The name that `preset:` gives in a description.
  public let name: String
  /// What it stands for, in a sentence.
  public let summary: String
  /// The values, as the YAML of a description.
  public let yaml: String
  /// The key paths, such as `scorer.bank_neighbours`, on which the paper is silent and this preset chooses.
  public let paperSilent: Set<String>

  /// Creates a preset.
  public init(name: String, summary: String, yaml: String, paperSilent: Set<String> = []) {
    self.name = name
    self.summary = summary
    self.yaml = yaml
    self.paperSilent = paperSilent
  }

  func node() throws -> ConfigurationNode {
    let plain = try ConfigurationNode(yaml: yaml, name: "preset \(name)") { _ in .preset(name) }
    return plain.markingSilent(paperSilent, preset: name, path: [])
  }
}

extension ConfigurationNode {
  fileprivate func markingSilent(_ paths: Set<String>, preset: String, path: [String]) -> ConfigurationNode {
    var copy = self
    if paths.contains(path.joined(separator: ".")) { copy.origin = .paperSilent(preset: preset) }
    if case .mapping(let entries) = value {
      copy.value = .mapping(
        entries.map { ($0.key, $0.node.markingSilent(paths, preset: preset, path: path + [$0.key])) })
    }
    return copy
  }
}
