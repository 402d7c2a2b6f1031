import CKernels
import PatchCore

extension RowSketches {
  /// Neighbours of a query that the search may be asked for: as many as the first pass finds rows.
  static let mostNeighbours = Int(PC_SKETCH_LANES)
  /// Rows whose distances are measured before the search, at least: the finest level chooses the nearest among them.
  private static let fewestSeeds = 4
  /// Blocks that are searched for each query before the others.
  private static let firstBlocks = 4
  private static let lanes = Int(PC_SKETCH_LANES)

  /// The nearest rows for some queries, on the calling thread.
  ///
  /// One pass over the coarsest sketches finds for each query a few rows whose sketches are near; their distances, as
  /// measured, limit those of the nearest, and the few blocks that look best bring the limit down further. A block of
  /// rows is passed over if its best sketch is beyond the limit, counted with all losses; its rows if theirs are, at each
  /// level in turn. What is left is measured, the nearest bound first, until no bound is within the limit.
  ///
  /// - Parameters:
  ///   - queries: `n x d` numbers, all finite.
  ///   - n: number of queries.
  ///   - k: from 1 to `mostNeighbours`.
  ///   - engine: computes the products that sketches are made of.
  ///   - measure: the squared distance of a query to a row, rounded to `Float`.
  ///   - found: told of each query its k nearest rows, ascending by distance, equal distances by row number.
  func search(
    _ queries: UnsafePointer<Float>, count n: Int, k: Int, _ engine: any ComputeEngine,
    measure: (_ query: Int, _ row: Int) -> Float, found: (_ query: Int, _ nearest: [Neighbour]) -> Void
  ) {
    let sketched = SketchedQueries(queries, count: n, self, engine)
    let views = levels.map(\.view)
    let order = order.address.assumingMemoryBound(to: Int32.self)
    defer { withExtendedLifetime(self) {} }

    var blockBest = [Int32](repeating: 0, count: blocks * n)
    var laneBest = [Int32](repeating: 0, count: n * Self.lanes), laneBlock = laneBest
    pc_sketch_scan(
      views[0].values, views[0].starts, blocks, sketched.integers(atLevel: 0), n, &blockBest, &laneBest, &laneBlock)

    var pass = Pass(sketched: sketched, views: views, order: order)
    var nearest: [NearestList] = []
    var visited: [[Int]] = []
    for query in 0..<n {
      let lanes = query * Self.lanes..<(query + 1) * Self.lanes
      var list = NearestList(k)
      for slot in seeds(for: query, k, sketched, views, laneBest[lanes], laneBlock[lanes]) {
        let row = order[slot]
        list.insert(Neighbour(row: row, squaredDistance: measure(query, Int(row))))
      }
      // The blocks that look best are searched at once: what they hold brings the limit down for all others.
      let blocks = Array(Set(laneBlock[lanes].map(Int.init))).sorted {
        (blockBest[$1 * n + query], $0) < (blockBest[$0 * n + query], $1)
      }.prefix(Self.firstBlocks)
      for block in blocks { pass.visit(block, query, within: list.reach) }
      pass.measure(query, &list, measure)
      nearest.append(list)
      visited.append(Array(blocks))
    }
    for block in 0..<blocks {
      for query in 0..<n {
        let least = views[0].leastScore(
          within: nearest[query].reach, of: sketched.rows(atLevel: 0)[query], loss: views[0].losses[block])
        guard blockBest[block * n + query] >= least, !visited[query].contains(block) else { continue }
        pass.visit(block, query, within: nearest[query].reach)
      }
    }
    for query in 0..<n {
      pass.measure(query, &nearest[query], measure)
      found(query, nearest[query].neighbours)
    }
  }

  /// k slots whose rows are near by their sketches: those with the best scores of their lanes, of which the finest level
  /// chooses.
  private func seeds(
    for query: Int, _ k: Int, _ sketched: SketchedQueries, _ views: [SketchLevel.View], _ laneBest: ArraySlice<Int32>,
    _ laneBlock: ArraySlice<Int32>
  ) -> [Int] {
    let (coarse, finest) = (views[0], views[views.count - 1])
    var slots: [Int32] = []
    var left = laneBest
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: 2 * Self.blockRows) { memory in
      let rows = memory.baseAddress!, scores = rows + Self.blockRows
      for _ in 0..<max(k, Self.fewestSeeds) {
        var best = left.startIndex
        for index in left.indices where left[index] > left[best] { best = index }
        let first = Int(laneBlock[best]) * Self.blockRows
        let found = pc_sketch_rescan(
          coarse.values + first * coarse.length, coarse.starts + first,
          sketched.integers(atLevel: 0) + query * coarse.length, laneBest[best], rows, scores)
        let lane = best - left.startIndex
        let row = (0..<found).first { Int(rows[$0]) % Self.lanes == lane }
        slots.append(Int32(first) + (row.map { rows[$0] } ?? 0))
        left[best] = .min
      }
    }
    guard slots.count > k, views.count > 1 else { return slots.prefix(k).map(Int.init) }
    var scores = [Int32](repeating: 0, count: slots.count)
    _ = pc_sketch_filter(
      finest.values, finest.starts, finest.length, sketched.integers(atLevel: views.count - 1) + query * finest.length,
      .min, &slots, slots.count, &scores)
    return slots.indices.sorted { scores[$0] > scores[$1] || (scores[$0] == scores[$1] && $0 < $1) }
      .prefix(k).map { Int(slots[$0]) }
  }
}

/// The rows of some queries that no level of sketches rules out, block by block.
private struct Pass {
  /// A row that may be among the nearest.
  struct Candidate {
    var row: Int32
    /// No distance of this row is smaller.
    var bound: Double
  }

  let sketched: SketchedQueries
  let views: [SketchLevel.View]
  let order: UnsafePointer<Int32>
  /// For each query what is not measured yet.
  private var candidates: [[Candidate]]
  private var rows = [Int32](repeating: 0, count: RowSketches.blockRows)
  private var scores = [Int32](repeating: 0, count: RowSketches.blockRows)

  init(sketched: SketchedQueries, views: [SketchLevel.View], order: UnsafePointer<Int32>) {
    (self.sketched, self.views, self.order) = (sketched, views, order)
    candidates = [[Candidate]](repeating: [], count: sketched.count)
  }

  /// Keeps the rows of a block that may be within a distance of a query.
  mutating func visit(_ block: Int, _ query: Int, within reach: Double) {
    let first = block * RowSketches.blockRows
    var left = 0
    for (level, view) in views.enumerated() {
      let least = view.leastScore(
        within: reach, of: sketched.rows(atLevel: level)[query], loss: view.losses[block])
      let integers = sketched.integers(atLevel: level) + query * view.length
      left =
        level == 0
        ? pc_sketch_rescan(
          view.values + first * view.length, view.starts + first, integers, least, &rows, &scores)
        : pc_sketch_filter(
          view.values + first * view.length, view.starts + first, view.length, integers, least, &rows, left, &scores)
      guard left > 0 else { return }
    }
    let last = views.count - 1
    for position in 0..<left {
      let bound = views[last].distance(
        atScore: scores[position], of: sketched.rows(atLevel: last)[query], loss: views[last].losses[block])
      candidates[query].append(Candidate(row: order[first + Int(rows[position])], bound: bound))
    }
  }

  /// Measures what was kept of a query, the nearest bound first, until no bound is within reach.
  mutating func measure(_ query: Int, _ nearest: inout NearestList, _ distance: (_ query: Int, _ row: Int) -> Float) {
    candidates[query].sort { $0.bound < $1.bound || ($0.bound == $1.bound && $0.row < $1.row) }
    for candidate in candidates[query] {
      guard candidate.bound <= nearest.reach else { break }
      if nearest.holds(candidate.row) { continue }
      nearest.insert(
        Neighbour(row: candidate.row, squaredDistance: distance(query, Int(candidate.row))))
    }
    candidates[query].removeAll(keepingCapacity: true)
  }
}
