/// A table for a terminal: a column of names, and groups of columns that go to further tables when the width is used up.
struct SuiteTextTable {
  /// A column of numbers, aligned to the right.
  struct Column {
    /// The heading, broken into lines.
    var heading: String
    /// One text per row.
    var cells: [String]
  }

  /// Columns that stay together under a title.
  struct Group {
    var title: String
    var columns: [Column]
  }

  /// The names of the rows.
  var names: [String]
  /// The columns.
  var groups: [Group]

  /// A heading is broken at blanks once it is longer.
  private static let headingWidth = 18
  private static let gap = "  "

  /// The lines of the tables, none longer than `width` unless a single group is, with an empty line between tables.
  func lines(width: Int) -> [String] {
    let first = names.map(\.count).max() ?? 0
    var tables: [[Group]] = []
    var used = 0
    for group in groups {
      let size = Self.width(of: group) + Self.gap.count
      if tables.isEmpty || first + used + size > width {
        tables.append([group])
        used = size
      } else {
        tables[tables.count - 1].append(group)
        used += size
      }
    }
    return Array(tables.map { table($0, first) }.joined(separator: [""]))
  }

  private func table(_ groups: [Group], _ first: Int) -> [String] {
    let headings = groups.map { $0.columns.map { Self.broken($0.heading) } }
    let height = headings.joined().map(\.count).max() ?? 0
    func line(_ name: String, _ parts: [String]) -> String {
      Self.trimmed(([Self.padded(name, first, isLeft: true)] + parts).joined(separator: Self.gap))
    }
    func cells(_ text: (_ group: Int, _ column: Int) -> String) -> [String] {
      groups.indices.map { group in
        let columns = groups[group].columns
        let parts = columns.indices.map { Self.padded(text(group, $0), Self.width(of: columns[$0])) }
        return Self.padded(parts.joined(separator: Self.gap), Self.width(of: groups[group]))
      }
    }
    var lines: [String] = []
    if groups.contains(where: { !$0.title.isEmpty }) {
      lines.append(line("", groups.map { Self.padded($0.title, Self.width(of: $0)) }))
    }
    for level in 0..<height {
      lines.append(
        line(
          "",
          cells { group, column in
            let heading = headings[group][column]
            // Short headings stand at the bottom.
            return level < height - heading.count ? "" : heading[level - height + heading.count]
          }))
    }
    lines.removeAll(where: \.isEmpty)
    let total = first + groups.reduce(0) { $0 + Self.width(of: $1) + Self.gap.count }
    lines.append(String(repeating: "-", count: total))
    for row in names.indices { lines.append(line(names[row], cells { groups[$0].columns[$1].cells[row] })) }
    return lines
  }

  private static func width(of column: Column) -> Int {
    (broken(column.heading) + column.cells).map(\.count).max() ?? 0
  }

  private static func width(of group: Group) -> Int {
    let columns = group.columns.reduce(-gap.count) { $0 + width(of: $1) + gap.count }
    return max(columns, group.title.count)
  }

  private static func broken(_ heading: String) -> [String] {
    heading.isEmpty ? [] : wrapped(heading, width: headingWidth)
  }

  /// A text in lines of at most `width` characters, broken at blanks.
  static func wrapped(_ text: String, width: Int, indent: String = "") -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, last.count + 1 + word.count <= width {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append((lines.isEmpty ? "" : indent) + word)
      }
    }
    return lines
  }

  private static func padded(_ text: String, _ width: Int, isLeft: Bool = false) -> String {
    let blanks = String(repeating: " ", count: max(0, width - text.count))
    return isLeft ? text + blanks : blanks + text
  }

  private static func trimmed(_ text: String) -> String {
    String(text.reversed().drop { $0 == " " }.reversed())
  }
}
