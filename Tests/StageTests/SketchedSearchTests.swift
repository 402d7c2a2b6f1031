import CKernels
import Compute
import PatchCore
import Testing

/// Search with sketches against the plain search, which compares every row with every query: the same rows and the same
/// distances, bit for bit.
@Suite struct SketchedSearchTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var queries = 60
    var bank = 1500
    var dimension: Int
    var k = 1
    var make: @Sendable (inout SeededGenerator, _ bank: Int, _ queries: Int, _ dimension: Int) -> (Matrix, Matrix)
  }

  static let cases: [Case] = [
    Case(testDescription: "as features are", dimension: 200, make: features),
    Case(testDescription: "as features are, all levels", bank: 2300, dimension: 400, make: features),
    Case(testDescription: "several neighbours", dimension: 150, k: 9, make: features),
    Case(testDescription: "as many as sketches serve", bank: 1024, dimension: 130, k: 16, make: features),
    Case(testDescription: "the fewest dimensions", dimension: 32, k: 3, make: features),
    Case(testDescription: "one half holds all coordinates", dimension: 63, make: features),
    Case(testDescription: "a half and one coordinate", dimension: 65, make: features),
    Case(testDescription: "one coordinate less than two halves", bank: 1100, dimension: 127, k: 2, make: features),
    // More queries than are compared at once.
    Case(testDescription: "many queries", queries: 1100, bank: 1024, dimension: 40, make: features),
    Case(testDescription: "a last block of one row", queries: 20, bank: 1025, dimension: 70, k: 9, make: features),
    // More blocks than one thread searches by itself.
    Case(testDescription: "a large bank", queries: 40, bank: 33_000, dimension: 32, k: 2, make: noise),
    // Nothing can be ruled out early: every level is crossed by most rows.
    Case(testDescription: "noise alone", bank: 1200, dimension: 96, k: 2, make: noise),
    Case(testDescription: "few distinct rows", dimension: 48, k: 12) { generator, bank, queries, d in
      let (rows, asked) = features(&generator, 7, queries, d)
      return (rows.selecting(rows: (0..<bank).map { $0 * 5 % 7 }), asked)
    },
    Case(testDescription: "one row that is far from all", dimension: 64, k: 2) { generator, bank, queries, d in
      var (rows, asked) = features(&generator, bank, queries, d)
      rows.withUnsafeMutableBufferPointer { $0[3 * d] = 1e6 }
      asked.withUnsafeMutableBufferPointer { $0[d + 1] = -1e7 }
      return (rows, asked)
    },
    Case(testDescription: "far from the origin", dimension: 128, k: 4) { generator, bank, queries, d in
      let (rows, asked) = features(&generator, bank, queries, d)
      return (mapped(rows) { 4096 + $0 * 1e-2 }, mapped(asked) { 4096 + $0 * 1e-2 })
    },
    Case(testDescription: "scale 1e-18", dimension: 64, k: 2) { generator, bank, queries, d in
      let (rows, asked) = features(&generator, bank, queries, d)
      return (mapped(rows) { $0 * 1e-18 }, mapped(asked) { $0 * 1e-18 })
    },
    Case(testDescription: "scale 1e12", dimension: 64, k: 2) { generator, bank, queries, d in
      let (rows, asked) = features(&generator, bank, queries, d)
      return (mapped(rows) { $0 * 1e12 }, mapped(asked) { $0 * 1e12 })
    },
    Case(testDescription: "queries that overflow", queries: 8, dimension: 64) { generator, bank, queries, d in
      let (rows, asked) = features(&generator, bank, queries, d)
      return (rows, mapped(asked) { $0 * 1e25 })
    },
  ]

  @Test(arguments: cases) func findsWhatThePlainSearchFinds(_ test: Case) throws {
    var generator = SeededGenerator(seed: 5)
    var (bank, queries) = test.make(&generator, test.bank, test.queries, test.dimension)
    // The first query is a row of the bank.
    let copied = bank[row: test.bank / 3]
    queries.withUnsafeMutableBufferPointer { values in for i in copied.indices { values[i] = copied[i] } }
    for engine in NearestTests.engines {
      let plain = try engine.nearest(queries: queries, bank: PreparedBank(bank), k: test.k)
      let prepared = try PreparedBank(bank, sketchedBy: engine)
      #expect(!prepared.archive.isEmpty, "no sketches")
      let fast = try engine.nearest(queries: queries, bank: prepared, k: test.k)
      #expect(fast.rows == plain.rows, "\(engine.kind)")
      #expect(fast.squaredDistances == plain.squaredDistances, "\(engine.kind)")
      #expect(fast.squaredDistances[0] == 0)
    }
  }

  @Test func agreesWithDoublePrecision() throws {
    var generator = SeededGenerator(seed: 8)
    let (bank, queries) = Self.features(&generator, 1100, 12, 256)
    let engine = OpenBLASEngine()
    let found = try engine.nearest(queries: queries, bank: PreparedBank(bank, sketchedBy: engine), k: 5)
    try NearestTests.check(found, queries: queries, bank: bank, k: 5)
  }

  @Test func moreNeighboursThanSketchesServeAreFoundWithoutThem() throws {
    var generator = SeededGenerator(seed: 9)
    let (bank, queries) = Self.features(&generator, 1100, 5, 64)
    let engine = OpenBLASEngine()
    let fast = try engine.nearest(queries: queries, bank: PreparedBank(bank, sketchedBy: engine), k: 40)
    #expect(try fast == engine.nearest(queries: queries, bank: PreparedBank(bank), k: 40))
  }

  @Test func doesNotDependOnThreadsNorOnOtherQueries() throws {
    var generator = SeededGenerator(seed: 10)
    let (bank, queries) = Self.features(&generator, 1300, 230, 140)
    let engine = OpenBLASEngine()
    let threads = ThreadCount.current
    defer { ThreadCount.set(threads) }
    let results = try [1, 2, 5].map { count in
      ThreadCount.set(count)
      let prepared = try PreparedBank(bank, sketchedBy: engine)
      return (prepared, try engine.nearest(queries: queries, bank: prepared, k: 2))
    }
    #expect(results[0].1 == results[1].1 && results[0].1 == results[2].1)
    for name in results[0].0.archive.tensors.keys {
      let bytes = try results.map { try $0.0.archive.tensor(name).withBytes { Array($0) } }
      #expect(bytes[0] == bytes[1] && bytes[0] == bytes[2], "\(name)")
    }
    let one = try engine.nearest(queries: queries.slice(97..<98), bank: results[0].0, k: 2)
    #expect(one.rows == Array(results[0].1.rows[194..<196]))
  }

  /// The functions for every kind of processor that this one can be.
  @Test func everyProcessorFindsTheSame() throws {
    var generator = SeededGenerator(seed: 11)
    let (bank, queries) = Self.features(&generator, 1100, 40, 400)
    let engine = OpenBLASEngine()
    defer { pc_limit_processor(PC_AVX512_BF16) }
    let expected = try engine.nearest(queries: queries, bank: PreparedBank(bank), k: 3)
    for level in [PC_BASELINE, PC_AVX2, PC_AVX512, PC_AVX512_VNNI] {
      pc_limit_processor(level)
      let found = try engine.nearest(queries: queries, bank: PreparedBank(bank, sketchedBy: engine), k: 3)
      #expect(found == expected, "level \(level.rawValue)")
    }
  }

  @Test func banksThatSketchesDoNotSuitHaveNone() throws {
    var generator = SeededGenerator(seed: 12)
    let engine = OpenBLASEngine()
    let few = Self.features(&generator, 1023, 1, 64).0, narrow = Self.features(&generator, 1100, 1, 31).0
    let equal = Matrix(rows: 1100, columns: 40, [Float](repeating: 2, count: 44_000))
    let huge = Self.mapped(Self.features(&generator, 1100, 1, 40).0) { $0 * 1e30 }
    for bank in [few, narrow, equal, huge] {
      #expect(try PreparedBank(bank, sketchedBy: engine).archive.isEmpty)
    }
  }

  // MARK: - Data

  /// Clusters along a few directions of quickly falling length, and a little noise, none of it negative.
  static let features: @Sendable (inout SeededGenerator, Int, Int, Int) -> (Matrix, Matrix) = {
    generator, bank, queries, d in
    let axes = min(d, 24)
    let directions = (0..<axes).map { axis in
      (0..<d).map { _ in generator.nextUniform(limit: 1) / Float(axis + 1) }
    }
    let centres = (0..<9).map { _ in (0..<axes).map { _ in generator.nextUniform(limit: 1) } }
    func rows(_ count: Int) -> Matrix {
      var values: [Float] = []
      for _ in 0..<count {
        let centre = centres[generator.next(below: centres.count)]
        let weights = centre.map { $0 + generator.nextUniform(limit: 0.3) }
        for column in 0..<d {
          let sum = zip(weights, directions).reduce(Float(0)) { $0 + $1.0 * $1.1[column] }
          values.append(max(0, sum + generator.nextUniform(limit: 0.05) + 0.4))
        }
      }
      return Matrix(rows: count, columns: d, values)
    }
    return (rows(bank), rows(queries))
  }

  static let noise: @Sendable (inout SeededGenerator, Int, Int, Int) -> (Matrix, Matrix) = {
    generator, bank, queries, d in
    func rows(_ count: Int) -> Matrix {
      Matrix(rows: count, columns: d, (0..<count * d).map { _ in generator.nextUniform(limit: 1) })
    }
    return (rows(bank), rows(queries))
  }

  static func mapped(_ matrix: Matrix, _ change: (Float) -> Float) -> Matrix {
    Matrix(rows: matrix.rows, columns: matrix.columns, matrix.withUnsafeBufferPointer { $0.map(change) })
  }
}
