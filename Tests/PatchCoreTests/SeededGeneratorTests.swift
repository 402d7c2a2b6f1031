import Foundation
import PatchCore
import Testing

/// The random generator against numbers of Fixtures/seeded_generator.py, which shares no code with it.
@Suite struct SeededGeneratorTests {
  struct Vectors: Decodable {
    var next: [String: [String]]
    var below: [String: [Int]]
    var unit: [Double]
    var uniform: [Double]
    var sample: [String: [Int]]
    var subseed: [String: String]
  }

  let vectors: Vectors

  init() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/seeded_generator.json")
    vectors = try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: file))
  }

  @Test func bits() throws {
    #expect(vectors.next.count == 5)
    for (seed, expected) in vectors.next {
      var generator = SeededGenerator(seed: try #require(UInt64(seed)))
      #expect(expected.map { _ in String(generator.next()) } == expected, "seed \(seed)")
    }
  }

  @Test func numbersBelowABound() throws {
    #expect(vectors.below.count == 6)
    for (bound, expected) in vectors.below {
      var generator = SeededGenerator(seed: 42)
      let bound = try #require(Int(bound))
      #expect(expected.map { _ in generator.next(below: bound) } == expected, "bound \(bound)")
    }
  }

  @Test func fractions() {
    var generator = SeededGenerator(seed: 42)
    #expect(vectors.unit.map { _ in generator.nextUnit() } == vectors.unit)
    generator = SeededGenerator(seed: 42)
    #expect(vectors.uniform.map { _ in Double(generator.nextUniform(limit: 1 / 32)) } == vectors.uniform)
  }

  @Test func samples() throws {
    #expect(vectors.sample.count == 5)
    for (key, expected) in vectors.sample {
      let numbers = key.split(separator: " ").compactMap { Int($0) }
      var generator = SeededGenerator(seed: 42)
      #expect(generator.sample(numbers[0], below: numbers[1]) == expected, "sample \(key)")
    }
  }

  @Test func seedsOfParts() {
    #expect(vectors.subseed.count == 4)
    for (name, expected) in vectors.subseed {
      #expect(String(SeededGenerator.subseed(7, for: name)) == expected, "part \(name)")
    }
  }

  @Test(arguments: [(0, 1), (1, 1), (7, 7), (50, 51), (1000, 1_000_000)])
  func samplesAreDistinct(count: Int, bound: Int) {
    for seed in 0..<20 as Range<UInt64> {
      var generator = SeededGenerator(seed: seed)
      let sample = generator.sample(count, below: bound)
      #expect(sample.count == count && Set(sample).count == count)
      #expect(sample.allSatisfy { (0..<bound).contains($0) })
    }
  }

  /// All 60 ordered choices of 3 among 5 are equally likely.
  @Test func samplesAreUniform() {
    var generator = SeededGenerator(seed: 3)
    var counts: [[Int]: Int] = [:]
    for _ in 0..<60_000 { counts[generator.sample(3, below: 5), default: 0] += 1 }
    #expect(counts.count == 60)
    // Chi-squared with 59 degrees of freedom exceeds 108 once in ten thousand; each count has mean 1000.
    let squares = counts.values.reduce(0) { $0 + ($1 - 1000) * ($1 - 1000) }
    #expect(Double(squares) / 1000 < 108)
  }
}
