import Compute
import PatchCore
import Testing

/// Exact search against a search in double precision, on both engines of the build.
@Suite struct NearestTests {
  /// Two rows may change places if their distances differ by less than this part of their size: the distances are
  /// rounded to 24 bits before they are compared.
  static let relativeTolerance = 0x1p-22
  /// The same for distances below the normal numbers.
  static let absoluteTolerance = 0x1p-148

  static var engines: [any ComputeEngine] {
    #if OneDNN
    [OpenBLASEngine(), OneDNNEngine()]
    #else
    [OpenBLASEngine()]
    #endif
  }

  struct Case: Sendable, CustomStringConvertible {
    var description: String
    var queries: Int
    var bank: Int
    var dimension: Int
    var k: Int
    var offset: Float = 0
    var scale: Float = 1
    var distinctRows: Int?
  }

  static let cases: [Case] = [
    Case(description: "plain", queries: 37, bank: 2500, dimension: 33, k: 1),
    Case(description: "several neighbours", queries: 300, bank: 2100, dimension: 64, k: 9),
    Case(description: "many neighbours", queries: 5, bank: 4300, dimension: 20, k: 200),
    Case(description: "one row", queries: 3, bank: 1, dimension: 7, k: 4),
    Case(description: "one dimension", queries: 20, bank: 300, dimension: 1, k: 3),
    Case(description: "k beyond the bank", queries: 4, bank: 2060, dimension: 5, k: 5000),
    Case(description: "duplicates", queries: 50, bank: 4300, dimension: 17, k: 12, distinctRows: 6),
    Case(description: "constant", queries: 3, bank: 2100, dimension: 40, k: 3, distinctRows: 1),
    Case(description: "far from the origin", queries: 20, bank: 2300, dimension: 128, k: 4, offset: 1000, scale: 1e-3),
    Case(description: "scale 1e-20", queries: 20, bank: 2300, dimension: 24, k: 4, scale: 1e-20),
    Case(description: "scale 1e-23", queries: 20, bank: 2300, dimension: 24, k: 4, scale: 1e-23),
    Case(description: "scale 1e15", queries: 20, bank: 2300, dimension: 24, k: 4, scale: 1e15),
    Case(description: "scale 1e18", queries: 20, bank: 2300, dimension: 24, k: 4, scale: 1e18),
  ]

  @Test(arguments: cases, [1, 2, 3] as [UInt64])
  func agreesWithDoublePrecision(_ test: Case, seed: UInt64) throws {
    var (queries, bank) = Self.data(test, seed: seed)
    // The first query is a row of the bank.
    let copied = Int(seed) % test.bank
    queries = Matrix(
      rows: test.queries, columns: test.dimension,
      bank[row: copied] + (1..<test.queries).flatMap { queries[row: $0] })
    var results: [Neighbours] = []
    for engine in Self.engines {
      let found = try engine.nearest(queries: queries, bank: bank, k: test.k)
      try Self.check(found, queries: queries, bank: bank, k: test.k)
      #expect(found.squaredDistances[0] == 0)
      results.append(found)
    }
    #expect(results.allSatisfy { $0 == results[0] }, "engines differ")
  }

  @Test func doesNotDependOnOtherQueries() throws {
    let (queries, bank) = Self.data(Case(description: "", queries: 600, bank: 2300, dimension: 48, k: 3), seed: 9)
    for engine in Self.engines {
      let all = try engine.nearest(queries: queries, bank: bank, k: 3)
      for row in [0, 255, 256, 599] {
        let one = try engine.nearest(queries: queries.slice(row..<row + 1), bank: bank, k: 3)
        #expect(one.rows == Array(all.rows[row * 3..<row * 3 + 3]))
        #expect(one.squaredDistances == Array(all.squaredDistances[row * 3..<row * 3 + 3]))
      }
    }
  }

  @Test func sameOnOneAndTwoThreads() throws {
    let test = Case(description: "", queries: 600, bank: 3100, dimension: 96, k: 5, distinctRows: 1000)
    let (queries, bank) = Self.data(test, seed: 6)
    let threads = ThreadCount.current
    defer { ThreadCount.set(threads) }
    for engine in Self.engines {
      let results = try [1, 2, 5].map { count in
        ThreadCount.set(count)
        return try engine.nearest(queries: queries, bank: bank, k: 5)
      }
      #expect(results[0] == results[1] && results[0] == results[2])
    }
  }

  @Test func overflowingDistancesAreInfinite() throws {
    let bank = Matrix(rows: 3, columns: 2, [3e30, 0, -3e30, 0, 1e10, 0])
    let queries = Matrix(rows: 1, columns: 2, [1e10, 0])
    for engine in Self.engines {
      let found = try engine.nearest(queries: queries, bank: bank, k: 2)
      #expect(found.rows == [2, 0])
      #expect(found.squaredDistances == [0, .infinity])
    }
  }

  @Test func emptyInputs() throws {
    let engine = OpenBLASEngine()
    let none = try engine.nearest(queries: Matrix(rows: 0, columns: 4), bank: Matrix(rows: 3, columns: 4), k: 2)
    #expect(none == Neighbours(queries: 0, k: 2, rows: [], squaredDistances: []))
    let empty = try engine.nearest(queries: Matrix(rows: 2, columns: 4), bank: Matrix(rows: 0, columns: 4), k: 2)
    #expect(empty == Neighbours(queries: 2, k: 0, rows: [], squaredDistances: []))
  }

  /// Values between -scale and scale around the offset; rows repeat if there are fewer distinct ones.
  static func data(_ test: Case, seed: UInt64) -> (queries: Matrix, bank: Matrix) {
    var generator = SeededGenerator(seed: seed)
    func rows(_ count: Int) -> [[Float]] {
      (0..<count).map { _ in
        (0..<test.dimension).map { _ in test.offset + test.scale * generator.nextUniform(limit: 1) }
      }
    }
    let distinct = rows(test.distinctRows ?? test.bank)
    let bank = (0..<test.bank).flatMap { distinct[$0 % distinct.count] }
    return (
      Matrix(rows: test.queries, columns: test.dimension, rows(test.queries).flatMap { $0 }),
      Matrix(rows: test.bank, columns: test.dimension, bank)
    )
  }

  /// Checks rows and distances against plain double-precision sums.
  static func check(_ found: Neighbours, queries: Matrix, bank: Matrix, k: Int) throws {
    let kept = min(k, bank.rows)
    #expect(found.queries == queries.rows && found.k == kept)
    let rows = (0..<bank.rows).map { bank[row: $0] }
    for query in 0..<queries.rows {
      let values = queries[row: query]
      let exact = rows.map { row in
        zip(values, row).reduce(0.0) { $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1)) }
      }
      let order = exact.indices.sorted { (exact[$0], $0) < (exact[$1], $1) }
      let foundRows = found.rows[query * kept..<(query + 1) * kept].map(Int.init)
      let distances = Array(found.squaredDistances[query * kept..<(query + 1) * kept])
      try #require(Set(foundRows).count == kept)
      for place in 0..<kept {
        let tolerance = exact[order[place]] * relativeTolerance + absoluteTolerance
        #expect(abs(exact[foundRows[place]] - exact[order[place]]) <= tolerance, "query \(query), place \(place)")
        #expect(abs(Double(distances[place]) - exact[foundRows[place]]) <= tolerance)
        if place > 0 {
          let ordered =
            distances[place - 1] < distances[place]
            || (distances[place - 1] == distances[place] && foundRows[place - 1] < foundRows[place])
          #expect(ordered, "query \(query), place \(place)")
        }
      }
    }
  }
}
