import PatchCore

/// The numbers of a suite beside the paper's.
public struct SuiteResults: Sendable {
  /// The suite.
  public let suite: Suite
  /// The rows in the suite's order.
  public let rows: [Row]
  /// What differs from the paper, a sentence each.
  public let differences: [String]
  /// What was run on.
  public let setting: Setting
  /// The numbers, in the order of the columns.
  let metrics: [SuiteMetric]
  /// What stands over the paper's numbers.
  let paperHeading: String
  /// What stands below the table.
  let notes: [String]
  /// The curves as comma-separated values; `nil` if the suite asks for none.
  let curves: String?

  /// A number over several seeds.
  public struct Number: Sendable, Equatable {
    /// Its mean over the seeds, in the metric's unit; `nil` if it is missing.
    public var value: Double?
    /// The sample standard deviation over the seeds; `nil` for one seed.
    public var deviation: Double?
    /// Why it is missing.
    public var reason: String?
  }

  /// A row.
  public struct Row: Sendable {
    /// The row, as the paper names it, and what is special about it.
    public var run: SuiteRun
    /// Whether a network has random weights.
    public var hasRandomWeights: Bool
    /// The data set's folder and layout; `nil` if none was given.
    public var data: (name: String, kind: String)?
    /// Where its networks' weights come from.
    public var weights: [WeightsOrigin]
    /// Engine and precision; `nil` if nothing was computed.
    public var compute: ComputeSettings?
    /// How many seeds it has.
    public var seeds: Int
    /// The numbers over all categories that are done.
    public var overall: [SuiteMetric: Number]
    /// The numbers of each category, in order.
    public var categories: [(name: String, numbers: [SuiteMetric: Number])]
    /// How many categories are done with all seeds.
    public var categoriesDone: Int
    /// Why something is missing.
    public var problems: [String]

    /// The row's name with what is special about it.
    public var label: String { run.name + (hasRandomWeights ? ", random weights" : "") }
  }

  /// What all rows have in common.
  public struct Setting: Sendable {
    /// The base description's file; `nil` for the suite's own.
    public var base: String?
    /// The program's version.
    public var version: String
  }

  /// Whether a row is missing or not complete.
  public var failures: Int { rows.count { !$0.problems.isEmpty } }

  init(
    _ suite: Suite, _ table: Suite.Table, _ plan: SuitePlan, _ collection: SuiteCollection, _ options: SuiteOptions
  ) throws {
    self.suite = suite
    metrics = table.metrics
    setting = Setting(base: options.base.map(DatasetFolder.lastComponent), version: options.version)
    rows = zip(plan.rows, collection.rows).map { Self.row($0, $1, table.metrics) }
    let comparison = SuiteComparison(table, plan, setting)
    differences = comparison.sentences
    paperHeading = comparison.paperHeading
    var notes: [String] = []
    for note in table.runs.compactMap(\.note) + suite.notes where !notes.contains(note) { notes.append(note) }
    self.notes = notes
    curves = table.hasCurves ? try Self.curves(plan, collection) : nil
  }

  private static func row(_ plan: SuitePlan.Row, _ results: SuiteCollection.Row, _ metrics: [SuiteMetric]) -> Row {
    let seeds = plan.descriptions.count
    let names = plan.data?.categories.map(\.name) ?? []
    let done = names.filter { results.records[$0]?.count == seeds && seeds > 0 }
    func found(_ metric: SuiteMetric, _ category: String, _ seed: Int) -> SuiteMetric.Found {
      guard let record = results.records[category]?[seed] else { return .absent("not done") }
      return metric.value(in: record.report, bankRows: record.bankRows)
    }
    func numbers(_ categories: [String]) -> [SuiteMetric: Number] {
      Dictionary(
        uniqueKeysWithValues: metrics.map { metric in
          (metric, number(metric, categories, seeds: seeds) { found(metric, $0, $1) })
        })
    }
    return Row(
      run: plan.run, hasRandomWeights: plan.weights.contains(where: \.isRandom),
      data: plan.data.map { ($0.name, $0.kind.rawValue) }, weights: plan.weights,
      compute: plan.descriptions.first?.resolved.method.compute, seeds: seeds, overall: numbers(done),
      categories: names.map { ($0, numbers(done.contains($0) ? [$0] : [])) }, categoriesDone: done.count,
      problems: results.problems)
  }

  /// The categories' numbers combined for each seed, then mean and deviation over the seeds.
  private static func number(
    _ metric: SuiteMetric, _ categories: [String], seeds: Int, _ found: (String, Int) -> SuiteMetric.Found
  ) -> Number {
    guard !categories.isEmpty, seeds > 0 else { return Number(reason: "not done") }
    var values: [Double] = []
    for seed in 0..<seeds {
      var sum = 0.0
      for category in categories {
        switch found(category, seed) {
        case .value(let value): sum += value
        case .absent(let reason): return Number(reason: reason)
        }
      }
      values.append(metric.combination == .sum ? sum : sum / Double(categories.count))
    }
    let spread = MeanAndDeviation(values)
    return Number(value: spread?.mean, deviation: spread?.deviation)
  }
}
