import Logging
import PatchCore

extension AnomalyDetector {
  /// Says so if the network's weights are random, even where progress is not wanted.
  func warnOfRandomWeights(_ logger: Logger) {
    guard weights.isRandom else { return }
    logger.warning(
      """
      the network's weights are \(weights.name); for real parts leave the extractor out of the description, or fit with a \
      pretrained checkpoint (--weights)
      """)
  }
}
