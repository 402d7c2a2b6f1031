import Foundation
import PatchCore
import TensorFiles

extension SuiteResults {
  /// The version of the layout of `results.json`.
  public static let formatVersion = 1

  /// Writes `results.json`, `results.csv` and, if the suite asks for curves, `curves.csv` to a folder.
  ///
  /// - Parameter folder: the folder, which must exist.
  /// - Throws: `PatchCoreError` with code `.invalidFile` if a file cannot be written.
  public func write(to folder: String) throws {
    let files = [("results.json", try json()), ("results.csv", Data(csv().utf8))]
    for (name, data) in files + (curves.map { [("curves.csv", Data($0.utf8))] } ?? []) {
      do {
        try AtomicFile.write(to: folder + "/" + name) { writer in try data.withUnsafeBytes { try writer.write($0) } }
      } catch let error as TensorFileError {
        throw PatchCoreError(.invalidFile, error)
      }
    }
  }

  /// The results as JSON: keys sorted, `null` for numbers that are missing, a newline at the end.
  ///
  /// - Throws: `EncodingError` if a number is not finite.
  public func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(tree) + Data("\n".utf8)
  }

  /// The results as comma-separated values: a line per row and metric over all categories, then per category.
  ///
  /// The column `category` is empty for numbers over all categories.
  public func csv() -> String {
    let header = [
      "suite", "row", "category", "metric", "unit", "value", "deviation", "seeds", "paper", "paper_deviation",
      "difference", "problem", "data", "data_kind", "base", "weights", "weights_sha256", "engine", "precision",
      "version",
    ]
    var lines = [header.joined(separator: ",")]
    for row in rows {
      let places = [("", row.overall)] + row.categories.map { ($0.name, $0.numbers) }
      for (category, numbers) in places {
        for metric in metrics {
          let number = numbers[metric] ?? Number(reason: "not done")
          let paper = category.isEmpty ? row.run.paper[metric] : row.run.paperCategories[metric]?[category]
          let deviation = category.isEmpty ? row.run.paperDeviation[metric] : nil
          let reason = number.value == nil ? Self.reason(number, row, category) : ""
          let fields = [
            suite.name, row.run.name, category, metric.rawValue, metric.unit.rawValue, Self.text(number.value),
            Self.text(number.deviation), "\(row.seeds)", Self.text(paper), Self.text(deviation),
            Self.text(Self.difference(number.value, paper)), reason, row.data?.name ?? "", row.data?.kind ?? "",
            baseName, row.weights.map(\.name).joined(separator: " "),
            row.weights.map { $0.digest ?? "" }.joined(separator: " "), row.compute?.engine.rawValue ?? "",
            row.compute?.precision.rawValue ?? "", setting.version,
          ]
          lines.append(fields.map(EvaluationReport.field).joined(separator: ","))
        }
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Why a number is missing: the row's problem with the category, if it is not done at all.
  private static func reason(_ number: Number, _ row: Row, _ category: String) -> String {
    let problem = row.problems.first { $0.hasPrefix("\(category): ") || $0.hasPrefix("\(category), seed ") }
    return problem ?? (row.categoriesDone == 0 ? row.problems.first : nil) ?? number.reason ?? ""
  }

  private var baseName: String { setting.base ?? "suite" }

  private var tree: JSONValue {
    .object([
      "format_version": .whole(Int64(Self.formatVersion)),
      "suite": .object(["name": .text(suite.name), "title": .text(suite.title), "source": .text(suite.source)]),
      "base": .text(baseName), "version": .text(setting.version),
      "differences": .list(differences.map(JSONValue.text)), "notes": .list(notes.map(JSONValue.text)),
      "paper_heading": .text(paperHeading), "rows": .list(rows.map(tree)),
    ])
  }

  private func tree(of row: Row) -> JSONValue {
    .object([
      "name": .text(row.run.name), "random_weights": .bool(row.hasRandomWeights),
      "data": row.data.map { .object(["name": .text($0.name), "kind": .text($0.kind)]) } ?? .null,
      "weights": .list(
        row.weights.map {
          .object(["name": .text($0.name), "digest": $0.digest.map(JSONValue.text) ?? .null])
        }),
      "engine": row.compute.map { .text($0.engine.rawValue) } ?? .null,
      "precision": row.compute.map { .text($0.precision.rawValue) } ?? .null,
      "seeds": .whole(Int64(row.seeds)), "problems": .list(row.problems.map(JSONValue.text)),
      "categories_done": .whole(Int64(row.categoriesDone)),
      "overall": tree(of: row.overall) { (row.run.paper[$0], row.run.paperDeviation[$0]) },
      "categories": .list(
        row.categories.map { name, numbers in
          .object([
            "name": .text(name), "numbers": tree(of: numbers) { (row.run.paperCategories[$0]?[name], nil) },
          ])
        }),
    ])
  }

  private func tree(
    of numbers: [SuiteMetric: Number], paper: (SuiteMetric) -> (value: Double?, deviation: Double?)
  ) -> JSONValue {
    func number(_ value: Double?) -> JSONValue { value.map(JSONValue.number) ?? .null }
    return .object(
      Dictionary(
        uniqueKeysWithValues: metrics.map { metric in
          let ours = numbers[metric] ?? Number(reason: "not done"), paper = paper(metric)
          return (
            metric.rawValue,
            .object([
              "unit": .text(metric.unit.rawValue), "value": number(ours.value), "deviation": number(ours.deviation),
              "paper": number(paper.value), "paper_deviation": number(paper.deviation),
              "difference": number(Self.difference(ours.value, paper.value)),
              "problem": ours.reason.map(JSONValue.text) ?? .null,
            ])
          )
        }))
  }

  private static func text(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }

  private static func difference(_ ours: Double?, _ paper: Double?) -> Double? {
    guard let ours, let paper else { return nil }
    return ours - paper
  }
}
