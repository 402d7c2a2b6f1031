#if FAISS
import PatchCore

/// Checks of settings against each other and the bank, shared by the kinds: FAISS aborts the process on some values.
enum FaissSettings {
  /// The fewest training points per centroid that FAISS takes for enough.
  static let pointsPerCentroid = 39

  /// The number of lists for a bank when none is set: `round(4 * sqrt(m))`, but at most `m / 39` and at least 1.
  ///
  /// 4 to 16 times the square root is FAISS's advice; 39 is the fewest points per centroid it trains on without a warning.
  static func derivedLists(forRows rows: Int) -> Int {
    max(1, min(Int((4 * Double(rows).squareRoot()).rounded()), rows / pointsPerCentroid))
  }

  /// Throws an error about a key, whose message begins `neighbour_index.KEY is`, unless the condition holds.
  static func require(_ condition: Bool, _ key: String, _ message: @autoclosure () -> String) throws {
    guard condition else {
      let key = "\(NeighbourIndexRole.name).\(key)"
      throw PatchCoreError(.invalidConfiguration, stage: NeighbourIndexRole.name, "\(key) is \(message())")
    }
  }

  /// Refuses a bank of sizes that no kind takes.
  static func checkBank(_ kind: String, rows: Int, dimension: Int) throws {
    guard rows >= 1, dimension >= 1, rows <= Int(Int32.max), dimension <= Int(Int32.max) else {
      throw PatchCoreError(
        .shapeMismatch, stage: NeighbourIndexRole.name,
        "a bank of \(rows) rows of dimension \(dimension); \(kind) takes 1 to \(Int32.max) of each")
    }
  }

  /// Checks lists and probes whatever the bank.
  static func check(lists: Int?, probes: Int) throws {
    try require(probes >= 1, "probes", "\(probes); give at least 1")
    try require(lists.map { $0 >= 1 } ?? true, "lists", "\(lists ?? 0); give at least 1, or null to derive it")
  }

  /// The number of lists for a bank, checked with the probes.
  static func lists(_ lists: Int?, probes: Int, forRows rows: Int) throws -> Int {
    let count = lists ?? derivedLists(forRows: rows)
    try require(
      count <= rows, "lists", "\(count), but the bank has \(rows) rows; give at most \(rows), or null to derive it")
    // A number of lists that nobody set must not make a number of probes wrong.
    try require(
      probes <= count || lists == nil, "probes", "\(probes), but there are \(count) lists; give at most \(count)")
    return count
  }

  /// Warns where centroids are trained on so few rows that they are little more than a sample of them.
  static func warnIfFewRows(_ rows: Int, key: String, value: Int, centroids: Int, _ context: StageContext) {
    guard rows < pointsPerCentroid * centroids else { return }
    let remedy = key == "lists" ? "give \(derivedLists(forRows: rows)), which null derives" : "lower it"
    context.logger.warning(
      """
      \(NeighbourIndexRole.name).\(key) is \(value): \(centroids) centroids trained on \(rows) rows; \
      below \(pointsPerCentroid * centroids) rows they follow the sample more than the data, \(remedy), or keep \
      more rows
      """)
  }
}
#endif
