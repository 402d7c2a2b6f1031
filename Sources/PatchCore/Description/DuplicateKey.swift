import Yams

/// Where a key stands for the second time: the parser tells the key and where its mapping begins.
struct DuplicateKey {
  /// The line, from 1; that of the mapping if it is written in braces.
  private(set) var line: Int
  /// The key path, as far as indentation shows it.
  private(set) var path: String

  /// Looks for the second time that the key begins a line with the mapping's indentation.
  init(_ key: String, inMappingAt mark: Mark, of text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { Line($0) }
    var found: [Int] = []
    for number in max(0, mark.line - 1)..<max(lines.count, mark.line) where number < lines.count {
      let line = lines[number]
      if line.key != nil, line.indentation < mark.column - 1 { break }
      if line.key == key, line.indentation == mark.column - 1 { found.append(number) }
    }
    let place = found.count > 1 ? found[1] : mark.line - 1
    line = place + 1
    var names = [key]
    // Braces begin behind the key that they belong to, on the same line.
    if found.count < 2, lines.indices.contains(place), let owner = lines[place].key, owner != key {
      names.insert(owner, at: 0)
    }
    var indentation = lines.indices.contains(place) ? lines[place].indentation : 0
    for line in lines.prefix(max(0, place)).reversed() {
      guard let name = line.key, line.indentation < indentation else { continue }
      names.insert(name, at: 0)
      indentation = line.indentation
    }
    path = names.joined(separator: ".")
  }

  /// What a line begins with.
  private struct Line {
    /// Number of spaces.
    var indentation: Int
    /// The key before a colon, without quotes; `nil` if the line does not begin with one.
    var key: String?

    init(_ text: Substring) {
      indentation = text.prefix { $0 == " " }.count
      let content = text.dropFirst(indentation)
      guard let colon = content.firstIndex(of: ":"), !content.hasPrefix("#"), !content.hasPrefix("{") else { return }
      let name = content[..<colon].trimmingPrefix { $0 == "\"" || $0 == "'" }
      key = String(name.prefix { $0 != "\"" && $0 != "'" && $0 != " " })
    }
  }
}
