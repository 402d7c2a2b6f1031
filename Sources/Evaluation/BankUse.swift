import PatchCore

/// How much of the memory bank is used: the rows that are the nearest neighbour of at least one test patch.
///
/// Roth et al. (2022), section 4.4.2: a coreset is used almost whole, a bank that is not reduced to less than a third.
public struct BankUse: Sendable, Equatable {
  private var isUsed: [Bool]
  /// Rows that are the nearest of a patch.
  public private(set) var usedRows = 0

  /// A bank of which nothing is used yet.
  public init(rows: Int) { isUsed = [Bool](repeating: false, count: rows) }

  /// Rows of the bank.
  public var rows: Int { isUsed.count }
  /// The share of the rows that is used, 0 to 1; `nil` for an empty bank.
  public var share: Double? { rows > 0 ? Double(usedRows) / Double(rows) : nil }

  /// Adds the patches of an image.
  ///
  /// - Parameters:
  ///   - nearestRows: the row of the bank nearest to each patch.
  ///   - image: named in errors.
  /// - Throws: `PatchCoreError` with code `.shapeMismatch` if the bank lacks a row. Nothing is added then.
  public mutating func add(_ nearestRows: [Int32], image: String) throws {
    if let row = nearestRows.first(where: { !isUsed.indices.contains(Int($0)) }) {
      throw PatchCoreError(
        .shapeMismatch, stage: "evaluate",
        "\(image): a patch is nearest to row \(row) of the memory bank, which has \(rows) rows; the scorer is at fault")
    }
    for row in nearestRows where !isUsed[Int(row)] {
      isUsed[Int(row)] = true
      usedRows += 1
    }
  }
}
