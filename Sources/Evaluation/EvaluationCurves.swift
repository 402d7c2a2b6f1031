/// The curves of an evaluation, for drawings and tables.
public struct EvaluationCurves: Sendable, Equatable {
  /// The most points of a curve over pixels.
  public static let maximumPixelPoints = 1000

  /// The ROC curve over image scores, with every point; `nil` if undefined.
  public var imageROC: ROCCurve?
  /// The precision-recall curve over image scores, with every point; `nil` if undefined.
  public var imagePrecisionRecall: PrecisionRecallCurve?
  /// The ROC curve over the pixels of all test images, thinned; `nil` if undefined.
  public var pixelROC: ROCCurve?
  /// The precision-recall curve over the pixels of all test images, thinned; `nil` if undefined.
  public var pixelPrecisionRecall: PrecisionRecallCurve?

  /// No curves.
  public init() {}

  /// The curves of scores.
  ///
  /// - Parameters:
  ///   - images: the scores of the test images.
  ///   - pixels: those of their pixels; `nil` if they cannot be compared.
  public init(images: RankedScores, pixels: RankedScores?) {
    imageROC = ROCCurve(images)
    imagePrecisionRecall = PrecisionRecallCurve(images)
    pixelROC = pixels.flatMap { ROCCurve($0, maximumPoints: Self.maximumPixelPoints) }
    pixelPrecisionRecall = pixels.flatMap { PrecisionRecallCurve($0, maximumPoints: Self.maximumPixelPoints) }
  }

  /// The files that hold the points, and their contents; `nil` for curves that are undefined.
  var files: [(name: String, text: String?)] {
    [
      ("image_roc.csv", imageROC?.csv), ("image_precision_recall.csv", imagePrecisionRecall?.csv),
      ("pixel_roc.csv", pixelROC?.csv), ("pixel_precision_recall.csv", pixelPrecisionRecall?.csv),
    ]
  }
}
