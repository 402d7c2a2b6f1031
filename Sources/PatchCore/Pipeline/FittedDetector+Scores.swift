extension FittedDetector {
  /// Scores images that come out of the preprocessing at one size.
  ///
  /// - Parameters:
  ///   - images: at least one image.
  ///   - clock: told how long each stage takes.
  /// - Returns: one prediction per image, in order.
  /// - Throws: `PatchCoreError` if a stage fails.
  ///
  /// Roth et al. (2022), section 3.3.
  public func rawPredictions(of images: [Image], clock: StageClock) throws -> [Prediction] {
    let embeddings = try embedder.embed(images, clock)
    guard embeddings.dimension == bank.dimension else {
      throw PatchCoreError(
        .shapeMismatch, stage: "aggregator",
        "produces \(embeddings.dimension)-dimensional patch embeddings, the memory "
          + "bank holds \(bank.dimension)-dimensional ones; fit again")
    }
    if embeddings.vectors.firstRowNotFinite() != nil {
      throw PatchCoreError(.notFinite, stage: "extractor", "the patch embeddings are not finite; check the weights")
    }
    let scores = try clock.measure("scorer") {
      try scorer.score(embeddings, bank: bank, neighbourIndex: neighbourIndex)
    }
    guard scores.count == images.count, scores.allSatisfy({ (0..<bank.count).contains($0.nearestBankRow) }) else {
      throw PatchCoreError(
        .shapeMismatch, stage: "scorer",
        "made \(scores.count) scores of \(images.count) images, or named a row that the "
          + "bank of \(bank.count) rows lacks")
    }
    return try clock.measure("map") {
      try zip(images, scores).map { image, scores in
        let location = bank.locations[scores.nearestBankRow]
        return Prediction(
          score: scores.imageScore, map: try map(of: scores, for: image), patchScores: scores,
          nearestPatch: TrainingPatch(
            image: trainingImages[location.image].name, row: location.row, column: location.column))
      }
    }
  }
}
