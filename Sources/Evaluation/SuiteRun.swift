import PatchCore

/// A row of a suite: what is changed, and what the paper prints.
public struct SuiteRun: Sendable, Decodable {
  /// The row, as the paper names it.
  public let name: String
  /// What is laid over the base; `nil` for the base as it is.
  public let changes: ConfigurationNode?
  /// The seeds to run with; `nil` for the description's own.
  public let seeds: [UInt64]?
  /// The data set, where it is another one than the suite's.
  public let data: SuiteDataKind?
  /// The paper's numbers over all categories, in the metrics' units.
  public let paper: [SuiteMetric: Double]
  /// The paper's deviations over several draws.
  public let paperDeviation: [SuiteMetric: Double]
  /// The paper's numbers by category.
  public let paperCategories: [SuiteMetric: [String: Double]]
  /// What stands below the table about this row.
  public let note: String?

  private enum CodingKeys: String, CodingKey {
    case name, changes, seeds, data, paper, note
    case paperDeviation = "paper_deviation"
    case paperCategories = "paper_categories"
  }

  /// Reads a run of a suite's file.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decode(String.self, forKey: .name)
    changes = try container.decodeIfPresent(DescriptionTree.self, forKey: .changes)?.node
    seeds = try container.decodeIfPresent([UInt64].self, forKey: .seeds)
    data = try container.decodeIfPresent(SuiteDataKind.self, forKey: .data)
    paper = try container.decodeIfPresent(SuiteNumbers<Double>.self, forKey: .paper)?.values ?? [:]
    paperDeviation =
      try container.decodeIfPresent(SuiteNumbers<Double>.self, forKey: .paperDeviation)?.values ?? [:]
    paperCategories =
      try container.decodeIfPresent(SuiteNumbers<[String: Double]>.self, forKey: .paperCategories)?.values ?? [:]
    note = try container.decodeIfPresent(String.self, forKey: .note)
  }
}
