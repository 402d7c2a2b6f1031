import Foundation
import PatchCore
import Testing

/// Rules against NumPy (Fixtures/make_thresholds.py).
@Suite struct ThresholdRuleTests {
  private struct Case: Decodable {
    var name: String
    var scores: [Float]
    var maximum: Float
    var quantiles: [[Double]]
    var mean: Double
    var deviation: Double?
    var rates: [[Double]]
  }

  /// NumPy adds the same numbers in another order.
  private static let relativeRounding = 1e-13

  private static func cases(file: String = #filePath) throws -> [Case] {
    let folder = URL(fileURLWithPath: file).deletingLastPathComponent()
    return try JSONDecoder().decode(
      [Case].self, from: Data(contentsOf: folder.appendingPathComponent("Fixtures/thresholds.json")))
  }

  private func collected(_ scores: [Float]) throws -> NominalScores {
    var collected = NominalScores()
    for score in scores { try collected.add(score, image: "x") }
    return collected
  }

  @Test func equalNumPys() throws {
    let cases = try Self.cases()
    #expect(cases.count == 9)
    for example in cases {
      let scores = try collected(example.scores)
      #expect(try scores.threshold(.maximum) == example.maximum, "\(example.name)")
      for pair in example.quantiles {
        // The same operations on the same 64-bit numbers.
        #expect(try scores.threshold(.quantile(.init(q: pair[0]))) == Float(pair[1]), "\(example.name) \(pair)")
      }
      for pair in example.rates {
        #expect(
          try scores.threshold(.falsePositiveRate(.init(rate: pair[0]))) == Float(pair[1]), "\(example.name) \(pair)")
      }
      let summary = scores.summary
      #expect(summary.count == example.scores.count)
      #expect(summary.least == example.scores.min() && summary.greatest == example.scores.max())
      #expect(isClose(summary.mean, example.mean), "\(example.name)")
      guard let deviation = example.deviation else {
        #expect(summary.deviation == nil)
        let error = #expect(throws: PatchCoreError.self) { try scores.threshold(.meanSigma(.init())) }
        #expect(error?.message.contains("at least 2 unseen images, there are 1") == true)
        continue
      }
      #expect(isClose(try #require(summary.deviation), deviation), "\(example.name)")
      let threshold = try scores.threshold(.meanSigma(.init(sigmas: 2.5)))
      let expected = Float(example.mean + 2.5 * deviation)
      #expect(abs(threshold - expected) <= expected.ulp, "\(example.name)")
    }
  }

  private func isClose(_ value: Double, _ expected: Double) -> Bool {
    abs(value - expected) <= Self.relativeRounding * max(abs(value), abs(expected), 1)
  }

  /// Order statistics do not depend on the order in which scores come, nor on how they come.
  @Test func mapsGiveWhatSingleScoresGive() throws {
    let example = try #require(try Self.cases().first { $0.name == "a hundred" })
    let map = AnomalyMap(height: 10, width: 10, values: example.scores)
    var pixels = NominalScores()
    try pixels.add(map, placement: MapPlacement(width: 10, height: 10), image: "x")
    let reversed = try collected(example.scores.reversed())
    for rule in ThresholdRule.choices {
      let threshold = try pixels.threshold(rule)
      let other = try reversed.threshold(rule)
      #expect(abs(threshold - other) <= threshold.ulp, "\(rule)")
    }
  }

  @Test func scoresThatAreNoNumbersAreRefused() throws {
    var scores = NominalScores()
    try scores.add(1, image: "good.png")
    for bad in [Float.nan, .infinity] {
      let error = #expect(throws: PatchCoreError.self) { try scores.add(bad, image: "bad.png") }
      #expect(error?.code == .notFinite && error?.message.contains("bad.png") == true)
      let map = AnomalyMap(height: 1, width: 2, values: [3, bad])
      #expect(throws: PatchCoreError.self) {
        try scores.add(map, placement: MapPlacement(width: 2, height: 1), image: "bad.png")
      }
    }
    #expect(scores.count == 1)
    #expect(throws: PatchCoreError.self) { try NominalScores().threshold(.maximum) }
  }

  @Test func settingsOutOfRangeAreRefused() throws {
    for (text, part) in [
      ("{kind: quantile, q: 1}", "q is 1.0"), ("{kind: quantile, q: 0}", "q is 0.0"),
      ("{kind: mean_sigma, sigmas: -1}", "sigmas is -1.0"), ("{kind: false_positive_rate, rate: 0}", "rate is 0.0"),
      ("{kind: quantil}", "did you mean quantile?"), ("{kind: quantile, sigmas: 2}", "sigmas"),
      ("{q: 0.5}", "kind: this key is missing"),
      ("", "kind"), ("median", "there is no kind median"),
    ] {
      let error = #expect(throws: PatchCoreError.self, "\(text)") { try ThresholdRule(yaml: text, name: "--rule") }
      #expect(error?.message.contains(part) == true, "\(text): \(error?.message ?? "")")
    }
    #expect(try ThresholdRule(yaml: "quantile", name: "x") == .quantile(.init(q: 0.99)))
    #expect(try ThresholdRule(yaml: "{kind: mean_sigma, sigmas: 2}", name: "x") == .meanSigma(.init(sigmas: 2)))
  }
}
