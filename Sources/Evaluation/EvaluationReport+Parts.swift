import PatchCore

extension EvaluationReport {
  /// The data set and how many images of each use it gave.
  public struct DatasetSummary: Sendable, Equatable, Codable {
    /// The name of the data set's folder.
    public var name: String
    /// The layout.
    public var kind: String
    /// Images that the layout and the split give for training.
    public var trainingImages: Int
    /// Nominal test images.
    public var nominalTestImages: Int
    /// Test images with a defect.
    public var anomalousTestImages: Int

    private enum CodingKeys: String, CodingKey {
      case name, kind
      case trainingImages = "training_images"
      case nominalTestImages = "nominal_test_images"
      case anomalousTestImages = "anomalous_test_images"
    }
  }

  /// What the numbers were computed with.
  public struct DetectorSummary: Sendable, Equatable, Codable {
    /// The engine that ran.
    public var engine: String
    /// The numbers it computed with.
    public var precision: String
    /// Where the extractor's weights come from.
    public var weights: WeightsOrigin
    /// The mask rule.
    public var masks: MaskRule
    /// The size of the maps: `crop` or `original`.
    public var mapSize: String
    /// The resolved description as YAML; `nil` if not given.
    public var description: String?

    private enum CodingKeys: String, CodingKey {
      case engine, precision, weights, masks, description
      case mapSize = "map_size"
    }

    /// Collects what a report says of a detector.
    public init(
      compute: ComputeSettings, weights: WeightsOrigin, masks: MaskRule, mapSize: String, description: String? = nil
    ) {
      engine = compute.engine.rawValue
      precision = compute.precision.rawValue
      self.weights = weights
      self.masks = masks
      self.mapSize = mapSize
      self.description = description
    }
  }

  /// Pixels that were compared.
  public struct PixelSummary: Sendable, Equatable, Codable {
    /// Nominal pixels in the maps.
    public var nominal: Int
    /// Defect pixels in the maps.
    public var anomalous: Int
    /// 8-connected regions of defect pixels in the maps.
    public var regions: Int
    /// Images that have a defect pixel under the mask rule.
    public var imagesWithDefects: Int
    /// Images with a defect whose mask has no defect pixel under the mask rule.
    public var emptyMasks: Int
    /// The false-positive rate up to which the per-region overlap is integrated.
    public var proLimit: Double
    /// Defect pixels in the masks at their original size.
    public var originalDefects: Int
    /// The share of those that the crop cuts away, so that the detector never sees them; `nil` without any.
    public var unseenDefectShare: Double?

    private enum CodingKeys: String, CodingKey {
      case nominal, anomalous, regions
      case imagesWithDefects = "images_with_defects"
      case emptyMasks = "empty_masks"
      case proLimit = "pro_limit"
      case originalDefects = "original_defects"
      case unseenDefectShare = "unseen_defect_share"
    }

    /// Writes every key, `null` for an absent share.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(nominal, forKey: .nominal)
      try container.encode(anomalous, forKey: .anomalous)
      try container.encode(regions, forKey: .regions)
      try container.encode(imagesWithDefects, forKey: .imagesWithDefects)
      try container.encode(emptyMasks, forKey: .emptyMasks)
      try container.encode(proLimit, forKey: .proLimit)
      try container.encode(originalDefects, forKey: .originalDefects)
      try container.encode(unseenDefectShare, forKey: .unseenDefectShare)
    }
  }

  /// How much of the memory bank the test patches use.
  public struct BankUseSummary: Sendable, Equatable, Codable {
    /// Rows of the bank.
    public var rows: Int
    /// Rows that are the nearest neighbour of at least one test patch.
    public var usedRows: Int
    /// Their share, 0 to 1.
    public var share: Double

    private enum CodingKeys: String, CodingKey {
      case rows, share
      case usedRows = "used_rows"
    }
  }

  /// The scores of one class of test images.
  public struct ClassSummary: Sendable, Equatable, Codable {
    /// `good` or the class of defect.
    public var name: String
    /// Number of images.
    public var images: Int
    /// The mean of their scores.
    public var meanScore: Double
    /// The least score.
    public var leastScore: Float
    /// The greatest score.
    public var greatestScore: Float
    /// The area under the ROC curve of this class against the nominal images; `nil` for `good` and if undefined.
    public var imageAUROC: Double?

    private enum CodingKeys: String, CodingKey {
      case name, images
      case meanScore = "mean_score"
      case leastScore = "least_score"
      case greatestScore = "greatest_score"
      case imageAUROC = "image_auroc"
    }

    /// Writes every key, `null` for an absent number.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(name, forKey: .name)
      try container.encode(images, forKey: .images)
      try container.encode(meanScore, forKey: .meanScore)
      try container.encode(leastScore, forKey: .leastScore)
      try container.encode(greatestScore, forKey: .greatestScore)
      try container.encode(imageAUROC, forKey: .imageAUROC)
    }
  }

  /// One test image.
  public struct ImageResult: Sendable, Equatable, Codable {
    /// The file, relative to the data set.
    public var path: String
    /// `good` or the class of defect.
    public var className: String
    /// Whether it has a defect.
    public var isAnomalous: Bool
    /// The image's anomaly score.
    public var score: Float

    private enum CodingKeys: String, CodingKey {
      case path, score
      case className = "class"
      case isAnomalous = "anomalous"
    }
  }
}
