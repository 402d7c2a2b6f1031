/// How results are compared with the truth: the key `evaluation` of a description.
public struct EvaluationSettings: Sendable, Hashable, Codable {
  /// What makes a mask's pixel a defect.
  ///
  /// Default `official`.
  public var masks: MaskRule = .official

  private enum CodingKeys: String, CodingKey { case masks }

  /// The default settings: masks as the official code reads them.
  public init() {}

  /// Creates settings.
  public init(masks: MaskRule) { self.masks = masks }
}

/// How a mask is brought to the size of the anomaly map, and which of its pixels are defects.
///
/// Where masks are compared at the size of the original image, nothing is resized and only the threshold remains.
public enum MaskRule: String, Sendable, Hashable, Codable, CaseIterable {
  /// As amazon-science/patchcore-inspection: resized like the image, and only pixels that are exactly 1 count.
  ///
  /// 8-bit masks are resized by Pillow's bilinear filter, so the defect loses its blended rim; 1-bit masks are resized
  /// by Pillow's nearest neighbour.
  case official
  /// As anomalib: resized by PyTorch's nearest neighbour, and every pixel above 0 counts.
  case anomalib

  /// The least 8-bit value that counts as a defect.
  public var leastDefectValue: UInt8 {
    switch self {
    case .official: 255
    case .anomalib: 1
    }
  }
}
