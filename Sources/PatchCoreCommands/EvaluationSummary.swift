import Evaluation
import Foundation

/// The main numbers of an evaluation, a line each, for a terminal.
struct EvaluationSummary {
  private let result: EvaluationReport

  init(_ result: EvaluationReport) { self.result = result }

  /// Names and numbers in two columns, then what was evaluated.
  var text: String {
    let errors = result.errorAtFullRecall.map { error in
      String(format: "%.4f", error.errorRate) + " (\(count(error.falsePositives, "false positive")))"
    }
    let optimum = result.imageF1Optimum.map { optimum in
      String(format: "%.4f", optimum.f1)
        + " at \(optimum.threshold) (\(count(optimum.falsePositives, "false positive")),"
        + " \(count(optimum.falseNegatives, "false negative")))"
    }
    let numbers: [(name: String, key: String, value: String?)] = [
      ("image AUROC", "image_auroc", number(result.imageAUROC)),
      ("image average precision", "image_average_precision", number(result.imageAveragePrecision)),
      ("image F1, at its optimum", "image_f1_optimum", optimum),
      ("error at full recall", "error_at_full_recall", errors),
      (
        "pixel AUROC", "pixel_auroc",
        number(result.pixelAUROC, "masks: \(result.detector.masks.rawValue), maps: \(result.detector.mapSize)")
      ),
      (
        "pixel AUROC, anomalous", "pixel_auroc_anomalous_images",
        number(result.pixelAUROCOfImagesWithDefects, "\(count(result.pixels.imagesWithDefects, "image")) alone")
      ),
      ("PRO", "pro", number(result.pro, "\(count(result.pixels.regions, "region")), to \(result.pixels.proLimit)")),
      ("PRO, image-averaged", "pro_image_averaged", number(result.proImageAveraged)),
      (
        "bank in use", "bank_use",
        result.bankUse.map { number($0.share, "\($0.usedRows) of \($0.rows) rows") } ?? nil
      ),
    ]
    var reasons: Set<String> = []
    var lines = numbers.map { name, key, value in
      let reason = result.undefined[key] ?? ""
      let absent = reasons.contains(reason) ? "undefined for the same reason" : "undefined: \(reason)"
      if value == nil { reasons.insert(reason) }
      return name.padding(toLength: 26, withPad: " ", startingAt: 0) + (value ?? absent)
    }
    if let share = result.pixels.unseenDefectShare, share > 0 {
      lines.append(String(format: "%.2f%% of the defect pixels lie outside the crop and were never seen", share * 100))
    }
    lines.append("weights: \(result.detector.weights.name), engine: \(result.detector.engine)")
    return lines.joined(separator: "\n")
  }

  private func number(_ value: Double?, _ note: String? = nil) -> String? {
    value.map { String(format: "%.4f", $0) + (note.map { " (\($0))" } ?? "") }
  }

  private func count(_ number: Int, _ what: String) -> String { "\(number) \(what)\(number == 1 ? "" : "s")" }
}
