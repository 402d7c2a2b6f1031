/// Reads the header of a `.npy` file: a Python dictionary with the keys `descr`, `fortran_order` and `shape`.
struct NumpyHeaderParser {
  /// What the header says.
  struct Header {
    var elementType: ElementType
    var shape: [Int]
  }

  private let bytes: [UInt8]
  private let file: String
  private var position = 0

  init(bytes: [UInt8], file: String) {
    self.bytes = bytes
    self.file = file
  }

  mutating func parse() throws(TensorFileError) -> Header {
    var type: ElementType?
    var isFortran: Bool?
    var shape: [Int]?
    try expect("{")
    while try !skip("}") {
      let key = try string()
      try expect(":")
      switch key {
      case "descr" where type == nil: type = try elementType()
      case "fortran_order" where isFortran == nil: isFortran = try boolean()
      case "shape" where shape == nil: shape = try tuple()
      default: throw damaged("the key \(key) is unknown or comes twice")
      }
      if try !skip(",") {
        try expect("}")
        break
      }
    }
    skipSpace()
    guard position == bytes.count else { throw damaged("text follows its closing brace") }
    guard let type, let isFortran, let shape else { throw damaged("it lacks descr, fortran_order or shape") }
    guard !isFortran else {
      throw TensorFileError(
        file: file, message: "is in Fortran order; save numpy.ascontiguousarray(array) instead")
    }
    return Header(elementType: type, shape: shape)
  }

  private mutating func elementType() throws(TensorFileError) -> ElementType {
    skipSpace()
    guard position < bytes.count, bytes[position] != UInt8(ascii: "[") else {
      throw TensorFileError(
        file: file, message: "holds a structured type; save each field as an array of its own")
    }
    let name = try string()
    if let type = ElementType.allCases.first(where: { $0.numpyName == name }) { return type }
    if name.hasPrefix(">") {
      throw TensorFileError(
        file: file, message: "is big-endian (\(name)); save array.astype('<\(name.dropFirst())') instead")
    }
    if name.hasSuffix("O") {
      throw TensorFileError(
        file: file,
        message: "holds Python objects (\(name)), which are code, not data; save a numeric array, "
          + "such as array.astype('float32')")
    }
    let known = ElementType.allCases.compactMap(\.numpyName).joined(separator: ", ")
    throw TensorFileError(
      file: file, message: "has the element type \(name); supported are \(known): convert with array.astype")
  }

  private mutating func boolean() throws(TensorFileError) -> Bool {
    skipSpace()
    for (word, value) in [("True", true), ("False", false)] where bytes[position...].starts(with: word.utf8) {
      position += word.utf8.count
      return value
    }
    throw damaged("fortran_order is neither True nor False")
  }

  private mutating func tuple() throws(TensorFileError) -> [Int] {
    try expect("(")
    var result: [Int] = []
    while try !skip(")") {
      result.append(try integer())
      if try !skip(",") {
        guard result.count > 1 else { throw damaged("the shape is not a tuple") }
        try expect(")")
        break
      }
    }
    return result
  }

  private mutating func integer() throws(TensorFileError) -> Int {
    skipSpace()
    let digits = bytes[position...].prefix { $0 >= 0x30 && $0 <= 0x39 }
    guard let value = Int(String(decoding: digits, as: UTF8.self)) else {
      throw damaged("the shape holds something that is not a whole number of 64 bits")
    }
    position += digits.count
    // Python 2 marked long integers.
    if position < bytes.count, bytes[position] == UInt8(ascii: "L") { position += 1 }
    return value
  }

  private mutating func string() throws(TensorFileError) -> String {
    skipSpace()
    guard position < bytes.count, [UInt8(ascii: "'"), UInt8(ascii: "\"")].contains(bytes[position]) else {
      throw damaged("expected a quoted word")
    }
    let quote = bytes[position]
    let text = bytes[(position + 1)...].prefix { $0 != quote }
    guard text.endIndex < bytes.count, let result = String(validating: text, as: UTF8.self) else {
      throw damaged("a quoted word has no end or is not UTF-8")
    }
    position = text.endIndex + 1
    return result
  }

  private func damaged(_ reason: String) -> TensorFileError {
    TensorFileError(file: file, message: "has a damaged header: \(reason) (byte \(position) of the header)")
  }

  private mutating func skipSpace() {
    while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
  }

  private mutating func skip(_ character: Unicode.Scalar) throws(TensorFileError) -> Bool {
    skipSpace()
    guard position < bytes.count else { throw damaged("it ends too early") }
    guard bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(TensorFileError) {
    guard try skip(character) else { throw damaged("expected \(character)") }
  }
}
