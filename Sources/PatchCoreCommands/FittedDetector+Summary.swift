import Logging
import PatchCore

extension FittedDetector {
  /// One sentence: what was fitted, with which weights and engine.
  var summary: String {
    "\(bank.count) x \(bank.dimension) memory bank from \(trainingImages.count) images; "
      + "\(description.extractor.kind) with weights \(weights.name); fitted with \(fitEngine.rawValue)"
      + (description.compute.engine == fitEngine ? "" : ", running with \(description.compute.engine.rawValue)")
  }

  /// Says so if the network's weights are random, even where progress is not wanted.
  func warnOfRandomWeights(_ logger: Logger) {
    guard weights.digest == nil, weights.name.hasPrefix("random") else { return }
    logger.warning(
      """
      the network's weights are \(weights.name); for real parts leave the extractor out of the description, or fit with a \
      pretrained checkpoint (--weights)
      """)
  }
}
