import Foundation
import PatchCore

/// What an evaluation found: the numbers, what each of them means, and the score of every image.
///
/// Encoded as JSON it is the output of `evaluate --json`. Keys are never renamed; absent results are `null`, with the
/// reason under `undefined`. Apart from `timings`, the same detector and images give the same bytes.
public struct EvaluationReport: Sendable, Equatable, Codable {
  /// The version of this layout.
  public static let formatVersion = 1

  /// The version of the layout of this report.
  public var formatVersion = EvaluationReport.formatVersion
  /// The area under the ROC curve over image scores, 0 to 1; `nil` if undefined.
  public var imageAUROC: Double?
  /// The average precision of image scores, 0 to 1; `nil` if undefined.
  public var imageAveragePrecision: Double?
  /// The threshold of image scores with the greatest F1, and its errors; `nil` if undefined.
  public var imageF1Optimum: F1Optimum?
  /// The errors of the highest threshold that misses no anomalous image; `nil` if undefined.
  public var errorAtFullRecall: FullRecallError?
  /// The area under the ROC curve over the pixels of all test images, 0 to 1; `nil` if undefined.
  public var pixelAUROC: Double?
  /// The same over the pixels of the images that have a defect pixel; `nil` if undefined.
  public var pixelAUROCOfImagesWithDefects: Double?
  /// The average precision of the pixels of all test images, 0 to 1; `nil` if undefined.
  public var pixelAveragePrecision: Double?
  /// The threshold of the pixels of all test images with the greatest F1, and its errors; `nil` if undefined.
  public var pixelF1Optimum: F1Optimum?
  /// The per-region overlap over all test images as MVTec AD defines it, 0 to 1; `nil` if undefined.
  public var pro: Double?
  /// The per-region overlap of each image by itself, averaged over the images that have a defect pixel; `nil` if
  /// undefined.
  public var proImageAveraged: Double?
  /// How much of the memory bank the test patches use; `nil` without a bank.
  public var bankUse: BankUseSummary?
  /// What each number means, by its key.
  public var definitions: [String: String]
  /// Why a number is absent, by its key.
  public var undefined: [String: String]
  /// The data set and how many images of each use it gave.
  public var dataset: DatasetSummary
  /// What the numbers were computed with.
  public var detector: DetectorSummary
  /// Pixels that were compared.
  public var pixels: PixelSummary
  /// The classes of the test images, `good` first, then by name.
  public var classes: [ClassSummary]
  /// The test images in the order of their paths.
  public var images: [ImageResult]
  /// Seconds by stage, added up over threads, and the seconds that passed under `wall`; `nil` if they were not measured.
  public var timings: [String: Double]?

  /// The key of the time that passed, beside the names of the stages.
  package static let wallKey = "wall"

  private enum CodingKeys: String, CodingKey {
    case formatVersion = "format_version"
    case imageAUROC = "image_auroc"
    case imageAveragePrecision = "image_average_precision"
    case imageF1Optimum = "image_f1_optimum"
    case errorAtFullRecall = "error_at_full_recall"
    case pixelAUROC = "pixel_auroc"
    case pixelAUROCOfImagesWithDefects = "pixel_auroc_anomalous_images"
    case pixelAveragePrecision = "pixel_average_precision"
    case pixelF1Optimum = "pixel_f1_optimum"
    case pro
    case proImageAveraged = "pro_image_averaged"
    case bankUse = "bank_use"
    case definitions, undefined, dataset, detector, pixels, classes, images, timings
  }

  /// Writes every key, `null` for absent numbers.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(formatVersion, forKey: .formatVersion)
    try container.encode(imageAUROC, forKey: .imageAUROC)
    try container.encode(imageAveragePrecision, forKey: .imageAveragePrecision)
    try container.encode(imageF1Optimum, forKey: .imageF1Optimum)
    try container.encode(errorAtFullRecall, forKey: .errorAtFullRecall)
    try container.encode(pixelAUROC, forKey: .pixelAUROC)
    try container.encode(pixelAUROCOfImagesWithDefects, forKey: .pixelAUROCOfImagesWithDefects)
    try container.encode(pixelAveragePrecision, forKey: .pixelAveragePrecision)
    try container.encode(pixelF1Optimum, forKey: .pixelF1Optimum)
    try container.encode(pro, forKey: .pro)
    try container.encode(proImageAveraged, forKey: .proImageAveraged)
    try container.encode(bankUse, forKey: .bankUse)
    try container.encode(definitions, forKey: .definitions)
    try container.encode(undefined, forKey: .undefined)
    try container.encode(dataset, forKey: .dataset)
    try container.encode(detector, forKey: .detector)
    try container.encode(pixels, forKey: .pixels)
    try container.encode(classes, forKey: .classes)
    try container.encode(images, forKey: .images)
    try container.encodeIfPresent(timings, forKey: .timings)
  }

  /// The report as JSON: keys sorted, numbers in the fewest digits that read back the same, a newline at the end.
  ///
  /// - Throws: `EncodingError` if a number is not finite.
  public func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self) + Data("\n".utf8)
  }

  /// The scores as comma-separated values: a header, then one line per image, ended by a newline.
  ///
  /// Fields with commas, quotes or line breaks are quoted (RFC 4180).
  public func csv() -> String {
    var lines = ["path,class,anomalous,score"]
    for image in images {
      lines.append("\(Self.field(image.path)),\(Self.field(image.className)),\(image.isAnomalous),\(image.score)")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// A field of comma-separated values, in quotes where it needs them (RFC 4180).
  static func field(_ text: String) -> String {
    guard text.utf8.contains(where: { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }) else { return text }
    return "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\""
  }

  /// The images that contradict their label most: the nominal ones with the highest scores and those with defects with
  /// the lowest, each worst first, equal scores by path.
  ///
  /// - Parameter count: how many of each kind at most.
  /// - Returns: both lists.
  public func worstImages(_ count: Int) -> (nominal: [ImageResult], anomalous: [ImageResult]) {
    let ranked = images.enumerated()
    let highest = ranked.filter { !$0.element.isAnomalous }
      .sorted { ($1.element.score, $0.offset) < ($0.element.score, $1.offset) }
    let lowest = ranked.filter { $0.element.isAnomalous }
      .sorted { ($0.element.score, $0.offset) < ($1.element.score, $1.offset) }
    return (highest.prefix(count).map(\.element), lowest.prefix(count).map(\.element))
  }
}
