import Foundation

extension HTMLReport {
  /// The numbers that stand in the table, below those on cards.
  var numberTable: HTML {
    let rows: [(name: String, key: String, value: String?)] = [
      ("Image average precision", "image_average_precision", report.imageAveragePrecision.map(fraction)),
      ("F1-optimal threshold of images", "image_f1_optimum", report.imageF1Optimum.map(optimum)),
      (
        "Error at full recall", "error_at_full_recall",
        report.errorAtFullRecall.map {
          "\(percent($0.errorRate)), \($0.falsePositives) false positives from \(short(Double($0.threshold)))"
        }
      ),
      (
        "Pixel AUROC, images with defects", "pixel_auroc_anomalous_images",
        report.pixelAUROCOfImagesWithDefects.map(fraction)
      ),
      ("Pixel average precision", "pixel_average_precision", report.pixelAveragePrecision.map(fraction)),
      ("F1-optimal threshold of pixels", "pixel_f1_optimum", report.pixelF1Optimum.map(optimum)),
      ("PRO, image-averaged", "pro_image_averaged", report.proImageAveraged.map(fraction)),
      (
        "Memory bank in use", "bank_use",
        report.bankUse.map { "\(percent($0.share)), \($0.usedRows) of \($0.rows) rows" }
      ),
    ]
    let body = rows.map { row in
      let meaning = report.undefined[row.key] ?? report.definitions[row.key] ?? ""
      return HTML(
        "tr", [:],
        [
          HTML("th", row.name), HTML("td", ["class": "n"], row.value ?? "undefined"),
          HTML("td", ["class": "meaning"], sentence(meaning)),
        ])
    }
    return HTML("div", ["class": "wide"], [HTML("table", [:], body)])
  }

  /// The curves side by side; `nil` if none is defined.
  var curveSection: HTML? {
    let drawings = [
      curves.imageROC.map { CurveDrawing("ROC, images", $0) },
      curves.imagePrecisionRecall.map { CurveDrawing("Precision and recall, images", $0) },
      curves.pixelROC.map { CurveDrawing("ROC, pixels", $0) },
      curves.pixelPrecisionRecall.map { CurveDrawing("Precision and recall, pixels", $0) },
    ].compactMap { $0?.drawing }
    guard !drawings.isEmpty else { return nil }
    let files = curves.files.filter { $0.text != nil }.map(\.name).joined(separator: ", ")
    return section(
      "Curves", [HTML("div", ["class": "curves"], drawings), HTML("p", ["class": "note"], "The points: \(files).")])
  }

  private func optimum(_ optimum: F1Optimum) -> String {
    "F1 \(fraction(optimum.f1)) at \(short(Double(optimum.threshold))): \(optimum.falsePositives) false positives, "
      + "\(optimum.falseNegatives) false negatives"
  }

  private func fraction(_ value: Double) -> String { String(format: "%.4f", value) }

  private func percent(_ value: Double) -> String { String(format: "%.2f %%", 100 * value) }
}
