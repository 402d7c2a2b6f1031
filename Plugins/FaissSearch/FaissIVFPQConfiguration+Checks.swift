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
  /// FAISS 1.7.3 refuses more than 8 for an inverted file; with fewer than 4 a code says next to nothing.
  private static let supportedBits = 4...8

  /// The number of lists for a bank of the given size when none is set.
  public static func derivedLists(forRows rows: Int) -> Int { FaissSettings.derivedLists(forRows: rows) }

  /// Checks every setting against the bank's size and the others.
  ///
  /// - Parameters:
  ///   - rows: rows of the bank.
  ///   - dimension: dimension of a row.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` naming the key, both numbers and the remedy.
  public func check(rows: Int, dimension: Int) throws { _ = try shape(forRows: rows, dimension: dimension) }

  func shape(forRows rows: Int, dimension: Int) throws -> IVFPQShape {
    try FaissSettings.require(
      Self.supportedBits.contains(bits), "bits",
      "\(bits); give \(Self.supportedBits.lowerBound) to \(Self.supportedBits.upperBound)")
    try FaissSettings.require(subQuantisers >= 1, "sub_quantisers", "\(subQuantisers); give at least 1")
    try FaissSettings.check(lists: lists, probes: probes)
    try FaissSettings.checkBank(Self.kind, rows: rows, dimension: dimension)
    try FaissSettings.require(
      dimension % subQuantisers == 0, "sub_quantisers",
      "\(subQuantisers), which does not divide the bank's dimension \(dimension); give one of "
        + Self.divisors(of: dimension).map(String.init).joined(separator: ", "))
    let codebook = 1 << bits
    try FaissSettings.require(
      rows >= codebook, "bits",
      "\(bits), which needs 2^\(bits) = \(codebook) rows to train on; the bank has \(rows). "
        + Self.remedyForFewRows(rows))
    return IVFPQShape(
      rows: rows, dimension: dimension, lists: try FaissSettings.lists(lists, probes: probes, forRows: rows),
      subQuantisers: subQuantisers, bits: bits)
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
