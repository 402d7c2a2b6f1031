/// The results of a suite as they come.
struct SuiteCollection {
  /// The results of one row.
  struct Row {
    /// By category, then by the position of the seed.
    var records: [String: [Int: SuiteRecord]] = [:]
    /// Why something is missing.
    var problems: [String] = []
  }

  private(set) var rows: [Row]

  init(_ plan: SuitePlan) { rows = plan.rows.map { _ in Row() } }

  mutating func add(_ row: Int, _ category: String, seed: Int, _ record: SuiteRecord) {
    rows[row].records[category, default: [:]][seed] = record
  }

  mutating func note(_ row: Int, _ problem: String?) {
    if let problem { rows[row].problems.append(problem) }
  }
}
