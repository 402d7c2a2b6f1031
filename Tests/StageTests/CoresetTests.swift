import Compute
import PatchCore
import Subsampling
import Testing

/// The greedy coreset against the plain algorithm: one pick after another, all distances each time.
@Suite struct CoresetTests {
  static let engine = OpenBLASEngine()

  struct Case: Sendable, CustomStringConvertible {
    var description: String
    var rows: Int
    var dimension: Int
    var picks: Int
    var distinctRows: Int?
    var clusters: Int?
    var whole = false
    /// Added to every coordinate, and the factor before: rows far from the origin, or beyond what squares can hold.
    var offset: Float = 0
    var scale: Float = 1
  }

  static let cases: [Case] = [
    Case(description: "one row", rows: 1, dimension: 3, picks: 1),
    Case(description: "fewer rows than a panel", rows: 11, dimension: 5, picks: 11),
    Case(description: "one block", rows: 700, dimension: 19, picks: 250),
    Case(description: "many blocks", rows: 9000, dimension: 16, picks: 1200),
    Case(description: "clusters", rows: 7000, dimension: 12, picks: 900, clusters: 20),
    Case(description: "every row", rows: 2500, dimension: 8, picks: 2500),
    Case(description: "duplicates", rows: 6000, dimension: 10, picks: 700, distinctRows: 300),
    Case(description: "more picks than distinct rows", rows: 3000, dimension: 10, picks: 900, distinctRows: 40),
    Case(description: "constant", rows: 2600, dimension: 6, picks: 60, distinctRows: 1),
    Case(description: "whole numbers, many ties", rows: 5000, dimension: 4, picks: 800, whole: true),
    Case(description: "one dimension, many ties", rows: 4000, dimension: 1, picks: 500, whole: true),
    Case(description: "many rows that wait", rows: 12000, dimension: 32, picks: 350),
    Case(description: "many clusters", rows: 6000, dimension: 64, picks: 300, clusters: 60),
    Case(description: "far from the origin", rows: 3000, dimension: 24, picks: 300, offset: 65536),
    Case(description: "clusters far from each other", rows: 3000, dimension: 24, picks: 300, clusters: 5, scale: 1000),
    Case(description: "squares that vanish", rows: 1500, dimension: 9, picks: 200, scale: 0x1p-75),
    Case(description: "numbers that vanish", rows: 1500, dimension: 9, picks: 200, scale: 0x1p-140),
    Case(description: "squares without bound", rows: 1500, dimension: 9, picks: 200, clusters: 30, scale: 0x1p64),
  ]

  @Test(arguments: cases, [1, 2, 3] as [UInt64])
  func equalsPlainGreedy(_ test: Case, seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let greedy = try GreedyCoreset(Self.rows(test, &generator), engine: Self.engine)
    let points = generator.sample(min(10, test.rows), below: test.rows)
    let start = try greedy.meanDistances(to: points)
    #expect(try greedy.select(test.picks, startDistances: start) == Self.plain(greedy, test.picks, start, first: nil))

    let first = generator.next(below: test.rows)
    let far = [Float](repeating: .infinity, count: test.rows)
    #expect(try greedy.select(test.picks, first: first) == Self.plain(greedy, test.picks, far, first: first))
  }

  /// Clusters of tiny spread far apart: many rows of one cluster are within a sketch's error of each other.
  @Test func equalsPlainGreedyWhereSketchesCannotTell() throws {
    var generator = SeededGenerator(seed: 4)
    let centres = (0..<6).map { _ in (0..<16).map { _ in generator.nextUniform(limit: 100) } }
    let values = (0..<5000).flatMap { row in centres[row % 6].map { $0 + generator.nextUniform(limit: 0.05) } }
    let greedy = try GreedyCoreset(Matrix(rows: 5000, columns: 16, values), engine: Self.engine)
    let start = try greedy.meanDistances(to: [0, 1, 2])
    #expect(try greedy.select(900, startDistances: start) == Self.plain(greedy, 900, start, first: nil))
  }

  @Test func sameRowsOnOneAndTwoThreads() throws {
    var generator = SeededGenerator(seed: 6)
    let rows = Self.rows(Case(description: "", rows: 9000, dimension: 21, picks: 1, clusters: 40), &generator)
    let threads = ThreadCount.current
    defer { ThreadCount.set(threads) }
    let selections = try [1, 2].map { count in
      ThreadCount.set(count)
      return try GreedyCoreset(rows, engine: Self.engine).select(1500, first: 17)
    }
    #expect(selections[0] == selections[1])
  }

  /// The plain algorithm, on the distances that `GreedyCoreset` states.
  static func plain(_ greedy: GreedyCoreset, _ picks: Int, _ start: [Float], first: Int?) throws -> [Int] {
    var held = start
    var selected: [Int] = []
    var picked = Set<Int>()
    while selected.count < picks {
      var next = -1
      if selected.isEmpty, let first {
        next = first
      } else {
        for row in held.indices where !picked.contains(row) && (next < 0 || held[row] > held[next]) { next = row }
      }
      selected.append(next)
      picked.insert(next)
      for (row, distance) in try greedy.distances(toRow: next).enumerated() { held[row] = min(held[row], distance) }
    }
    return selected
  }

  /// Each distance is a sum of p + 2 roundings of positive numbers and a root: Higham (2002), lemma 3.1.
  @Test(arguments: [1, 7, 128, 300]) func distancesAreAccurateAndSymmetric(dimension: Int) throws {
    var generator = SeededGenerator(seed: 5)
    let rows = Self.rows(Case(description: "", rows: 70, dimension: dimension, picks: 1), &generator)
    let greedy = try GreedyCoreset(rows, engine: Self.engine)
    let all = try (0..<70).map(greedy.distances(toRow:))
    let bound = Double(dimension + 3) * 0x1p-24
    for i in 0..<70 {
      #expect(all[i][i] == 0)
      #expect(greedy.coordinates(ofRow: i) == rows[row: i])
      for j in 0..<70 {
        let exact = zip(rows[row: i], rows[row: j])
          .reduce(0.0) { $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1)) }.squareRoot()
        #expect(abs(Double(all[i][j]) - exact) <= bound * exact)
        #expect(all[i][j] == all[j][i])
      }
    }
  }

  @Test func startIsTheMeanDistance() throws {
    let rows = Matrix(rows: 4, columns: 2, [0, 0, 3, 4, 6, 8, 0, 10])
    let greedy = try GreedyCoreset(rows, engine: Self.engine)
    #expect(try greedy.meanDistances(to: [0, 1]) == [2.5, 2.5, 7.5, Float((10 + 45.0.squareRoot()) / 2)])
  }

  @Test func sameBankOnOneAndTwoThreads() throws {
    var generator = SeededGenerator(seed: 8)
    let rows = Self.rows(Case(description: "", rows: 6000, dimension: 200, picks: 1, clusters: 9), &generator)
    let candidates = PatchEmbeddings(vectors: rows, grid: PatchGrid(images: 6, height: 20, width: 50))
    let subsampler = try CoresetConfiguration().makeSubsampler(SubsamplerTests.context(seed: 3))
    let threads = ThreadCount.current
    defer { ThreadCount.set(threads) }
    let banks = try [1, 2].map { count in
      ThreadCount.set(count)
      return try subsampler.subsample(candidates, progress: .silent)
    }
    #expect(banks[0].origin == banks[1].origin)
    #expect(banks[0].count == 600)
  }

  @Test func progressIsReportedAndStopsTheWork() throws {
    struct Stop: Error {}
    var generator = SeededGenerator(seed: 8)
    let greedy = try GreedyCoreset(
      Self.rows(Case(description: "", rows: 9000, dimension: 16, picks: 1), &generator), engine: Self.engine)
    let stopping = ProgressReporter { event in
      #expect(event.activity == "coreset" && event.total == 4000)
      if event.completed > 0 { throw Stop() }
    }
    #expect(throws: Stop.self) { try greedy.select(4000, first: 0, progress: stopping) }
  }

  @Test func numbersThatAreNotFiniteAreRefused() throws {
    var rows = Matrix(rows: 1500, columns: 3)
    rows.withUnsafeMutableBufferPointer { $0[3 * 1200 + 1] = .nan }
    let bad = rows
    let error = try #require(throws: PatchCoreError.self) { try GreedyCoreset(bad, engine: Self.engine) }
    #expect(error.code == .notFinite && error.message.contains("1200"))
  }

  static func rows(_ test: Case, _ generator: inout SeededGenerator) -> Matrix {
    func coordinate(_ limit: Double) -> Float {
      test.whole ? Float(generator.next(below: 12)) : generator.nextUniform(limit: limit)
    }
    let centres = (0..<(test.clusters ?? 0)).map { _ in (0..<test.dimension).map { _ in coordinate(8) } }
    let distinct = (0..<(test.distinctRows ?? test.rows)).map { row in
      (0..<test.dimension).map { (centres.isEmpty ? 0 : centres[row % centres.count][$0]) + coordinate(1) }
    }
    return Matrix(
      rows: test.rows, columns: test.dimension,
      (0..<test.rows).flatMap { distinct[($0 &* 7) % distinct.count].map { $0 * test.scale + test.offset } })
  }
}
