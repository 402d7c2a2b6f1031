import Logging
import PatchCore

/// The rows of a suite with everything decided that can be before an image is opened.
struct SuitePlan {
  /// A row.
  struct Row {
    var run: SuiteRun
    /// What it runs on; `nil` if no data of its kind were given.
    var data: SuiteData?
    /// One description per seed.
    var descriptions: [(seed: UInt64, resolved: ResolvedDescription)] = []
    /// Where the weights of its networks come from.
    var weights: [WeightsOrigin] = []
    /// Its networks, and those of the paper's row.
    var networks: [String] = []
    var paperNetworks: [String] = []
    /// Why it cannot be run; `nil` if it can.
    var problem: String?
    /// What was adapted to the data.
    var notes: [String] = []
  }

  let rows: [Row]

  init(_ table: Suite.Table, _ options: SuiteOptions, _ catalogue: StageCatalogue, _ logger: Logger) throws {
    let data = try Self.data(table, options)
    let base = try options.base.map {
      try ConfigurationNode(yaml: try ResolvedDescription.text(ofFile: $0), name: $0)
    }
    // A mistake in the base is no matter of single rows.
    _ = try ResolvedDescription(layers: [base ?? table.base], catalogue: catalogue)
    var rows = table.runs.map { run in
      let kind = run.data ?? table.data
      return Row(run: run, data: data[kind] ?? nil)
    }
    var trees: [ConfigurationNode?] = []
    for position in rows.indices {
      do {
        trees.append(try Self.resolve(&rows[position], base, table, catalogue))
      } catch let error as PatchCoreError {
        rows[position].problem = "\(error)"
        trees.append(nil)
      }
    }
    let architectures = try trees.compactMap { $0 }.flatMap { try Self.networks(of: $0, catalogue) }
    let weights = try SuiteWeights(
      folder: options.weightsFolder, allowsRandom: options.allowsRandomWeights, architectures: architectures,
      catalogue: catalogue, logger: logger)
    for position in rows.indices where rows[position].problem == nil {
      do {
        try Self.complete(&rows[position], weights, catalogue, logger)
      } catch let error as PatchCoreError {
        rows[position].problem = "\(error)"
      }
    }
    self.rows = rows
  }

  /// The data of each kind that rows are defined on; `nil` for a kind that was not given though another was.
  private static func data(_ table: Suite.Table, _ options: SuiteOptions) throws -> [SuiteDataKind: SuiteData?] {
    let kinds = Set(table.runs.map { $0.data ?? table.data })
    var given: [(kind: DatasetKind, data: SuiteData)] = []
    let locations = try options.data.map { try DatasetLocation(parsing: $0, otherwise: table.data) }
    if options.categories != nil, !locations.contains(where: { $0.kind == .mvtec }) {
      throw PatchCoreError(
        .invalidDataset, "only data sets of kind mvtec have categories; leave out --categories, or give mvtec:PATH")
    }
    for location in locations {
      guard !given.contains(where: { $0.kind == location.kind }) else {
        throw PatchCoreError(
          .invalidDataset, "two data sets of kind \(location.kind.rawValue) are given; give one of each kind")
      }
      given.append((location.kind, try SuiteData(location, categories: options.categories)))
    }
    guard let first = given.first else { throw PatchCoreError(.invalidDataset, "no data set is given") }
    let isAnyPapers = given.contains { entry in kinds.contains { $0.rawValue == entry.kind.rawValue } }
    let unused =
      isAnyPapers
      ? given.first { entry in !kinds.contains { $0.rawValue == entry.kind.rawValue } } : given.dropFirst().first
    if let unused {
      throw PatchCoreError(
        .invalidDataset, "no row runs on \(unused.data.name) (\(unused.kind.rawValue)); leave that --data out")
    }
    return Dictionary(
      uniqueKeysWithValues: kinds.map { kind in
        (kind, given.first { $0.kind.rawValue == kind.rawValue }?.data ?? (isAnyPapers ? nil : first.data))
      })
  }

  /// Lays the changes over the base, for each seed; returns the first description's tree.
  private static func resolve(
    _ row: inout Row, _ base: ConfigurationNode?, _ table: Suite.Table, _ catalogue: StageCatalogue
  ) throws -> ConfigurationNode? {
    let kind = row.run.data ?? table.data
    guard let data = row.data, let first = data.categories.first else {
      row.problem = "its data are not given; add --data \(kind.rawValue):PATH"
      return nil
    }
    let origin = ConfigurationNode.Origin.option("reproduce")
    var layers = try layers(base ?? table.base, row.run.changes, catalogue)
    var resolved = try ResolvedDescription(layers: layers, catalogue: catalogue)
    let fraction = resolved.method.split.nominalTestFraction
    if first.hasFixedSplit != (fraction == 0) {
      let adapted = first.hasFixedSplit ? "0" : "0.2"
      layers.append(.value(adapted, at: ["split", "nominal_test_fraction"], origin: origin))
      resolved = try ResolvedDescription(layers: layers, catalogue: catalogue)
      row.notes.append(
        first.hasFixedSplit
          ? "split.nominal_test_fraction is 0 and not \(fraction): \(data.name) has test images of its own."
          : "split.nominal_test_fraction is \(adapted): \(data.name) has no test images without defects of its own.")
    }
    for seed in row.run.seeds ?? [resolved.method.seed] {
      let node = ConfigurationNode.value("\(seed)", at: ["seed"], origin: origin)
      row.descriptions.append((seed, try ResolvedDescription(layers: layers + [node], catalogue: catalogue)))
    }
    row.networks = try networks(of: resolved.tree, catalogue).map(networkLabel)
    row.paperNetworks = row.networks
    if base != nil {
      let papers = try ResolvedDescription(
        layers: try Self.layers(table.base, row.run.changes, catalogue), catalogue: catalogue)
      row.paperNetworks = try networks(of: papers.tree, catalogue).map(networkLabel)
    }
    return resolved.tree
  }

  /// Base and changes; the base's weights go where the changes name another network.
  private static func layers(
    _ base: ConfigurationNode, _ changes: ConfigurationNode?, _ catalogue: StageCatalogue
  ) throws -> [ConfigurationNode] {
    guard let changes else { return [base] }
    guard let written = base["extractor"], let change = changes["extractor"] else { return [base, changes] }
    let resolved = try ResolvedDescription(layers: [base], catalogue: catalogue).tree["extractor"]
    let isOther = ["kind", "architecture"].contains { key in
      change[key]?.text.map { $0 != resolved?[key]?.text } ?? false
    }
    return [isOther ? base.setting("extractor", written.removing(["weights"])) : base, changes]
  }

  private static func complete(
    _ row: inout Row, _ weights: SuiteWeights, _ catalogue: StageCatalogue, _ logger: Logger
  ) throws {
    for position in row.descriptions.indices {
      let resolved = row.descriptions[position].resolved
      let outcome = try weights.complete(
        resolved.tree, context: StageContext(compute: resolved.method.compute, logger: logger))
      if let problem = outcome.problem {
        row.problem = problem
        return
      }
      row.weights = outcome.origins
      row.descriptions[position].resolved = try resolved.replacing(outcome.tree, catalogue: catalogue)
    }
  }

  /// The architectures, or kinds where there is none, of a description's extractors.
  private static func networks(of tree: ConfigurationNode, _ catalogue: StageCatalogue) throws -> [String] {
    var names: [String] = []
    _ = try tree.changingExtractors { node in
      let whole = try node.completedExtractor(catalogue)
      names.append(whole["architecture"]?.text ?? whole["kind"]?.text ?? "")
      return node
    }
    return names
  }

  /// An architecture as the paper writes it.
  static func networkLabel(_ name: String) -> String {
    let stems = [
      ("wide_resnet", "WideResNet-"), ("resnext", "ResNeXt-"), ("resnet", "ResNet-"), ("densenet", "DenseNet-"),
    ]
    guard let (stem, label) = stems.first(where: { name.hasPrefix($0.0) }) else { return name }
    return label + name.dropFirst(stem.count).replacing("_", with: "-")
  }
}
