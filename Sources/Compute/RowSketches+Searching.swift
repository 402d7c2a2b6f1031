import CKernels
import PatchCore

extension RowSketches {
  /// Neighbours of a query that the search may be asked for: as many as the first pass finds rows.
  static let mostNeighbours = Int(PC_SKETCH_LANES)
  /// Rows whose distances are measured before the search, at least: the finest level chooses the nearest among them.
  private static let fewestSeeds = 4
  private static let lanes = Int(PC_SKETCH_LANES)

  /// A row that may be among the nearest.
  private struct Candidate {
    var row: Int32
    /// No distance of this row is smaller.
    var bound: Double
  }

  /// The nearest rows for some queries, on the calling thread.
  ///
  /// One pass over the coarsest sketches finds for each query a few rows whose sketches are near; their distances, as
  /// measured, limit those of the nearest. A block of rows is passed over if its best sketch is beyond the limit,
  /// counted with all losses; its rows if theirs are, at each level in turn. What is left is measured, the nearest bound
  /// first, until no bound is within the limit.
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

    var nearest = (0..<n).map { query in
      var list = NearestList(k)
      let lanes = query * Self.lanes..<(query + 1) * Self.lanes
      for slot in seeds(for: query, k, sketched, views, laneBest[lanes], laneBlock[lanes]) {
        let row = order[slot]
        list.insert(Neighbour(row: row, squaredDistance: measure(query, Int(row))))
      }
      return list
    }
    var candidates = candidates(for: sketched, views, reaches: nearest.map(\.reach), blockBest, order)
    for query in 0..<n {
      candidates[query].sort { $0.bound < $1.bound || ($0.bound == $1.bound && $0.row < $1.row) }
      for candidate in candidates[query] {
        guard candidate.bound <= nearest[query].reach else { break }
        if nearest[query].holds(candidate.row) { continue }
        let distance = measure(query, Int(candidate.row))
        nearest[query].insert(Neighbour(row: candidate.row, squaredDistance: distance))
      }
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

  /// The rows that no level rules out, for each query.
  private func candidates(
    for sketched: SketchedQueries, _ views: [SketchLevel.View], reaches: [Double], _ blockBest: [Int32],
    _ order: UnsafePointer<Int32>
  ) -> [[Candidate]] {
    let n = sketched.count, last = views.count - 1
    let coarse = views[0]
    let coarseQueries = sketched.rows(atLevel: 0), coarseIntegers = sketched.integers(atLevel: 0)
    var candidates = [[Candidate]](repeating: [], count: n)
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: 2 * Self.blockRows) { memory in
      let rows = memory.baseAddress!, scores = rows + Self.blockRows
      for block in 0..<blocks {
        let first = block * Self.blockRows
        for query in 0..<n {
          let least = coarse.leastScore(within: reaches[query], of: coarseQueries[query], loss: coarse.losses[block])
          guard blockBest[block * n + query] >= least else { continue }
          var left = pc_sketch_rescan(
            coarse.values + first * coarse.length, coarse.starts + first, coarseIntegers + query * coarse.length, least,
            rows, scores)
          for level in 1..<max(1, views.count) where left > 0 {
            let view = views[level]
            let least = view.leastScore(
              within: reaches[query], of: sketched.rows(atLevel: level)[query], loss: view.losses[block])
            left = pc_sketch_filter(
              view.values + first * view.length, view.starts + first, view.length,
              sketched.integers(atLevel: level) + query * view.length, least, rows, left, scores)
          }
          for position in 0..<left {
            let bound = views[last].distance(
              atScore: scores[position], of: sketched.rows(atLevel: last)[query], loss: views[last].losses[block])
            candidates[query].append(Candidate(row: order[first + Int(rows[position])], bound: bound))
          }
        }
      }
    }
    return candidates
  }
}
