import Foundation

extension SafetensorsFile {
  /// Bytes written between two reports of progress.
  private static let pieceSize = 1 << 24

  /// Writes tensors and text to a file, whole or not at all (see `AtomicFile`).
  ///
  /// The same tensors and text give the same bytes. Tensors stand by descending element width, then by the UTF-8 bytes
  /// of their names, without gaps; the header is padded with spaces so that the data section begins on a multiple of
  /// `TensorStorage.alignment`. Tensor data is not collected in memory.
  ///
  /// - Parameters:
  ///   - tensors: The tensors by name.
  ///   - metadata: Text kept under `__metadata__`.
  ///   - first: The tensor that begins the data section, and so is aligned to 64 bytes when mapped; no other tensor may
  ///     have wider elements.
  ///   - path: The file to create or replace.
  /// - Throws: `TensorFileError` if the file cannot be written, or `first` cannot stand first.
  public static func write(
    tensors: [String: Tensor], metadata: [String: String] = [:], first: String? = nil, to path: String
  ) throws(TensorFileError) {
    do {
      try write(tensors: tensors, metadata: metadata, first: first, to: path) { _, _ in }
    } catch let error as TensorFileError {
      throw error
    } catch {
      throw TensorFileError(file: path, message: "cannot be written: \(error)")
    }
  }

  /// Writes tensors and text to a file, and reports progress; an error thrown by `progress` ends it without a trace.
  ///
  /// - Parameters:
  ///   - tensors: The tensors by name.
  ///   - metadata: Text kept under `__metadata__`.
  ///   - first: The tensor that begins the data section.
  ///   - path: The file to create or replace.
  ///   - progress: Called every few megabytes with the bytes of tensor data written and their total; may throw to cancel.
  /// - Throws: `TensorFileError` if the file cannot be written, or `first` cannot stand first; what `progress` throws.
  public static func write(
    tensors: [String: Tensor], metadata: [String: String] = [:], first: String? = nil, to path: String,
    progress: (_ written: Int, _ total: Int) throws -> Void
  ) throws {
    let names = try order(tensors, first: first, path: path)
    let header = try headerBytes(tensors, names: names, metadata: metadata, path: path)
    let total = tensors.values.reduce(0) { $0 + $1.byteCount }
    try AtomicFile.write(to: path) { writer in
      try writer.write(header)
      var written = 0
      for name in names {
        guard let tensor = tensors[name] else { continue }
        for start in stride(from: 0, to: tensor.byteCount, by: pieceSize) {
          let end = min(start + pieceSize, tensor.byteCount)
          try tensor.withBytes { (bytes) throws(TensorFileError) in
            try writer.write(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
          }
          written += end - start
          try progress(written, total)
        }
      }
    }
  }

  private static func order(
    _ tensors: [String: Tensor], first: String?, path: String
  ) throws(TensorFileError) -> [String] {
    let widths = tensors.mapValues(\.elementType.byteWidth)
    if let first {
      guard let width = widths[first] else {
        throw TensorFileError(file: path, message: "tensor \(first) was to stand first but is not among the tensors")
      }
      let widest = widths.values.max() ?? width
      guard width == widest else {
        throw TensorFileError(
          file: path, message: "tensor \(first) cannot stand first: its elements have \(width) bytes, others \(widest)")
      }
    }
    func rank(_ name: String) -> (Int, Int) { (name == first ? 0 : 1, -(widths[name] ?? 0)) }
    return tensors.keys.sorted { left, right in
      let (a, b) = (rank(left), rank(right))
      return a == b ? left.utf8.lexicographicallyPrecedes(right.utf8) : a < b
    }
  }

  /// The header's length and text, padded to a multiple of the alignment.
  private static func headerBytes(
    _ tensors: [String: Tensor], names: [String], metadata: [String: String], path: String
  ) throws(TensorFileError) -> [UInt8] {
    var parts: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        .map { "\(quoted($0)):\(quoted(metadata[$0] ?? ""))" }
      parts.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
    }
    var offset = 0
    for name in names {
      guard name != "__metadata__", let tensor = tensors[name] else {
        throw TensorFileError(file: path, message: "no tensor can be named __metadata__: safetensors keeps text there")
      }
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      let end = offset + tensor.byteCount
      let type = tensor.elementType.rawValue
      parts.append(
        "\(quoted(name)):{\"dtype\":\"\(type)\",\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    var text = Array("{\(parts.joined(separator: ","))}".utf8)
    let excess = (8 + text.count) % TensorStorage.alignment
    if excess > 0 { text.append(contentsOf: repeatElement(0x20, count: TensorStorage.alignment - excess)) }
    guard text.count <= headerLimit else {
      throw TensorFileError(
        file: path, message: "its header would have \(text.count) bytes, safetensors allows \(headerLimit)")
    }
    return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "\u{8}": result += "\\b"
      case "\u{C}": result += "\\f"
      case "\u{0}"..<" ":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
