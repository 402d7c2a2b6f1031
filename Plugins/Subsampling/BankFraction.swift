import PatchCore

/// The share of the candidates that a bank keeps.
struct BankFraction: Sendable {
  let value: Double

  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` unless `0 < value <= 1`.
  init(_ value: Double) throws {
    guard value > 0, value <= 1 else {
      let percent = value > 1 && value <= 100 ? "; for \(value) percent write \(value / 100)" : ""
      throw PatchCoreError(
        .invalidConfiguration, stage: "subsampler",
        "fraction is \(value); it must be above 0 and at most 1\(percent), and to keep every patch use kind: none")
    }
    self.value = value
  }

  /// The size of the bank for n candidates: the product in double precision, cut to a whole number as the official code
  /// does, but at least 1.
  func bankSize(forCandidates n: Int) throws -> Int {
    guard n >= 1 else {
      throw PatchCoreError(
        .shapeMismatch, stage: "subsampler", "there are \(n) candidates to choose from; give at least 1 training image")
    }
    return size(forCandidates: n)
  }

  /// The same without the check, for plans of memory.
  func size(forCandidates n: Int) -> Int { max(1, Int(Double(n) * value)) }
}
