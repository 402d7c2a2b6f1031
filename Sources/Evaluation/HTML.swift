/// A piece of HTML.
///
/// Text becomes HTML only by escaping, so names of files and classes cannot break the page.
struct HTML: Sendable {
  /// The markup.
  private(set) var markup: String

  /// Nothing.
  init() { markup = "" }

  /// Plain text, escaped.
  init(text: String) {
    var escaped = ""
    for character in text.unicodeScalars {
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      default: escaped.unicodeScalars.append(character)
      }
    }
    markup = escaped
  }

  /// An element with attributes, whose values are escaped, and content.
  init(_ tag: String, _ attributes: KeyValuePairs<String, String>, _ content: [HTML]) {
    self.init(openingTag: tag, attributes)
    for piece in content { markup += piece.markup }
    markup += "</\(tag)>"
  }

  /// An element that holds text.
  init(_ tag: String, _ attributes: KeyValuePairs<String, String>, _ text: String) {
    self.init(tag, attributes, [HTML(text: text)])
  }

  /// An element without attributes that holds text.
  init(_ tag: String, _ text: String) { self.init(tag, [:], text) }

  /// An element without content, such as `img`.
  init(openingTag tag: String, _ attributes: KeyValuePairs<String, String>) {
    markup = "<\(tag)"
    for (name, value) in attributes { markup += " \(name)=\"\(HTML(text: value).markup)\"" }
    markup += ">"
  }

  /// A page with a style sheet of our own.
  static func page(title: String, style: StaticString, body: [HTML]) -> String {
    let head =
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    return head + HTML("title", title).markup + "\n<style>\n\(style)</style>\n</head>\n<body>\n"
      + body.map { $0.markup + "\n" }.joined() + "</body>\n</html>\n"
  }

  /// A relative path as the address of a link: each part percent-encoded by its bytes.
  static func address(_ path: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var encoded: [UInt8] = []
    for byte in path.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x2F, 0x5F, 0x7E: encoded.append(byte)
      default: encoded += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: encoded, as: UTF8.self)
  }
}
