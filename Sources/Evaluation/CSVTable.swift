import PatchCore

/// The fields of a CSV file as RFC 4180 defines it, in UTF-8, read strictly.
///
/// Lines end in CRLF or LF; a field in double quotes may hold commas, line ends and quotes, each quote twice. A byte order
/// mark is passed over, as are empty lines. Everything else that spreadsheets forgive is an error with its line, because a
/// stray space or quote would otherwise become part of a path or a label.
struct CSVTable {
  /// One line after the header.
  struct Row {
    /// Where it begins in the file, from 1.
    let line: Int
    /// As many fields as the header has.
    let fields: [String]
  }

  /// The names of the columns.
  let header: [String]
  /// The lines after the header.
  let rows: [Row]

  /// Reads a file's bytes.
  ///
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - name: what errors call it.
  /// - Throws: `PatchCoreError` with code `.invalidDataset` naming file and line.
  init(_ bytes: [UInt8], name: String) throws {
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      throw PatchCoreError(.invalidDataset, "\(name) is UTF-16 text; save it as CSV in UTF-8")
    }
    var parser = CSVParser(bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...], name: name)
    guard let first = try parser.record() else {
      throw PatchCoreError(.invalidDataset, "\(name) is empty; its first line must name the columns")
    }
    header = first.fields
    var rows: [Row] = []
    while let row = try parser.record() {
      guard row.fields.count == header.count else {
        throw PatchCoreError(
          .invalidDataset,
          "\(name):\(row.line): \(row.fields.count) fields, the header has \(header.count) (\(header.joined(separator: ",")))"
        )
      }
      rows.append(row)
    }
    self.rows = rows
  }
}
