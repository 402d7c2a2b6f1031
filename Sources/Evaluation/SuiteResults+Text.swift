import Foundation
import PatchCore

extension SuiteResults {
  /// The results as a table for a terminal, with the paper's numbers beside ours.
  ///
  /// - Parameter width: characters in a line; names of rows are not shortened.
  /// - Returns: lines, ended by a newline.
  public func text(width: Int = 120) -> String {
    var lines = SuiteTextTable.wrapped(suite.title, width: width)
    lines += SuiteTextTable.wrapped(suite.source, width: width) + [""]
    for difference in differences { lines += SuiteTextTable.wrapped(difference, width: width) }
    lines += SuiteTextTable.wrapped(conditions, width: width) + [""]
    lines += overall.lines(width: width)
    for (title, table) in categories { lines += ["", title, ""] + table.lines(width: width) }
    let remarks = problems + notes
    if !remarks.isEmpty { lines.append("") }
    for remark in remarks { lines += SuiteTextTable.wrapped(remark, width: width, indent: "  ") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// What computed the numbers.
  private var conditions: String {
    func names(_ texts: [String]) -> String {
      texts.indices.filter { !texts[..<$0].contains(texts[$0]) }.map { texts[$0] }.joined(separator: ", ")
    }
    let done = rows.filter { $0.categoriesDone > 0 }
    guard !done.isEmpty else { return "Nothing was run." }
    return "Run with: weights \(names(done.flatMap { $0.weights.map(\.name) })); engine "
      + "\(names(done.compactMap { row in row.compute.map { "\($0.engine.rawValue) \($0.precision.rawValue)" } })); "
      + "patchcore \(setting.version)."
  }

  /// What is missing and why, rows with the same problem together.
  private var problems: [String] {
    var found: [(text: String, rows: [String])] = []
    for row in rows {
      let texts =
        row.problems.map { "not done: \($0)" } + reasons(row).map { metric, reason in "no \(metric.label): \(reason)" }
      for text in texts {
        if let position = found.firstIndex(where: { $0.text == text }) {
          found[position].rows.append(row.run.name)
        } else {
          found.append((text, [row.run.name]))
        }
      }
    }
    return found.map { "\($0.rows.joined(separator: ", ")): \($0.text)" }
  }

  /// Numbers that an evaluation could not give, where the row itself is done.
  private func reasons(_ row: Row) -> [(SuiteMetric, String)] {
    guard row.categoriesDone > 0 else { return [] }
    return metrics.compactMap { metric in
      row.overall[metric].flatMap { number in number.reason.map { (metric, $0) } }
    }
  }

  private var overall: SuiteTextTable {
    let names = rows.map { row in
      let missing = row.categories.count - row.categoriesDone
      if row.categoriesDone == 0 { return "\(row.label), not done" }
      return row.label + (missing > 0 ? ", \(row.categoriesDone) of \(row.categories.count) categories" : "")
    }
    let groups = metrics.map { metric in
      let unit = metric.unit == .percent ? ", %" : metric.unit == .seconds ? ", s" : ""
      return SuiteTextTable.Group(
        title: metric.label + unit,
        columns: [
          .init(heading: "ours", cells: rows.map { Self.ours($0.overall[metric], metric) }),
          .init(
            heading: paperHeading,
            cells: rows.map { Self.paper($0.run.paper[metric], $0.run.paperDeviation[metric], metric) }),
          .init(
            heading: "difference",
            cells: rows.map { Self.difference($0.overall[metric]?.value, $0.run.paper[metric], metric) }),
        ])
    }
    return SuiteTextTable(names: names, groups: groups)
  }

  /// A table per metric with two lines per row, ours and the paper's; none for a single category without paper's number.
  private var categories: [(title: String, table: SuiteTextTable)] {
    var columns: [String] = []
    for name in rows.flatMap({ $0.categories.map(\.name) }) where !columns.contains(name) { columns.append(name) }
    return metrics.compactMap { metric in
      func paper(_ row: Row, _ category: String) -> Double? { row.run.paperCategories[metric]?[category] }
      let isPapers = rows.contains { row in columns.contains { paper(row, $0) != nil } }
      guard columns.count > 1 || isPapers else { return nil }
      var names: [String] = [], cells: [[String]] = columns.map { _ in [] }
      for row in rows {
        let printsPaper = columns.contains { paper(row, $0) != nil }
        names.append(row.label)
        if printsPaper { names.append("  paper") }
        for (position, column) in columns.enumerated() {
          let number = row.categories.first { $0.name == column }?.numbers[metric]
          cells[position].append(Self.ours(number, metric))
          if printsPaper { cells[position].append(Self.paper(paper(row, column), nil, metric)) }
        }
      }
      let groups = zip(columns, cells).map {
        SuiteTextTable.Group(title: "", columns: [.init(heading: $0, cells: $1)])
      }
      return ("\(metric.label) by category", SuiteTextTable(names: names, groups: groups))
    }
  }

  private static func ours(_ number: Number?, _ metric: SuiteMetric) -> String {
    guard let number, let value = number.value else { return "-" }
    return text(value, metric, digits: 1) + (number.deviation.map { " ± " + text($0, metric, digits: 1) } ?? "")
  }

  private static func paper(_ value: Double?, _ deviation: Double?, _ metric: SuiteMetric) -> String {
    guard let value else { return "-" }
    return text(value, metric, digits: 0) + (deviation.map { " ± " + text($0, metric, digits: 0) } ?? "")
  }

  private static func difference(_ ours: Double?, _ paper: Double?, _ metric: SuiteMetric) -> String {
    guard let ours, let paper else { return "-" }
    let text = text(abs(ours - paper), metric, digits: 1)
    let isZero = text.allSatisfy { "0.".contains($0) }
    return (isZero ? "" : ours < paper ? "-" : "+") + text
  }

  /// A number with the decimals of its unit as the paper prints it, and some more.
  private static func text(_ value: Double, _ metric: SuiteMetric, digits: Int) -> String {
    switch metric.unit {
    case .percent: String(format: "%.\(1 + digits)f", value)
    case .seconds: String(format: "%.\(2 + digits)f", value)
    case .count: String(format: value == value.rounded() ? "%.0f" : "%.1f", value)
    }
  }
}
