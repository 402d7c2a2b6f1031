import Foundation
import TensorFiles
import Testing

@Suite("NumPy files")
struct NumpyFileTests {
  @Test(
    "hold what NumPy saved",
    arguments: [
      "bool", "uint8", "int8", "int32", "int64", "float16", "float32", "float64", "scalar", "empty", "version2",
      "version3",
    ])
  func numbers(_ name: String) throws {
    let file = try NumpyFile(contentsOf: Fixture.path("\(name).npy"))
    try Fixture.compare(["array": file.tensor], with: "\(name).npy")
  }

  @Test(
    "are written as NumPy writes them, byte for byte",
    arguments: ["bool", "uint8", "int8", "int32", "int64", "float16", "float32", "float64", "scalar", "empty"])
  func roundTrip(_ name: String) throws {
    try Fixture.withTemporaryFolder { folder throws in
      let tensor = try NumpyFile(contentsOf: Fixture.path("\(name).npy")).tensor
      try NumpyFile.write(tensor, to: folder + "/x.npy")
      #expect(try Data(contentsOf: URL(filePath: folder + "/x.npy")) == Data(Fixture.bytes("\(name).npy")))
    }
  }

  @Test("give slices of their first dimension without a copy", arguments: ["int32", "float64", "uint8"])
  func slices(_ name: String) throws {
    let tensor = try NumpyFile(contentsOf: Fixture.path("\(name).npy")).tensor
    let rows = try #require(tensor.shape.first), all = tensor.floats()
    let width = tensor.shape.dropFirst().reduce(1, *)
    #expect(rows > 1)
    for row in 0..<rows {
      let slice = tensor.slice(row)
      #expect(slice.shape == Array(tensor.shape.dropFirst()) && slice.storage === tensor.storage)
      #expect(slice.floats() == Array(all[row * width..<(row + 1) * width]))
    }
  }

  @Test(
    "that cannot be mapped as they are say why and what to save",
    arguments: [
      ("refused_fortran.npy", "numpy.ascontiguousarray(array)"),
      ("refused_big_endian.npy", "is big-endian (>f4); save array.astype('<f4')"),
      ("refused_object.npy", "holds Python objects (|O)"),
      ("refused_structured.npy", "structured type; save each field"),
      ("refused_uint16.npy", "element type <u2; supported are |b1, |u1, |i1, <i4, <i8, <f2, <f4, <f8"),
      ("refused_text.npy", "element type <U2"),
      ("types.safetensors", "but a safetensors file"),
    ])
  func refusals(_ name: String, _ reason: String) {
    let message = Fixture.refusal { _ = try NumpyFile(contentsOf: Fixture.path(name)) }
    #expect(message.hasPrefix(Fixture.path(name)))
    #expect(message.contains(reason), "\(message)")
  }

  private func file(_ header: String, data: Int) -> TensorStorage {
    let text = Array(header.utf8)
    return Fixture.storage(
      [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.count & 0xFF), UInt8(text.count >> 8)] + text
        + [UInt8](repeating: 0, count: data))
  }

  @Test(
    "with damaged headers are refused with the reason",
    arguments: [
      (
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 7,
        "holds 7 bytes of data, its shape [2] of F32 needs 8"
      ),
      ("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 9, "holds 9 bytes"),
      ("{'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }", 8, "not a whole number"),
      ("{'descr': '<f4', 'fortran_order': False, 'shape': (2), }", 8, "not a tuple"),
      ("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 8), }", 0, "impossible shape"),
      ("{'descr': '<f4', 'fortran_order': 0, 'shape': (2,), }", 8, "neither True nor False"),
      ("{'descr': '<f4', 'shape': (2,), }", 8, "lacks descr, fortran_order or shape"),
      ("{'descr': '<f4', 'descr': '<f4', }", 8, "unknown or comes twice"),
      ("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), } x", 8, "closing brace"),
      ("{'descr': '<f4", 8, "no end"), ("", 8, "too early"), ("{}", 8, "lacks"),
    ])
  func damage(_ header: String, _ data: Int, _ reason: String) {
    let storage = file(header, data: data)
    let message = Fixture.refusal { _ = try NumpyFile(storage: storage, name: "x.npy") }
    #expect(message.contains(reason), "\(message)")
  }

  @Test("cannot be written of types that NumPy lacks")
  func bfloat16() throws {
    let tensor = Tensor(elementType: .bfloat16, shape: [2], storage: TensorStorage(byteCount: 4))
    try Fixture.withTemporaryFolder { folder throws in
      let message = Fixture.refusal { try NumpyFile.write(tensor, to: folder + "/x.npy") }
      #expect(message.contains("BF16"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
  }
}
