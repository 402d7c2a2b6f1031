/// One image of a data set.
public struct DatasetSample: Sendable, Hashable {
  /// What is known about the part in the image.
  public enum Label: Sendable, Hashable {
    /// Free of defects.
    case nominal
    /// With a defect of the named class.
    case anomalous(defect: String)

    /// Whether there is a defect.
    public var isAnomalous: Bool { self != .nominal }
    /// The name of the class: `good` or that of the defect.
    public var className: String {
      switch self {
      case .nominal: Dataset.nominalName
      case .anomalous(let defect): defect
      }
    }
  }

  /// What the image is used for.
  public enum Use: String, Sendable, Hashable, Codable {
    /// To fit.
    case train
    /// To evaluate.
    case test
    /// For nothing: left out of a low-shot draw, and not tested either.
    case unused
  }

  /// The file, relative to the data set's folder, parts separated by `/`.
  public var path: String
  /// What is known about the part in the image.
  public var label: Label
  /// The mask's file, relative to the data set's folder; `nil` for nominal images and where there are no masks.
  public var maskPath: String?
  /// Which frame of the mask's file belongs to the image, from 0, where that file is a NumPy array of frames; `nil` where
  /// it is an image.
  public var maskFrame: Int?
  /// What the image is used for.
  public var use: Use

  /// Creates a sample.
  public init(path: String, label: Label, maskPath: String? = nil, maskFrame: Int? = nil, use: Use) {
    self.path = path
    self.label = label
    self.maskPath = maskPath
    self.maskFrame = maskFrame
    self.use = use
  }
}
