import PatchCore

/// A table or figure as a file: a base description, changes to it, and the paper's numbers.
public struct Suite: Sendable {
  /// The name that the command line and the output folder know it by.
  public let name: String
  /// What it reproduces.
  public let title: String
  /// Where in the paper that stands.
  public let source: String
  /// What stands below the table.
  public let notes: [String]
  /// Runs and metrics, or a drawing.
  public let content: Content

  /// What a suite makes.
  public enum Content: Sendable {
    /// A table of numbers.
    case table(Table)
    /// A drawing.
    case picture(SuitePicture)
  }

  /// The part of a suite that computes numbers.
  public struct Table: Sendable {
    /// The data set it is defined on.
    public let data: SuiteDataKind
    /// The numbers, in the order of the columns.
    public let metrics: [SuiteMetric]
    /// The description that the changes are laid over, as it stands in the file.
    public let base: ConfigurationNode
    /// The rows.
    public let runs: [SuiteRun]
    /// Whether the points of the curves over image scores are written, too.
    public let hasCurves: Bool

    /// Whether stages are timed, so that nothing may be reused.
    public var isTimed: Bool { metrics.contains { $0.isTime } }
  }

  /// Reads the text of a suite.
  ///
  /// - Parameters:
  ///   - yaml: YAML or JSON.
  ///   - file: the file's name for messages.
  ///   - name: the suite's name.
  /// - Throws: `PatchCoreError` with file, line and key path for anything unknown, duplicate, ill-typed or missing.
  public init(yaml: String, file: String, name: String) throws {
    let node = try ConfigurationNode(yaml: yaml, name: file)
    let decoded = try node.decoded(as: SuiteFile.self)
    self.name = name
    title = decoded.title
    source = decoded.source
    notes = decoded.notes ?? []
    if let picture = decoded.picture {
      for key in ["data", "metrics", "base", "runs", "curves"] where node[key] != nil {
        throw (node[key] ?? node).problem([key], "a suite has either a picture or runs; remove one")
      }
      content = .picture(picture)
    } else {
      content = .table(try Self.table(decoded, node))
    }
  }

  /// Reads a suite's file; its name without folder and ending is the suite's.
  ///
  /// - Throws: `PatchCoreError` if the file cannot be read, and as for a text.
  public init(contentsOf path: String) throws {
    let last = DatasetFolder.lastComponent(of: path)
    try self.init(
      yaml: try ResolvedDescription.text(ofFile: path), file: path, name: DatasetFolder.splitExtension(last).stem)
  }

  private static func table(_ file: SuiteFile, _ node: ConfigurationNode) throws -> Table {
    func needed<T>(_ value: T?, _ key: String) throws -> T {
      guard let value else {
        throw node.problem([key], "this key is missing; a suite without a picture has data, metrics, base and runs")
      }
      return value
    }
    let metrics = try needed(file.metrics, "metrics"), runs = try needed(file.runs, "runs")
    func part(_ key: String) -> ConfigurationNode { node[key] ?? node }
    guard !metrics.isEmpty else { throw part("metrics").problem(["metrics"], "names no metric; name one") }
    guard !runs.isEmpty else { throw part("runs").problem(["runs"], "holds no run; write one") }
    if let twice = metrics.indices.first(where: { metrics[..<$0].contains(metrics[$0]) }) {
      throw part("metrics").problem(
        ["metrics", "\(twice)"], "\(metrics[twice].rawValue) is named twice; name each once")
    }
    for (number, run) in runs.enumerated() {
      let place = node["runs"]?.parts?[number] ?? node
      func refusal(_ key: String, _ message: String) -> PatchCoreError {
        (place[key] ?? place).problem(["runs", "\(number)", key], message)
      }
      if runs[..<number].contains(where: { $0.name == run.name }) {
        throw refusal("name", "a run before this one is called \(run.name); give each its own name")
      }
      let named = [
        ("paper", Array(run.paper.keys)), ("paper_deviation", Array(run.paperDeviation.keys)),
        ("paper_categories", Array(run.paperCategories.keys)),
      ]
      for (key, used) in named {
        if let stray = SuiteMetric.allCases.first(where: { used.contains($0) && !metrics.contains($0) }) {
          throw refusal(key, "\(stray.rawValue) is no metric of this suite; add it to metrics, or remove it")
        }
      }
      if let seeds = run.seeds, seeds.isEmpty || Set(seeds).count < seeds.count {
        throw refusal("seeds", seeds.isEmpty ? "names no seed; name one" : "names a seed twice; name each once")
      }
    }
    return Table(
      data: try needed(file.data, "data"), metrics: metrics, base: try needed(file.base, "base").node, runs: runs,
      hasCurves: file.curves ?? false)
  }
}

/// A drawing that a suite makes in the place of a table.
public enum SuitePicture: String, Sendable, CaseIterable, Codable {
  /// Coreset and random subsampling of points in a plane.
  case figure3
}

/// The keys of a suite's file.
private struct SuiteFile: Decodable {
  var title: String
  var source: String
  var data: SuiteDataKind?
  var metrics: [SuiteMetric]?
  var base: DescriptionTree?
  var runs: [SuiteRun]?
  var notes: [String]?
  var curves: Bool?
  var picture: SuitePicture?
}
