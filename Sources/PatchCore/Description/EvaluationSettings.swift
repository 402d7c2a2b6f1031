/// How results are compared with the truth: the key `evaluation` of a description.
public struct EvaluationSettings: Sendable, Hashable, Codable {
  /// What makes a mask's pixel a defect.
  ///
  /// Default `official`.
  public var masks: MaskRule = .official
  /// The false-positive rate up to which the per-region overlap (PRO) is integrated, above 0 and at most 1.
  ///
  /// Default 0.3, as in MVTec AD's own evaluation.
  public var proLimit: Double = 0.3

  private enum CodingKeys: String, CodingKey {
    case masks
    case proLimit = "pro_limit"
  }

  /// The default settings: masks as the official code reads them, PRO as MVTec AD defines it.
  public init() {}

  /// Creates settings.
  public init(masks: MaskRule, proLimit: Double = 0.3) {
    self.masks = masks
    self.proLimit = proLimit
  }

  /// Reads the keys; an artifact that was written before there was a `pro_limit` means 0.3.
  ///
  /// - Throws: `DecodingError` if `masks` is missing or a value is not allowed.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    masks = try container.decode(MaskRule.self, forKey: .masks)
    if let limit = try container.decodeIfPresent(Double.self, forKey: .proLimit) { proLimit = limit }
    if let problem = proLimitProblem {
      throw DecodingError.dataCorruptedError(forKey: .proLimit, in: container, debugDescription: problem)
    }
  }

  /// Refuses a limit out of range, which a description made in code may hold.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration`.
  public func validate() throws {
    if let problem = proLimitProblem { throw PatchCoreError(.invalidConfiguration, stage: "evaluation", problem) }
  }

  private var proLimitProblem: String? {
    proLimit > 0 && proLimit <= 1
      ? nil : "pro_limit is \(proLimit); write a false-positive rate above 0 and at most 1, such as 0.3"
  }
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
