/// The mean of several numbers and their spread, as a table of runs with several seeds or categories prints them.
public struct MeanAndDeviation: Sendable, Hashable, Codable {
  /// The arithmetic mean.
  public let mean: Double
  /// The sample standard deviation, divided by n - 1 (Bessel's correction); `nil` of a single number.
  public let deviation: Double?
  /// How many numbers there were, n.
  public let count: Int

  /// Summarises numbers; `nil` if there are none.
  ///
  /// The deviation is taken in a second pass around the mean, so that close numbers lose no digits.
  ///
  /// - Parameter values: finite numbers, such as the AUROC of each seed.
  public init?(_ values: some Collection<Double>) {
    guard !values.isEmpty else { return nil }
    count = values.count
    let mean = values.reduce(0, +) / Double(values.count)
    self.mean = mean
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    deviation = values.count > 1 ? (squares / Double(values.count - 1)).squareRoot() : nil
  }
}
