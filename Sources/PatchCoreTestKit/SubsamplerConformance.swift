import PatchCore

/// What every subsampler must keep, for use from any test framework.
public enum SubsamplerConformance {
  /// Checks a configuration and the subsamplers it builds.
  ///
  /// Properties: the configuration survives coding; the bank has the size told in advance; the bank is finite and the
  /// same for two builds and for any number of threads; rows of the bank equal the candidates they claim to be, each
  /// used once, or, if synthesised, name the nearest candidate; one candidate, duplicates and constant candidates pass;
  /// an error from the progress handler ends the work.
  ///
  /// - Parameters:
  ///   - configuration: the configuration under check.
  ///   - candidates: data that suits the settings.
  ///   - isScaleInvariant: whether candidates twice as large must give the same rows.
  ///   - acceptsOneCandidate: whether the settings suit a single candidate and constant candidates.
  ///   - context: what builds the stage.
  ///   - userInfo: for coders, if the configuration holds other stages' configurations.
  /// - Returns: the properties that do not hold; empty if all do.
  public static func check(
    _ configuration: some SubsamplerConfiguration,
    candidates: PatchEmbeddings = ConformanceData.embeddings(images: 6, height: 7, width: 5, dimension: 16, seed: 1),
    isScaleInvariant: Bool = true, acceptsOneCandidate: Bool = true, context: StageContext = StageContext(),
    userInfo: [CodingUserInfoKey: any Sendable] = [:]
  ) -> [ConformanceFailure] {
    var log = FailureLog(kind: type(of: configuration).kind)
    log.checkConfiguration(configuration, userInfo: userInfo)

    log.run("chooses a bank") { log in
      let first = try ThreadTrial.with(1) { try sample(configuration, candidates, context) }
      log.checkBank(first, from: candidates, size: try size(configuration, candidates, context), "chosen")
      let second = try ThreadTrial.with(2) { try sample(configuration, candidates, context) }
      log.expect(
        second.origin == first.origin && second.vectors.values == first.vectors.values
          && second.locations == first.locations,
        "same bank from two builds, on one and two threads", "the banks differ")
    }

    if isScaleInvariant {
      log.run("scaled candidates") { log in
        let double = PatchEmbeddings(vectors: candidates.vectors.scaled(by: 2), grid: candidates.grid)
        let plain = try sample(configuration, candidates, context)
        let scaled = try sample(configuration, double, context)
        log.expect(
          plain.locations == scaled.locations, "same rows from candidates twice as large", "the rows differ")
      }
    }

    log.run("duplicates") { log in
      let half = candidates.images([0]).vectors
      let twice = PatchEmbeddings(
        vectors: half.selecting(rows: (0..<half.rows).flatMap { [$0, $0] }),
        grid: PatchGrid(images: 2, height: candidates.grid.height, width: candidates.grid.width))
      log.checkBank(
        try sample(configuration, twice, context), from: twice, size: try size(configuration, twice, context),
        "with duplicates")
    }

    if acceptsOneCandidate {
      log.run("one candidate") { log in
        let one = PatchEmbeddings(
          vectors: candidates.vectors.slice(0..<1), grid: PatchGrid(images: 1, height: 1, width: 1))
        log.checkBank(try sample(configuration, one, context), from: one, size: 1, "of one candidate")
      }
      log.run("constant candidates") { log in
        let grid = PatchGrid(images: 1, height: 5, width: 6)
        let constant = PatchEmbeddings(
          vectors: .constant(rows: grid.count, columns: candidates.dimension, 0.25), grid: grid)
        log.checkBank(
          try sample(configuration, constant, context), from: constant,
          size: try size(configuration, constant, context), "of equal candidates")
      }
    }

    log.checkInterruption(configuration, candidates, context)
    return log.failures
  }

  private static func sample(
    _ configuration: some SubsamplerConfiguration, _ candidates: PatchEmbeddings, _ context: StageContext
  ) throws -> MemoryBank {
    try configuration.makeSubsampler(context).subsample(candidates, progress: .silent)
  }

  private static func size(
    _ configuration: some SubsamplerConfiguration, _ candidates: PatchEmbeddings, _ context: StageContext
  ) throws -> Int {
    try configuration.makeSubsampler(context).bankSize(forCandidates: candidates.vectors.rows)
  }
}

extension FailureLog {
  fileprivate mutating func checkBank(
    _ bank: MemoryBank, from candidates: PatchEmbeddings, size: Int, _ which: String
  ) {
    let count = candidates.vectors.rows
    expect(bank.count == size, "size told in advance", "\(size) rows were told, the bank \(which) has \(bank.count)")
    expect(bank.count >= 1, "at least one row", "the bank \(which) is empty")
    expect(
      bank.dimension == candidates.dimension, "dimension kept", "\(candidates.dimension) becomes \(bank.dimension)")
    expect(bank.vectors.firstRowNotFinite() == nil, "finite", "the bank \(which) is not")
    guard bank.dimension == candidates.dimension else { return }
    switch bank.origin {
    case .rows(let rows):
      guard rows.allSatisfy({ $0 >= 0 && $0 < count }) else {
        return expect(false, "rows exist", "the bank \(which) names a row outside 0..<\(count)")
      }
      expect(Set(rows).count == rows.count, "each row once", "the bank \(which) names a row twice")
      for (position, row) in rows.enumerated() {
        let equal = bank.vectors[row: position] == candidates.vectors[row: row]
        expect(equal, "rows are those claimed", "row \(position) of the bank \(which) is not candidate \(row)")
        expect(
          bank.locations[position] == candidates.grid.location(ofRow: row), "locations",
          "row \(position) of the bank \(which) is not at \(bank.locations[position])")
      }
    case .synthesised:
      let search = ReferenceIndex(over: candidates.vectors)
      for position in 0..<bank.count {
        let place = bank.locations[position]
        let row = place.image * candidates.grid.patchesPerImage + place.row * candidates.grid.width + place.column
        guard row >= 0, row < count, candidates.grid.location(ofRow: row) == place else {
          expect(false, "locations", "row \(position) of the bank \(which) is at \(place), outside the candidates")
          continue
        }
        let best = search.ranking(of: bank.vectors, position)[0].distance
        let claimed = search.squaredDistance(bank.vectors, position, row)
        expect(
          claimed <= best * 1.0001 + 1e-5, "locations name the nearest candidate",
          "row \(position) of the bank \(which): squared distance \(claimed), the nearest is at \(best)")
      }
    }
  }

  fileprivate mutating func checkInterruption(
    _ configuration: some SubsamplerConfiguration, _ candidates: PatchEmbeddings, _ context: StageContext
  ) {
    do {
      let subsampler = try configuration.makeSubsampler(context)
      _ = try subsampler.subsample(candidates, progress: ProgressReporter { _ in throw Stop() })
      // A subsampler that has nothing to wait for need not report.
    } catch is Stop {
    } catch {
      expect(false, "the progress handler's error comes through", "throws \(error)")
    }
  }
}

/// What the check's progress handler throws.
private struct Stop: Error {}
