import Foundation

/// A NumPy `.npy` file: one array.
///
/// Versions 1.0, 2.0 and 3.0 are read, 1.0 is written; always little-endian, in C order, of the types `|b1`, `|u1`,
/// `|i1`, `<i4`, `<i8`, `<f2`, `<f4` and `<f8`. Other orders and types are refused rather than converted: a silent
/// conversion would copy what is meant to be mapped.
public struct NumpyFile: Sendable {
  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// The longest header that is read; NumPy itself reads 10,000 bytes unless told otherwise.
  private static let headerLimit = 10_000

  /// The array: a view of the file, or an aligned copy if the data begins at an odd address.
  public let tensor: Tensor

  /// Maps a file and checks its header.
  ///
  /// - Parameter path: The file.
  /// - Throws: `TensorFileError` naming the type or order that is refused, or the sizes that disagree.
  public init(contentsOf path: String) throws(TensorFileError) {
    try self.init(storage: .mapping(fileAt: path), name: path)
  }

  /// Reads a `.npy` file that is in memory.
  ///
  /// - Parameters:
  ///   - storage: The bytes of the whole file; the tensor shares them.
  ///   - name: What errors call it.
  /// - Throws: `TensorFileError` naming the type or order that is refused, or the sizes that disagree.
  public init(storage: TensorStorage, name: String) throws(TensorFileError) {
    var cursor = ByteCursor(storage, file: name)
    guard storage.bytes.starts(with: Self.magic) else {
      throw TensorFileError(
        file: name, message: "is not a .npy file, but \(FileSignature(storage)); write it with numpy.save")
    }
    _ = try cursor.take(Self.magic.count, for: "the format's name")
    let major = try cursor.integer(UInt8.self, for: "the version")
    let minor = try cursor.integer(UInt8.self, for: "the version")
    guard (1...3).contains(major), minor == 0 else {
      throw TensorFileError(file: name, message: "has .npy version \(major).\(minor); supported are 1.0, 2.0 and 3.0")
    }
    let length =
      major == 1
      ? Int(try cursor.integer(UInt16.self, for: "the header's length"))
      : Int(try cursor.integer(UInt32.self, for: "the header's length"))
    guard length <= Self.headerLimit || length > cursor.remaining else {
      throw TensorFileError(
        file: name, message: "has a header of \(length) bytes, the limit is \(Self.headerLimit); save a plain array")
    }
    let place = try cursor.take(length, for: "the header")
    var parser = NumpyHeaderParser(bytes: Array(storage.bytes[place]), file: name)
    let header = try parser.parse()
    guard let size = Tensor.byteCount(shape: header.shape, elementType: header.elementType) else {
      throw TensorFileError(file: name, message: "has the impossible shape \(header.shape)")
    }
    guard size == cursor.remaining else {
      throw TensorFileError(
        file: name,
        message: "holds \(cursor.remaining) bytes of data, its shape \(header.shape) of "
          + "\(header.elementType.rawValue) needs \(size); the file was cut or appended to, copy it again")
    }
    tensor = .aligned(
      elementType: header.elementType, shape: header.shape, storage: storage, byteOffset: place.upperBound)
  }

  /// Writes a tensor as version 1.0, its data on a multiple of 64 bytes, whole or not at all (see `AtomicFile`).
  ///
  /// - Parameters:
  ///   - tensor: The array; any type but bfloat16, which NumPy lacks.
  ///   - path: The file to create or replace.
  /// - Throws: `TensorFileError` if the type has no NumPy name or the file cannot be written.
  public static func write(_ tensor: Tensor, to path: String) throws(TensorFileError) {
    guard let type = tensor.elementType.numpyName else {
      throw TensorFileError(
        file: path, message: "cannot hold \(tensor.elementType.rawValue): NumPy has no such type; convert to float32")
    }
    let dimensions = tensor.shape.map(String.init)
    let shape = dimensions.count == 1 ? "(\(dimensions[0]),)" : "(\(dimensions.joined(separator: ", ")))"
    var text = "{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }"
    let fixed = magic.count + 4
    let unpadded = fixed + text.utf8.count + 1
    let alignment = TensorStorage.alignment
    text += String(repeating: " ", count: (alignment - unpadded % alignment) % alignment) + "\n"
    guard let length = UInt16(exactly: text.utf8.count) else {
      throw TensorFileError(file: path, message: "cannot hold an array of \(dimensions.count) dimensions")
    }
    let header = magic + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + Array(text.utf8)
    do {
      try AtomicFile.write(to: path) { writer in
        try writer.write(header)
        try tensor.withBytes { (bytes) throws(TensorFileError) in try writer.write(bytes) }
      }
    } catch let error as TensorFileError {
      throw error
    } catch {
      throw TensorFileError(file: path, message: "cannot be written: \(error)")
    }
  }
}

extension ElementType {
  /// NumPy's name of the type with its byte order; `nil` if NumPy lacks it.
  var numpyName: String? {
    switch self {
    case .bool: "|b1"
    case .uint8: "|u1"
    case .int8: "|i1"
    case .int32: "<i4"
    case .int64: "<i8"
    case .float16: "<f2"
    case .bfloat16: nil
    case .float32: "<f4"
    case .float64: "<f8"
    }
  }
}
