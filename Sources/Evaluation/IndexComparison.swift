import Foundation
import PatchCore

/// What neighbour indexes over one memory bank find, cost and change, beside an exact search.
///
/// Encoded as JSON it is the output of `compare-indexes --json`. Keys are never renamed.
public struct IndexComparison: Sendable, Encodable {
  /// The version of this layout.
  public static let formatVersion = 1

  /// One index.
  public struct Row: Sendable, Encodable {
    /// The index with every setting, as the YAML of a description.
    public let name: String
    /// The same as JSON.
    package let settings: JSONValue
    /// The share of test patches whose nearest row is the true one, or one just as near.
    public let recallAt1: Double
    /// The largest relative change of an image score.
    public let largestScoreDrift: Double
    /// The mean relative change of the image scores.
    public let meanScoreDrift: Double
    /// The area under the ROC curve over image scores; `nil` if undefined.
    public let imageAUROC: Double?
    /// The area under the ROC curve over the pixels of all test images; `nil` if undefined.
    public let pixelAUROC: Double?
    /// The median time of the search for all patches of an image, in milliseconds.
    public let millisecondsPerImage: Double
    /// The time of the build, in seconds.
    public let buildSeconds: Double
    /// Whether an earlier row's build served this one too, and its time is given.
    public let sharesBuild: Bool
    /// Bytes that the index adds to an artifact.
    public let bytes: Int
    /// The library that searches and how it was built; `nil` for this package's own code.
    public let library: String?

    private enum CodingKeys: String, CodingKey {
      case name = "yaml"
      case settings = "index"
      case recallAt1 = "recall_at_1"
      case largestScoreDrift = "largest_score_drift"
      case meanScoreDrift = "mean_score_drift"
      case imageAUROC = "image_auroc"
      case pixelAUROC = "pixel_auroc"
      case millisecondsPerImage = "milliseconds_per_image"
      case buildSeconds = "build_seconds"
      case sharesBuild = "shares_build"
      case bytes, library
    }

    /// Writes every key, `null` for absent numbers.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(name, forKey: .name)
      try container.encode(settings, forKey: .settings)
      try container.encode(recallAt1, forKey: .recallAt1)
      try container.encode(largestScoreDrift, forKey: .largestScoreDrift)
      try container.encode(meanScoreDrift, forKey: .meanScoreDrift)
      try container.encode(imageAUROC, forKey: .imageAUROC)
      try container.encode(pixelAUROC, forKey: .pixelAUROC)
      try container.encode(millisecondsPerImage, forKey: .millisecondsPerImage)
      try container.encode(buildSeconds, forKey: .buildSeconds)
      try container.encode(sharesBuild, forKey: .sharesBuild)
      try container.encode(bytes, forKey: .bytes)
      try container.encode(library, forKey: .library)
    }
  }

  /// When a row may be recommended; the fastest such row is.
  public struct Rule: Sendable, Hashable, Encodable {
    /// How far image and pixel AUROC may lie below those of the exact search; 0.001 is a tenth of a point.
    public var aurocMargin = 0.001
    /// The least recall@1.
    public var leastRecall = 0.9

    /// The rule of the command line.
    public init() {}

    private enum CodingKeys: String, CodingKey {
      case aurocMargin = "auroc_margin"
      case leastRecall = "least_recall"
    }

    /// The rule in a sentence.
    public var summary: String {
      "the fastest whose image and pixel AUROC lie at most \(aurocMargin) below exact and whose recall@1 is at least "
        + "\(leastRecall); exact if none is faster"
    }

    /// The row to recommend.
    ///
    /// - Parameter rows: the exact search first.
    /// - Returns: the number of a row.
    func choice(among rows: [Row]) -> Int {
      func holds(_ value: Double?, _ exact: Double?) -> Bool {
        guard let value, let exact else { return value == nil && exact == nil }
        return value >= exact - aurocMargin
      }
      let suitable = rows.indices.filter {
        $0 == 0
          || rows[$0].recallAt1 >= leastRecall && holds(rows[$0].imageAUROC, rows[0].imageAUROC)
            && holds(rows[$0].pixelAUROC, rows[0].pixelAUROC)
      }
      return suitable.min { rows[$0].millisecondsPerImage < rows[$1].millisecondsPerImage } ?? 0
    }
  }

  /// The version of the layout of this comparison.
  public let formatVersion = IndexComparison.formatVersion
  /// Rows of the bank.
  public let bankRows: Int
  /// Dimension of a row.
  public let dimension: Int
  /// Number of test images.
  public let testImages: Int
  /// Number of their patches.
  public let testPatches: Int
  /// Threads that searched; builds run on one where the index demands it.
  public let threads: Int
  /// The indexes, an exact one first, which the others are compared with.
  public let rows: [Row]
  /// The rule of the recommendation.
  public let rule: Rule
  /// The number of the row that the rule picks.
  public let recommended: Int

  /// Collects results and picks a row.
  ///
  /// - Precondition: there is a row, and the first one is exact.
  init(bankRows: Int, dimension: Int, testImages: Int, testPatches: Int, threads: Int, rows: [Row], rule: Rule) {
    precondition(!rows.isEmpty, "at least the exact search")
    self.bankRows = bankRows
    self.dimension = dimension
    self.testImages = testImages
    self.testPatches = testPatches
    self.threads = threads
    self.rows = rows
    self.rule = rule
    recommended = rule.choice(among: rows)
  }

  private enum CodingKeys: String, CodingKey {
    case formatVersion = "format_version"
    case bankRows = "bank_rows"
    case dimension
    case testImages = "test_images"
    case testPatches = "test_patches"
    case threads
    case rows = "indexes"
    case rule, recommended
  }

  /// The comparison as JSON: keys sorted, a newline at the end.
  ///
  /// - Throws: `EncodingError` if a number is not finite.
  public func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self) + Data("\n".utf8)
  }
}
