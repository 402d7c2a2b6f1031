import PatchCore

/// What every neighbour index must keep, for use from any test framework.
public enum NeighbourIndexConformance {
  /// How far a squared distance may be off, as a part of the sum of both squared norms: the rounding of a 32-bit
  /// `aa - 2ab + bb` over up to a thousand dimensions.
  public static let distanceTolerance = 1e-5

  /// Checks a configuration and the indexes it builds, against a search in 64-bit floats.
  ///
  /// Properties: the configuration survives coding; each query gets exactly `min(k, m)` distinct rows, ascending, ties
  /// by row; results are the same for two builds, for any number of threads, for queries alone or together, and after
  /// the archive; an exact index finds the true neighbours, whatever the order and scale of the bank, unless two
  /// are closer than `distanceTolerance`; an approximate one finds the share the caller asks for; a bank of one row, of
  /// equal rows and of duplicates works or is refused with a `PatchCoreError`; so is a query of another dimension.
  ///
  /// - Parameters:
  ///   - configuration: the configuration under check.
  ///   - bank: data that suits the settings.
  ///   - queries: data of the bank's dimension, at least two rows.
  ///   - k: neighbours per query.
  ///   - recallFloor: the least share of true neighbours an approximate index must find; not used by exact ones.
  ///   - context: what builds the stage.
  ///   - userInfo: for coders, if the configuration holds other stages' configurations.
  /// - Returns: the properties that do not hold; empty if all do.
  public static func check(
    _ configuration: some NeighbourIndexConfiguration,
    bank: Matrix = ConformanceData.clusters(rows: 2000, columns: 32, seed: 1),
    queries: Matrix = ConformanceData.clusters(rows: 50, columns: 32, seed: 2), k: Int = 5, recallFloor: Double = 0,
    context: StageContext = StageContext(), userInfo: [CodingUserInfoKey: any Sendable] = [:]
  ) -> [ConformanceFailure] {
    var log = FailureLog(kind: type(of: configuration).kind)
    log.checkConfiguration(configuration, userInfo: userInfo)
    let reference = ReferenceIndex(over: bank)

    log.run("searches") { log in
      let index = try ThreadTrial.with(1) { try configuration.makeIndex(over: bank, context) }
      log.expect(
        index.count == bank.rows && index.dimension == bank.columns, "count and dimension",
        "\(index.count) x \(index.dimension) over a bank of \(bank.rows) x \(bank.columns)")
      let found = try ThreadTrial.with(1) { try index.search(queries, k: k) }
      log.checkForm(found, of: index, queries: queries.rows, k: k)
      log.checkNeighbours(found, queries, reference, isExact: configuration.isExact, recallFloor: recallFloor)
      let threaded = try ThreadTrial.with(2) {
        try configuration.makeIndex(over: bank, context).search(queries, k: k)
      }
      log.expect(threaded == found, "same result from two builds, on one and two threads", "the neighbours differ")
      let alone = try (0..<queries.rows).map { try index.search(queries.slice($0..<$0 + 1), k: k) }
      log.expect(
        alone.flatMap(\.rows) == found.rows && alone.flatMap(\.squaredDistances) == found.squaredDistances,
        "queries do not depend on each other", "queries one by one have other neighbours than together")
      let restored = try configuration.restoreIndex(from: index.archive(), over: bank, context)
      log.expect(try restored.search(queries, k: k) == found, "same result after the archive", "the neighbours differ")
      let two = queries.slice(0..<2)
      log.checkForm(try index.search(two, k: bank.rows + 3), of: index, queries: 2, k: bank.rows + 3)
      let wide = Matrix(rows: 1, columns: bank.columns + 1)
      log.expectRefusal("queries of another dimension are refused") { _ = try index.search(wide, k: 1) }
      let none = try index.search(Matrix(rows: 0, columns: bank.columns), k: 1)
      log.expect(none.queries == 0 && none.rows.isEmpty, "no queries", "\(none.queries) results for no queries")
    }

    if configuration.isExact {
      log.run("order and scale of the bank") { log in
        let plain = try configuration.makeIndex(over: bank, context).search(queries, k: k)
        let scaled = try configuration.makeIndex(over: bank.scaled(by: 2), context)
          .search(queries.scaled(by: 2), k: k)
        log.expect(
          scaled.rows == plain.rows && scaled.squaredDistances == plain.squaredDistances.map { 4 * $0 },
          "scale", "numbers twice as large give other neighbours, or distances that are not four times as large")
        let reversed = bank.selecting(rows: (0..<bank.rows).reversed())
        let found = try configuration.makeIndex(over: reversed, context).search(queries, k: k)
        log.checkNeighbours(found, queries, ReferenceIndex(over: reversed), isExact: true, recallFloor: 1)
      }
    }

    let odd: [(name: String, bank: Matrix)] = [
      ("one row", bank.slice(0..<1)),
      ("equal rows", .constant(rows: bank.rows, columns: bank.columns, 0.25)),
      ("duplicates", bank.selecting(rows: (0..<bank.rows).map { $0 / 2 })),
    ]
    for (name, bank) in odd {
      log.run("a bank of \(name)") { log in
        guard let index = log.allowingRefusal(name, { try configuration.makeIndex(over: bank, context) }) else {
          return log.expect(!configuration.isExact, "a bank of \(name)", "an exact index must accept any bank")
        }
        let found = try index.search(queries, k: k)
        log.checkForm(found, of: index, queries: queries.rows, k: k)
        let reference = ReferenceIndex(over: bank)
        log.checkNeighbours(found, queries, reference, isExact: configuration.isExact, recallFloor: 0)
      }
    }
    return log.failures
  }
}

extension FailureLog {
  fileprivate mutating func checkForm(_ found: Neighbours, of index: any NeighbourIndex, queries: Int, k: Int) {
    let kept = min(k, index.count)
    guard found.queries == queries, found.k == kept else {
      return expect(
        false, "min(k, m) neighbours for each query",
        "\(found.queries) x \(found.k) results for \(queries) queries, k = \(k), over \(index.count) rows")
    }
    for query in 0..<queries {
      let rows = found.rows[query * kept..<(query + 1) * kept].map(Int.init)
      let distances = Array(found.squaredDistances[query * kept..<(query + 1) * kept])
      guard rows.allSatisfy({ $0 >= 0 && $0 < index.count }) else {
        return expect(false, "rows exist", "query \(query) names a row outside 0..<\(index.count)")
      }
      guard Set(rows).count == rows.count else {
        return expect(false, "distinct rows", "query \(query) names a row twice")
      }
      guard distances.allSatisfy({ $0.isFinite && $0 >= 0 }) else {
        return expect(false, "finite distances of at least 0", "query \(query) has \(distances.prefix(9))")
      }
      for slot in rows.indices.dropFirst() {
        let ascends = (distances[slot - 1], rows[slot - 1]) < (distances[slot], rows[slot])
        guard ascends else {
          return expect(
            false, "ascending, ties by row",
            "query \(query): row \(rows[slot - 1]) at \(distances[slot - 1]) stands before row \(rows[slot]) at "
              + "\(distances[slot])")
        }
      }
    }
  }

  fileprivate mutating func checkNeighbours(
    _ found: Neighbours, _ queries: Matrix, _ reference: ReferenceIndex, isExact: Bool, recallFloor: Double
  ) {
    let k = found.k
    guard found.queries == queries.rows, k == min(k, reference.count) else { return }
    var hits = 0
    for query in 0..<queries.rows {
      let ranking = reference.ranking(of: queries, query)
      let expected = ranking.prefix(k)
      let rows = found.rows[query * k..<(query + 1) * k].map(Int.init)
      hits += Set(rows).intersection(expected.map(\.row)).count
      guard isExact else { continue }
      for (slot, row) in rows.enumerated() {
        guard row >= 0, row < reference.count else { return }
        let bound = NeighbourIndexConformance.distanceTolerance * reference.squaredNorms(queries, query, row)
        let truth = reference.squaredDistance(queries, query, row)
        let reported = Double(found.squaredDistances[query * k + slot])
        guard abs(truth - expected[slot].distance) <= bound else {
          return expect(
            false, "true neighbours",
            "query \(query), slot \(slot): row \(row) at \(truth), the true one is row \(expected[slot].row) at "
              + "\(expected[slot].distance)")
        }
        guard abs(reported - truth) <= bound else {
          return expect(
            false, "true distances", "query \(query), row \(row): \(reported) is reported, \(truth) is true")
        }
      }
    }
    let recall = Double(hits) / Double(max(1, queries.rows * k))
    expect(
      isExact || recall >= recallFloor, "recall", "\(recall) of the true neighbours, at least \(recallFloor) asked")
  }
}

extension ReferenceIndex {
  /// The sum of the squared norms of a query and of a row of the bank.
  fileprivate func squaredNorms(_ queries: Matrix, _ query: Int, _ row: Int) -> Double {
    queries.withRow(query) { a in
      bank.withRow(row) { b in
        var sum = 0.0
        for column in 0..<dimension { sum += Double(a[column] * a[column]) + Double(b[column] * b[column]) }
        return sum
      }
    }
  }
}
