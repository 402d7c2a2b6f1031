/// Reads the JSON header of a safetensors file: strict JSON of the one form that the format allows.
///
/// Foundation's JSON readers keep one of two equal keys without a word; here a key that comes twice is an error.
struct SafetensorsHeaderParser {
  private let storage: TensorStorage
  private let file: String
  private var position: Int
  private let start: Int
  private let end: Int

  init(_ storage: TensorStorage, file: String, range: Range<Int>) {
    self.storage = storage
    self.file = file
    position = range.lowerBound
    start = range.lowerBound
    end = range.upperBound
  }

  mutating func parse() throws(TensorFileError) -> SafetensorsHeader {
    guard position < end, storage.bytes[position] == UInt8(ascii: "{") else {
      throw damaged("it does not begin with {")
    }
    var header = SafetensorsHeader()
    var seen: Set<String> = []
    try object { (parser, key) throws(TensorFileError) in
      guard seen.insert(key).inserted else {
        throw TensorFileError(file: parser.file, message: "names \(key) twice in its header; write the file again")
      }
      if key == "__metadata__" {
        header.metadata = try parser.metadata()
      } else {
        header.entries.append(try parser.entry(key))
      }
    }
    skipSpace()
    guard position == end else { throw damaged("text follows its closing brace") }
    return header
  }

  private mutating func metadata() throws(TensorFileError) -> [String: String] {
    var result: [String: String] = [:]
    try object { (parser, key) throws(TensorFileError) in
      guard try result.updateValue(parser.string(), forKey: key) == nil else {
        throw TensorFileError(file: parser.file, message: "names \(key) twice in __metadata__; write the file again")
      }
    }
    return result
  }

  private mutating func entry(_ name: String) throws(TensorFileError) -> SafetensorsHeader.Entry {
    var type: ElementType?
    var shape: [Int]?
    var offsets: [Int]?
    try object { (parser, key) throws(TensorFileError) in
      switch key {
      case "dtype" where type == nil:
        let text = try parser.string()
        guard let known = ElementType(rawValue: text) else {
          let all = ElementType.allCases.map(\.rawValue).joined(separator: ", ")
          throw TensorFileError(
            file: parser.file, message: "tensor \(name) has element type \(text); supported are \(all)")
        }
        type = known
      case "shape" where shape == nil: shape = try parser.integers(of: name)
      case "data_offsets" where offsets == nil: offsets = try parser.integers(of: name)
      default: throw parser.damaged("tensor \(name) has the key \(key), which is unknown or comes twice")
      }
    }
    guard let type, let shape, let offsets, offsets.count == 2 else {
      throw damaged("tensor \(name) lacks dtype, shape or two data_offsets")
    }
    return .init(name: name, elementType: type, shape: shape, begin: offsets[0], end: offsets[1])
  }

  private func damaged(_ reason: String) -> TensorFileError {
    TensorFileError(file: file, message: "has a damaged header: \(reason) (byte \(position - start) of the header)")
  }

  private mutating func skipSpace() {
    while position < end, [0x20, 0x09, 0x0A, 0x0D].contains(storage.bytes[position]) { position += 1 }
  }

  private mutating func next() throws(TensorFileError) -> UInt8 {
    skipSpace()
    guard position < end else { throw damaged("it ends too early") }
    defer { position += 1 }
    return storage.bytes[position]
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(TensorFileError) {
    let found = try next()
    guard found == UInt8(ascii: character) else {
      position -= 1
      throw damaged("expected \(character), found \(Character(Unicode.Scalar(found)))")
    }
  }

  /// Whether another element follows in an object or array that ends with `close`.
  private mutating func hasMore(_ close: Unicode.Scalar, isFirst: Bool) throws(TensorFileError) -> Bool {
    let found = try next()
    if found == UInt8(ascii: close) { return false }
    if isFirst {
      position -= 1
      return true
    }
    position -= 1
    try expect(",")
    return true
  }

  private mutating func object(
    _ value: (inout Self, String) throws(TensorFileError) -> Void
  ) throws(TensorFileError) {
    try expect("{")
    var isFirst = true
    while try hasMore("}", isFirst: isFirst) {
      isFirst = false
      let key = try string()
      try expect(":")
      try value(&self, key)
    }
  }

  private mutating func integers(of name: String) throws(TensorFileError) -> [Int] {
    try expect("[")
    var result: [Int] = []
    while try hasMore("]", isFirst: result.isEmpty) { result.append(try integer(of: name)) }
    return result
  }

  private mutating func integer(of name: String) throws(TensorFileError) -> Int {
    skipSpace()
    let first = position
    var value = 0
    while position < end, case let digit = storage.bytes[position], digit >= 0x30, digit <= 0x39 {
      let (product, overflowed) = value.multipliedReportingOverflow(by: 10)
      let (sum, exceeded) = product.addingReportingOverflow(Int(digit) - 0x30)
      guard !overflowed, !exceeded else { throw damaged("tensor \(name) has a number beyond 64 bits") }
      value = sum
      position += 1
    }
    guard position > first else { throw damaged("tensor \(name) needs whole numbers that are not negative") }
    guard position == first + 1 || storage.bytes[first] != 0x30 else {
      throw damaged("tensor \(name) has a number with a leading zero")
    }
    return value
  }

  private mutating func string() throws(TensorFileError) -> String {
    try expect("\"")
    var text: [UInt8] = []
    while true {
      guard position < end else { throw damaged("a string has no end") }
      let byte = storage.bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let result = String(validating: text, as: UTF8.self) else { throw damaged("a string is not UTF-8") }
        return result
      case UInt8(ascii: "\\"): text.append(contentsOf: Array(String(try escape()).utf8))
      case 0..<0x20: throw damaged("a string holds a control character")
      default: text.append(byte)
      }
    }
  }

  private mutating func escape() throws(TensorFileError) -> Unicode.Scalar {
    guard position < end else { throw damaged("a string has no end") }
    defer { position += 1 }
    switch storage.bytes[position] {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      var code = try hexadecimal()
      if (0xD800..<0xDC00).contains(code) {
        guard end - position > 2, storage.bytes[position + 1] == UInt8(ascii: "\\"),
          storage.bytes[position + 2] == UInt8(ascii: "u")
        else { throw damaged("a string holds half a surrogate pair") }
        position += 2
        let low = try hexadecimal()
        guard (0xDC00..<0xE000).contains(low) else { throw damaged("a string holds half a surrogate pair") }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw damaged("a string holds half a surrogate pair") }
      return scalar
    default: throw damaged("a string holds an unknown escape")
    }
  }

  /// The four digits after `\u`; leaves the position on the last of them.
  private mutating func hexadecimal() throws(TensorFileError) -> UInt32 {
    guard end - position > 4 else { throw damaged("a string has no end") }
    var code: UInt32 = 0
    for _ in 0..<4 {
      position += 1
      guard let digit = Character(Unicode.Scalar(storage.bytes[position])).hexDigitValue else {
        throw damaged("a string holds an unknown escape")
      }
      code = code << 4 | UInt32(digit)
    }
    return code
  }
}
