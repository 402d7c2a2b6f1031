import PatchCore

/// What every scorer must keep, for use from any test framework.
public enum ScorerConformance {
  /// How far a score may move when the rows of the bank change places, as a part of itself.
  public static let orderTolerance: Float = 1e-4

  /// Checks a configuration and the scorers it builds, over a search in 64-bit floats.
  ///
  /// Properties: the configuration survives coding; each image has its patch scores, a deciding patch and a bank row
  /// that exist; each patch names the bank row that the index finds nearest, the deciding one that of the image; scores
  /// are finite, the same for two builds and for any number of threads, and do not depend on the batch, its order or the order of the bank; an image far from the bank scores higher than the bank's own rows; a
  /// bank of one row, of duplicates and of equal rows passes; another dimension is refused with a `PatchCoreError`.
  ///
  /// - Parameters:
  ///   - configuration: the configuration under check.
  ///   - context: what builds the stage.
  ///   - userInfo: for coders, if the configuration holds other stages' configurations.
  /// - Returns: the properties that do not hold; empty if all do.
  public static func check(
    _ configuration: some ScorerConfiguration, context: StageContext = StageContext(),
    userInfo: [CodingUserInfoKey: any Sendable] = [:]
  ) -> [ConformanceFailure] {
    var log = FailureLog(kind: type(of: configuration).kind)
    log.checkConfiguration(configuration, userInfo: userInfo)
    let train = ConformanceData.embeddings(images: 5, height: 6, width: 4, dimension: 12, seed: 1)
    let test = ConformanceData.embeddings(images: 4, height: 3, width: 5, dimension: 12, seed: 2)
    let bank = MemoryBank(selecting: Array(0..<train.vectors.rows), from: train)

    log.run("scores a batch") { log in
      let first = try ThreadTrial.with(1) { try score(configuration, test, bank, context) }
      log.checkForm(first, of: test, bank)
      let second = try ThreadTrial.with(2) { try score(configuration, test, bank, context) }
      log.expect(second == first, "same scores from two builds, on one and two threads", "the scores differ")
      let alone = try (0..<test.grid.images).flatMap { try score(configuration, test.images([$0]), bank, context) }
      log.expect(alone == first, "batch independence", "images one by one score otherwise than together")
      let reversed = try score(configuration, test.images([3, 2, 1, 0]), bank, context)
      log.expect(reversed == first.reversed(), "order of images", "the scores are not those of the images")
      let moved = MemoryBank(selecting: (0..<train.vectors.rows).reversed(), from: train)
      for (image, other) in zip(first, try score(configuration, test, moved, context)) {
        log.expect(
          abs(image.imageScore - other.imageScore) <= orderTolerance * abs(image.imageScore), "order of the bank",
          "\(image.imageScore) becomes \(other.imageScore)")
      }
    }

    log.run("far images score higher") { log in
      let far = PatchEmbeddings(vectors: test.vectors.scaled(by: 8), grid: test.grid)
      let high = try score(configuration, far, bank, context).map(\.imageScore)
      let low = try score(configuration, train, bank, context).map(\.imageScore)
      log.expect(
        (high.min() ?? 0) > (low.max() ?? 0), "far images score higher",
        "training images score up to \(low.max() ?? 0), far images from \(high.min() ?? 0)")
    }

    let odd: [(name: String, train: PatchEmbeddings, rows: [Int])] = [
      ("one row", train, [0]),
      ("duplicates", train, (0..<40).map { $0 / 4 }),
      (
        "equal rows",
        PatchEmbeddings(vectors: .constant(rows: train.vectors.rows, columns: 12, 0.5), grid: train.grid),
        Array(0..<20)
      ),
    ]
    for (name, train, rows) in odd {
      log.run("a bank of \(name)") { log in
        let bank = MemoryBank(selecting: rows, from: train)
        log.checkForm(try score(configuration, test, bank, context), of: test, bank)
        log.checkForm(try score(configuration, train, bank, context), of: train, bank)
      }
    }

    log.expectRefusal("another dimension is refused") {
      let wide = ConformanceData.embeddings(images: 1, height: 2, width: 2, dimension: 13, seed: 3)
      _ = try score(configuration, wide, bank, context)
    }
    return log.failures
  }

  private static func score(
    _ configuration: some ScorerConfiguration, _ embeddings: PatchEmbeddings, _ bank: MemoryBank,
    _ context: StageContext
  ) throws -> [PatchScores] {
    try configuration.makeScorer(context)
      .score(embeddings, bank: bank, neighbourIndex: ReferenceIndex(over: bank.vectors))
  }
}

extension FailureLog {
  fileprivate mutating func checkForm(_ scores: [PatchScores], of embeddings: PatchEmbeddings, _ bank: MemoryBank) {
    let grid = embeddings.grid
    expect(scores.count == grid.images, "one result per image", "\(scores.count) for \(grid.images) images")
    for (image, score) in scores.enumerated() {
      expect(
        score.height == grid.height && score.width == grid.width, "the grid of the embeddings",
        "image \(image) has \(score.height) x \(score.width) patch scores, not \(grid.height) x \(grid.width)")
      expect(
        score.imageScore.isFinite && score.values.allSatisfy(\.isFinite), "finite", "image \(image) is not")
      expect(
        score.values.indices.contains(score.decidingPatch), "the deciding patch exists",
        "image \(image) names patch \(score.decidingPatch) of \(score.values.count)")
      expect(
        (0..<bank.count).contains(score.nearestBankRow), "the bank row exists",
        "image \(image) names row \(score.nearestBankRow) of \(bank.count)")
      checkNearestRows(of: score, image, embeddings, bank)
    }
  }

  private mutating func checkNearestRows(
    of score: PatchScores, _ image: Int, _ embeddings: PatchEmbeddings, _ bank: MemoryBank
  ) {
    let property = "the nearest row of each patch"
    guard score.nearestRows.count == score.values.count else {
      return expect(
        false, property, "image \(image) has \(score.nearestRows.count) rows for \(score.values.count) patches")
    }
    run(property) { log in
      let nearest = try ReferenceIndex(over: bank.vectors).search(embeddings.images([image]).vectors, k: 1)
      if let patch = score.nearestRows.indices.first(where: { score.nearestRows[$0] != nearest.rows[$0] }) {
        log.expect(
          false, property,
          "patch \(patch) of image \(image) names row \(score.nearestRows[patch]), the index \(nearest.rows[patch])")
      }
    }
    if score.nearestRows.indices.contains(score.decidingPatch) {
      expect(
        Int(score.nearestRows[score.decidingPatch]) == score.nearestBankRow, property,
        "image \(image) names row \(score.nearestBankRow), its deciding patch \(score.nearestRows[score.decidingPatch])"
      )
    }
  }
}
