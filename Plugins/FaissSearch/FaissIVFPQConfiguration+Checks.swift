#if FAISS
import PatchCore

/// The sizes of an index, checked against each other: FAISS aborts the process on some that do not fit.
struct IVFPQShape: Sendable, Equatable {
  var rows: Int
  var dimension: Int
  var lists: Int
  var subQuantisers: Int
  var bits: Int

  /// Entries of one codebook.
  var codebookSize: Int { 1 << bits }
  /// Bytes of a row's code.
  var codeSize: Int { (subQuantisers * bits + 7) / 8 }
}

extension FaissIVFPQConfiguration {
  /// The fewest training points per centroid that FAISS takes for enough.
  private static let pointsPerCentroid = 39
  /// FAISS 1.7.3 refuses more than 8 for an inverted file; with fewer than 4 a code says next to nothing.
  private static let supportedBits = 4...8

  /// The number of lists for a bank of the given size when none is set.
  public static func derivedLists(forRows rows: Int) -> Int {
    max(1, min(Int((4 * Double(rows).squareRoot()).rounded()), rows / pointsPerCentroid))
  }

  /// Checks every setting against the bank's size and the others.
  ///
  /// - Parameters:
  ///   - rows: rows of the bank.
  ///   - dimension: dimension of a row.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` naming the key, both numbers and the remedy.
  public func check(rows: Int, dimension: Int) throws { _ = try shape(forRows: rows, dimension: dimension) }

  func shape(forRows rows: Int, dimension: Int) throws -> IVFPQShape {
    func require(_ condition: Bool, _ key: String, _ message: @autoclosure () -> String) throws {
      guard condition else {
        let key = "\(NeighbourIndexRole.name).\(key)"
        throw PatchCoreError(.invalidConfiguration, stage: NeighbourIndexRole.name, "\(key) is \(message())")
      }
    }
    try require(
      Self.supportedBits.contains(bits), "bits",
      "\(bits); give \(Self.supportedBits.lowerBound) to \(Self.supportedBits.upperBound)")
    try require(subQuantisers >= 1, "sub_quantisers", "\(subQuantisers); give at least 1")
    try require(probes >= 1, "probes", "\(probes); give at least 1")
    try require(lists.map { $0 >= 1 } ?? true, "lists", "\(lists ?? 0); give at least 1, or null to derive it")
    guard rows >= 1, dimension >= 1, rows <= Int(Int32.max), dimension <= Int(Int32.max) else {
      throw PatchCoreError(
        .shapeMismatch, stage: NeighbourIndexRole.name,
        "a bank of \(rows) rows of dimension \(dimension); faiss_ivfpq takes 1 to \(Int32.max) of each")
    }
    try require(
      dimension % subQuantisers == 0, "sub_quantisers",
      "\(subQuantisers), which does not divide the bank's dimension \(dimension); give one of "
        + Self.divisors(of: dimension).map(String.init).joined(separator: ", "))
    let codebook = 1 << bits
    try require(
      rows >= codebook, "bits",
      "\(bits), which needs 2^\(bits) = \(codebook) rows to train on; the bank has \(rows). "
        + Self.remedyForFewRows(rows))
    let count = lists ?? Self.derivedLists(forRows: rows)
    try require(
      count <= rows, "lists", "\(count), but the bank has \(rows) rows; give at most \(rows), or null to derive it")
    // A number of lists that nobody set must not make a number of probes wrong.
    try require(
      probes <= count || lists == nil, "probes", "\(probes), but there are \(count) lists; give at most \(count)")
    return IVFPQShape(rows: rows, dimension: dimension, lists: count, subQuantisers: subQuantisers, bits: bits)
  }

  func warnIfFewRows(_ shape: IVFPQShape, _ context: StageContext) {
    for (key, value, centroids) in [("lists", shape.lists, shape.lists), ("bits", bits, shape.codebookSize)]
    where shape.rows < Self.pointsPerCentroid * centroids {
      context.logger.warning(
        """
        \(NeighbourIndexRole.name).\(key) is \(value): \(centroids) centroids trained on \(shape.rows) rows; \
        below \(Self.pointsPerCentroid * centroids) rows they follow the sample more than the data, lower it or keep \
        more rows
        """)
    }
  }

  static func checkFinite(_ bank: Matrix) throws {
    if let row = bank.firstRowNotFinite() {
      throw PatchCoreError(
        .notFinite, stage: NeighbourIndexRole.name,
        "row \(row) of the memory bank holds a NaN or an infinity; check the weights and the images")
    }
  }

  private static func divisors(of number: Int) -> [Int] {
    guard number < 1 << 20 else { return [1] }
    return (1...number).filter { number % $0 == 0 }
  }

  private static func remedyForFewRows(_ rows: Int) -> String {
    let largest = supportedBits.last { 1 << $0 <= rows }
    let fewer = largest.map { "Give at most \($0) bits, keep" } ?? "Keep"
    return "\(fewer) more rows (subsampler.fraction), or use neighbour_index: {kind: exact}"
  }
}
#endif
