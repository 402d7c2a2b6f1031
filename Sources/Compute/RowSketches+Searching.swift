import CKernels
import PatchCore

extension RowSketches {
  /// Neighbours of a query that the search may be asked for: as many rows, if its nearest block has them, are measured
  /// before the search begins.
  static let mostNeighbours = 16
  /// Rows that are measured before the search, at least.
  private static let fewestSeeds = 2
  /// Blocks that are searched for each query before the others.
  private static let firstBlocks = 4
  /// Pairs of a query and a row that are compared before what is left of them is measured: bounds the memory where
  /// sketches rule little out.
  private static let mostPairs = 1 << 27
  /// Queries per piece of work that goes query by query.
  private static let pieceQueries = 28

  /// The nearest rows for some queries.
  ///
  /// For each query a few blocks whose centres are near are searched first: the distances found there, as measured,
  /// limit those of the nearest. All other blocks follow. In each, levels of sketches rule rows out, one after another;
  /// what is left is measured, the nearest bound first, until no bound is within the limit.
  ///
  /// - Parameters:
  ///   - queries: `n x d` numbers, all finite.
  ///   - n: number of queries.
  ///   - k: from 1 to `mostNeighbours`.
  ///   - engine: computes the products that sketches are made of.
  ///   - measure: the squared distance of a query to a row, rounded to `Float`.
  /// - Returns: for each query its k nearest rows, ascending by distance, equal distances by row number.
  /// - Throws: nothing of its own.
  func search(
    _ queries: UnsafePointer<Float>, count n: Int, k: Int, _ engine: any ComputeEngine,
    measuring measure: @Sendable (_ query: Int, _ row: Int) -> Float
  ) throws -> [NearestList] {
    let sketched = try SketchedQueries(queries, count: n, self, engine)
    let first = try engine.nearest(queries: sketched.leading, bank: centres, k: Self.firstBlocks)
    // Side by side, queries of the same block: what rules rows out for one is likely to do so for the next.
    let turns = (0..<Int32(n)).sorted { (first.rows[Int($0) * first.k], $0) < (first.rows[Int($1) * first.k], $1) }
    var nearest = [NearestList](repeating: NearestList(k), count: n)
    try Self.forEach(turns, of: &nearest) { query, list in
      for row in seeds(for: query, count: max(k, Self.fewestSeeds), in: Int(first.rows[query * first.k]), sketched) {
        list.insert(Neighbour(row: row, squaredDistance: measure(query, Int(row))))
      }
    }

    var byBlock = [[Int32]](repeating: [], count: blocks)
    for query in turns {
      for place in 0..<first.k { byBlock[Int(first.rows[Int(query) * first.k + place])].append(query) }
    }
    let firstQueries = byBlock
    let begun = try candidates(sketched, in: 0..<blocks, within: nearest.map(\.reach)) { firstQueries[$0] }
    try Self.forEach(turns, of: &nearest) { query, list in
      // The others wait until more is known.
      for candidate in begun.ofQuery(query).sorted().prefix(k) where candidate.bound <= list.reach {
        list.insert(candidate.row) { measure(query, $0) }
      }
    }

    let roundBlocks = max(1, Self.mostPairs / (n * Self.blockRows))
    for start in stride(from: 0, to: blocks, by: roundBlocks) {
      let range = start..<min(start + roundBlocks, blocks)
      let others = try candidates(sketched, in: range, within: nearest.map(\.reach)) { block in
        guard !firstQueries[block].isEmpty else { return turns }
        var isFirst = [Bool](repeating: false, count: n)
        for query in firstQueries[block] { isFirst[Int(query)] = true }
        return turns.filter { !isFirst[Int($0)] }
      }
      try Self.forEach(turns, of: &nearest) { query, list in
        for candidate in ((start == 0 ? begun.ofQuery(query) : []) + others.ofQuery(query)).sorted() {
          guard candidate.bound <= list.reach else { break }
          list.insert(candidate.row) { measure(query, $0) }
        }
      }
    }
    return nearest
  }

  private static func forEach(
    _ queries: [Int32], of lists: inout [NearestList], _ body: @Sendable (_ query: Int, inout NearestList) -> Void
  ) throws {
    try lists.withUnsafeMutableBufferPointer { lists in
      nonisolated(unsafe) let lists = lists
      try parallelLoop((queries.count + pieceQueries - 1) / pieceQueries) { piece in
        for query in queries[piece * pieceQueries..<min((piece + 1) * pieceQueries, queries.count)] {
          body(Int(query), &lists[Int(query)])
        }
      }
    }
  }

  /// The rows of a block whose sketches at the first level that is not in panels are nearest to a query's.
  private func seeds(for query: Int, count: Int, in block: Int, _ sketched: SketchedQueries) -> [Int32] {
    let number = SketchShape.panelled, view = levels[number].view
    let first = block * Self.blockRows, rows = min(Self.blockRows, self.count - first)
    return withUnsafeTemporaryAllocation(of: Int32.self, capacity: 2 * Self.blockRows) { memory in
      let slots = memory.baseAddress!, scores = slots + Self.blockRows
      for slot in 0..<rows { slots[slot] = Int32(slot) }
      _ = pc_sketch_filter(
        view.values + first * view.length, view.starts + first, view.length,
        sketched.integers(atLevel: number) + query * view.length, .min, slots, rows, scores)
      return (0..<min(count, rows)).map { _ in
        var best = 0
        for slot in 1..<rows where scores[slot] > scores[best] { best = slot }
        scores[best] = .min
        return row(ofSlot: first + best)
      }
    }
  }

  private func row(ofSlot slot: Int) -> Int32 { order.address.assumingMemoryBound(to: Int32.self)[slot] }

  /// What no level rules out of some blocks: `reach` says for each query within which distance rows are wanted, `queries` which queries
  /// want those of a block.
  private func candidates(
    _ sketched: SketchedQueries, in range: Range<Int>, within reach: [Double],
    of queries: @Sendable (_ block: Int) -> [Int32]
  ) throws -> Candidates {
    // Enough blocks for the memory of a piece to be little work, few enough for pieces to be many.
    let pieceBlocks = max(1, min(16, range.count / 32))
    var found = [[(query: Int32, candidate: Candidate)]](
      repeating: [], count: (range.count + pieceBlocks - 1) / pieceBlocks)
    try found.withUnsafeMutableBufferPointer { found in
      nonisolated(unsafe) let found = found
      try parallelLoop(found.count) { piece in
        let memory = UnsafeMutablePointer<pc_sketch_found>.allocate(capacity: sketched.count * Self.blockRows)
        defer { memory.deallocate() }
        let levels = levels.map(\.view), views = sketched.views
        let first = range.lowerBound + piece * pieceBlocks
        for block in first..<min(first + pieceBlocks, range.upperBound) {
          let asked = queries(block)
          let count = pc_sketch_visit(
            levels, views, Int32(levels.count), block, reach, asked, asked.count, memory)
          for entry in UnsafeBufferPointer(start: memory, count: count) {
            let row = row(ofSlot: block * Self.blockRows + Int(entry.row))
            found[piece].append((entry.query, Candidate(bound: entry.bound, row: row)))
          }
        }
      }
    }
    withExtendedLifetime(sketched) {}
    return Candidates(found, queries: sketched.count)
  }
}

/// A row that may be among the nearest.
private struct Candidate: Comparable {
  /// No distance of this row is smaller.
  var bound: Double
  var row: Int32

  static func < (left: Self, right: Self) -> Bool {
    left.bound < right.bound || (left.bound == right.bound && left.row < right.row)
  }
}

/// Candidates by query.
private struct Candidates {
  private var all: [Candidate]
  /// Where those of each query begin, and where the last end.
  private var starts: [Int]

  init(_ found: [[(query: Int32, candidate: Candidate)]], queries: Int) {
    starts = [Int](repeating: 0, count: queries + 1)
    for piece in found { for entry in piece { starts[Int(entry.query) + 1] += 1 } }
    for query in 0..<queries { starts[query + 1] += starts[query] }
    all = [Candidate](repeating: Candidate(bound: 0, row: 0), count: starts[queries])
    var next = starts
    for piece in found {
      for entry in piece {
        all[next[Int(entry.query)]] = entry.candidate
        next[Int(entry.query)] += 1
      }
    }
  }

  func ofQuery(_ query: Int) -> ArraySlice<Candidate> { all[starts[query]..<starts[query + 1]] }
}

extension NearestList {
  /// Takes a row, if it is not among them yet and one of the k nearest.
  fileprivate mutating func insert(_ row: Int32, measuring measure: (_ row: Int) -> Float) {
    guard !holds(row) else { return }
    insert(Neighbour(row: row, squaredDistance: measure(Int(row))))
  }
}
