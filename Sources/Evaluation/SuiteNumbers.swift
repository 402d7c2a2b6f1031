/// Numbers by metric, as a suite's file gives them.
struct SuiteNumbers<Value: Decodable & Sendable>: Decodable, Sendable {
  /// The numbers.
  var values: [SuiteMetric: Value] = [:]

  init() {}

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: SuiteMetric.self)
    // Asking for every metric makes all others unknown keys.
    for metric in SuiteMetric.allCases where container.contains(metric) {
      values[metric] = try container.decode(Value.self, forKey: metric)
    }
  }
}
