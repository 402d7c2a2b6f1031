import PatchCore

extension SuiteResults {
  /// The ROC and precision-recall curves over image scores of every result, as comma-separated values.
  ///
  /// A line per point: `threshold` is empty where all scores are called nominal, `x` and `y` are false-positive and
  /// true-positive rate for `roc`, recall and precision for `precision_recall`. Ties are one point, as scikit-learn's.
  ///
  /// - Parameters:
  ///   - plan: the rows.
  ///   - collection: the results of each row.
  /// - Returns: a header and the points of all rows, categories and seeds that are done.
  /// - Throws: `PatchCoreError` if a record holds no scores.
  static func curves(_ plan: SuitePlan, _ collection: SuiteCollection) throws -> String {
    var lines = ["row,category,seed,curve,threshold,x,y"]
    for (row, results) in zip(plan.rows, collection.rows) {
      for category in row.data?.categories.map(\.name) ?? [] {
        for (_, record) in (results.records[category] ?? [:]).sorted(by: { $0.key < $1.key }) {
          var scores = RankingScores()
          guard case .list(let images)? = record.report["images"] else {
            throw PatchCoreError(
              .invalidFile, "the record of \(record.run), \(category), holds no scores; give --fresh")
          }
          for image in images {
            guard let score = image["score"]?.double, case .bool(let isAnomalous)? = image["anomalous"] else {
              throw PatchCoreError(
                .invalidFile, "the record of \(record.run), \(category), holds an image without a score; give --fresh")
            }
            try scores.add(Float(score), isAnomalous: isAnomalous, image: image["path"]?.string ?? category)
          }
          let ranked = try scores.ranked()
          let head = [record.run, category, "\(record.seed)"].map(EvaluationReport.field).joined(separator: ",")
          func add(_ curve: String, _ threshold: Float, _ x: Double, _ y: Double) {
            lines.append("\(head),\(curve),\(threshold.isFinite ? "\(threshold)" : ""),\(x),\(y)")
          }
          for point in ROCCurve(ranked)?.points ?? [] {
            add("roc", point.threshold, point.falsePositiveRate, point.truePositiveRate)
          }
          for point in PrecisionRecallCurve(ranked)?.points ?? [] {
            add("precision_recall", point.threshold, point.recall, point.precision)
          }
        }
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
