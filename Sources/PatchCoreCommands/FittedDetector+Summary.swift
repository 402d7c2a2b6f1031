import PatchCore

extension FittedDetector {
  /// One sentence: what was fitted, with which weights and engine.
  var summary: String {
    "\(bank.count) x \(bank.dimension) memory bank from \(trainingImages.count) images; "
      + "\(description.extractor.kind) with weights \(weights.name); fitted with \(fitEngine.rawValue)"
      + (description.compute.engine == fitEngine ? "" : ", running with \(description.compute.engine.rawValue)")
  }
}
