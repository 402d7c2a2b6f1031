/// A number that a suite compares with the paper's.
public enum SuiteMetric: String, Sendable, CaseIterable, Codable, CodingKey {
  /// Area under the ROC curve over image scores.
  case imageAUROC = "image_auroc"
  /// The same over the pixels of all test images.
  case pixelAUROC = "pixel_auroc"
  /// The same over the pixels of images with a defect alone.
  case pixelAUROCAnomalous = "pixel_auroc_anomalous"
  /// Per-region overlap as MVTec AD defines it.
  case pro
  /// Per-region overlap, averaged over images.
  case proImageAveraged = "pro_image_averaged"
  /// Average precision of image scores.
  case imageAveragePrecision = "image_average_precision"
  /// Average precision of pixel scores.
  case pixelAveragePrecision = "pixel_average_precision"
  /// False positives and false negatives at the F1-optimal threshold of image scores.
  case misclassifications
  /// Nominal images above that threshold.
  case falsePositives = "false_positives"
  /// Images with a defect below that threshold.
  case falseNegatives = "false_negatives"
  /// The share of test images misclassified at that threshold.
  case f1Error = "f1_error"
  /// The share of test images misclassified at the highest threshold that misses no defect.
  case fullRecallError = "full_recall_error"
  /// The share of the bank's rows that are nearest to at least one test patch.
  case bankUse = "bank_use"
  /// Rows of the memory bank.
  case bankRows = "bank_rows"
  /// Seconds from the decoded image to its score and map.
  case secondsPerImage = "seconds_per_image"
  /// Seconds of the preprocessing per image.
  case secondsPreprocess = "seconds_preprocess"
  /// Seconds of the extractor per image.
  case secondsExtractor = "seconds_extractor"
  /// Seconds of the aggregator per image.
  case secondsAggregator = "seconds_aggregator"
  /// Seconds of the scorer per image, the search in the bank included.
  case secondsScorer = "seconds_scorer"
  /// Seconds of the map per image.
  case secondsMap = "seconds_map"

  /// What a number is counted in.
  public enum Unit: String, Sendable, Codable {
    /// 0 to 100.
    case percent
    /// A number of things.
    case count
    /// Seconds.
    case seconds
  }

  /// How the categories' numbers become one.
  public enum Combination: String, Sendable, Codable {
    /// Their mean, each category counted once.
    case mean
    /// Their sum.
    case sum
  }

  /// The heading of its column.
  public var label: String {
    switch self {
    case .imageAUROC: "image AUROC"
    case .pixelAUROC: "pixel AUROC"
    case .pixelAUROCAnomalous: "pixel AUROC, images with defects"
    case .pro: "PRO"
    case .proImageAveraged: "PRO, image-averaged"
    case .imageAveragePrecision: "image average precision"
    case .pixelAveragePrecision: "pixel average precision"
    case .misclassifications: "misclassifications"
    case .falsePositives: "false positives"
    case .falseNegatives: "false negatives"
    case .f1Error: "error at best F1"
    case .fullRecallError: "error at full recall"
    case .bankUse: "bank used"
    case .bankRows: "bank rows"
    case .secondsPerImage: "seconds per image"
    case .secondsPreprocess: "preprocessing"
    case .secondsExtractor: "extractor"
    case .secondsAggregator: "aggregator"
    case .secondsScorer: "scorer"
    case .secondsMap: "map"
    }
  }

  /// What it is counted in.
  public var unit: Unit {
    switch self {
    case .misclassifications, .falsePositives, .falseNegatives, .bankRows: .count
    case _ where isTime: .seconds
    default: .percent
    }
  }

  /// How categories combine.
  public var combination: Combination {
    switch self {
    case .misclassifications, .falsePositives, .falseNegatives: .sum
    default: .mean
    }
  }

  /// Whether it is a time, which saved features would falsify.
  public var isTime: Bool { rawValue.hasPrefix("seconds_") }
}
