import PatchCore

/// Reads the records of CSV text one after another.
struct CSVParser {
  private static let quote = UInt8(ascii: "\""), comma = UInt8(ascii: ",")
  private static let newline = UInt8(ascii: "\n"), carriageReturn = UInt8(ascii: "\r")

  private let bytes: ArraySlice<UInt8>
  private let name: String
  private var position: Int
  private var line = 1

  /// Begins at the first line of text without a byte order mark.
  init(_ bytes: ArraySlice<UInt8>, name: String) {
    self.bytes = bytes
    self.name = name
    position = bytes.startIndex
  }

  /// The next record that is no empty line; `nil` at the end.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidDataset` naming file and line.
  mutating func record() throws -> CSVTable.Row? {
    while try endOfLine() {}
    guard position < bytes.endIndex else { return nil }
    let start = line
    var fields: [String] = []
    while true {
      fields.append(try field())
      guard position < bytes.endIndex else { break }
      if bytes[position] == Self.comma {
        position += 1
      } else if try endOfLine() {
        break
      } else {
        throw problem("text follows a closing quote; write a quote inside a quoted field twice")
      }
    }
    return CSVTable.Row(line: start, fields: fields)
  }

  /// Passes over a line's end; whether there was one.
  private mutating func endOfLine() throws -> Bool {
    guard position < bytes.endIndex else { return false }
    if bytes[position] == Self.carriageReturn {
      guard position + 1 < bytes.endIndex, bytes[position + 1] == Self.newline else {
        throw problem("a carriage return stands alone; end lines with CRLF or LF")
      }
      position += 1
    }
    guard bytes[position] == Self.newline else { return false }
    position += 1
    line += 1
    return true
  }

  private mutating func field() throws -> String {
    guard position < bytes.endIndex, bytes[position] == Self.quote else { return try plainField() }
    let start = line
    position += 1
    var content: [UInt8] = []
    while true {
      guard position < bytes.endIndex else {
        throw PatchCoreError(.invalidDataset, "\(name):\(start): a quote is opened here and never closed")
      }
      let byte = bytes[position]
      position += 1
      if byte == Self.quote {
        guard position < bytes.endIndex, bytes[position] == Self.quote else { return try text(content) }
        position += 1
      }
      if byte == Self.newline { line += 1 }
      content.append(byte)
    }
  }

  private mutating func plainField() throws -> String {
    let content = bytes[position...].prefix { ![Self.comma, Self.newline, Self.carriageReturn].contains($0) }
    position = content.endIndex
    guard !content.contains(Self.quote) else {
      throw problem("a quote stands inside a field without quotes; put the field in quotes and write its quotes twice")
    }
    let text = try text(content)
    guard let first = content.first, let last = content.last else { return text }
    let blanks = [UInt8(ascii: " "), UInt8(ascii: "\t")]
    guard !blanks.contains(first), !blanks.contains(last) else {
      throw problem(
        "the field \"\(text)\" begins or ends with a space, which CSV keeps; remove it, or put the field in quotes")
    }
    return text
  }

  private func text(_ content: some Collection<UInt8>) throws -> String {
    guard !content.contains(0), let text = String(validating: content, as: UTF8.self) else {
      throw problem("the text is not UTF-8; save the file as CSV in UTF-8")
    }
    return text
  }

  private func problem(_ reason: String) -> PatchCoreError {
    PatchCoreError(.invalidDataset, "\(name):\(line): \(reason)")
  }
}
