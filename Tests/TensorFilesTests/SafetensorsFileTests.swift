import Foundation
import TensorFiles
import Testing

@Suite("Safetensors files, read")
struct SafetensorsFileTests {
  @Test("hold what the reference library wrote", arguments: ["types.safetensors", "unaligned.safetensors"])
  func numbers(_ name: String) throws {
    let file = try SafetensorsFile(contentsOf: Fixture.path(name))
    try Fixture.compare(file.tensors, with: name)
    try Fixture.compare(TensorFile.tensors(contentsOf: Fixture.path(name)), with: name)
    #expect(file.names == file.tensors.keys.sorted())
    let bytes = try Fixture.bytes(name)
    #expect(file.withDataBytes { Array($0) } == Array(bytes[file.dataOffset...]))
    #expect(file.dataByteCount == file.tensors.values.reduce(0) { $0 + $1.byteCount })
  }

  @Test("hold their text")
  func metadata() throws {
    let file = try SafetensorsFile(contentsOf: Fixture.path("types.safetensors"))
    #expect(file.metadata == ["format": "pt", "quote": "a \"b\" \\ \n é 😀"])
    #expect(try SafetensorsFile(contentsOf: Fixture.path("unaligned.safetensors")).metadata.isEmpty)
  }

  @Test("are mapped where aligned, copied where not")
  func mapping() throws {
    let file = try SafetensorsFile(contentsOf: Fixture.path("unaligned.safetensors"))
    let size = try Fixture.bytes("unaligned.safetensors").count
    #expect(file.tensors["bytes"]?.storage.byteCount == size)
    #expect(file.tensors["numbers"]?.storage.byteCount == 8)
    let aligned = try SafetensorsFile(contentsOf: Fixture.path("written.safetensors"))
    for tensor in aligned.tensors.values { #expect(tensor.storage === aligned.tensors["bank"]?.storage) }
  }

  private static func file(_ header: String, data: Int) -> TensorStorage {
    let text = Array(header.utf8)
    let length = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) }
    return Fixture.storage(length + text + [UInt8](repeating: 0, count: data))
  }

  private static func entry(_ name: String, _ type: String, _ shape: String, _ begin: Int, _ end: Int) -> String {
    "\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":\(shape),\"data_offsets\":[\(begin),\(end)]}"
  }

  @Test(
    "that are damaged are refused with the reason",
    arguments: [
      ("{\(entry("a", "F8_E4M3", "[2]", 0, 2))}", 2, "tensor a has element type F8_E4M3"),
      ("{\(entry("a", "F32", "[2]", 0, 4))}", 4, "needs 8 bytes, the file gives it 4"),
      ("{\(entry("a", "F32", "[2]", 0, 8))}", 4, "bytes 0 to 8 of a data section of 4"),
      ("{\(entry("a", "F32", "[2]", 8, 0))}", 8, "bytes 8 to 0"),
      ("{\(entry("a", "F32", "[2]", 0, 8))}", 9, "end at byte 8 of a data section of 9"),
      ("{\(entry("a", "F32", "[1]", 0, 4)),\(entry("b", "F32", "[1]", 0, 4))}", 4, "tensor b overlaps tensor a"),
      ("{\(entry("a", "F32", "[1]", 0, 4)),\(entry("b", "F32", "[1]", 8, 12))}", 12, "b leaves a gap after tensor a"),
      ("{\(entry("a", "F32", "[1]", 4, 8))}", 8, "leaves a gap after the start"),
      ("{\(entry("a", "F32", "[1]", 0, 4)),\(entry("a", "F32", "[1]", 4, 8))}", 8, "names a twice"),
      ("{\(entry("a", "F32", "[1]", 0, 4)),\(entry("\\u0061", "F32", "[1]", 4, 8))}", 8, "names a twice"),
      ("{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}", 0, "names k twice in __metadata__"),
      ("{\"__metadata__\":{\"k\":1}}", 0, "expected \""),
      ("{\(entry("a", "F32", "[4611686018427387904,8]", 0, 0))}", 0, "impossible shape"),
      ("{\(entry("a", "F32", "[99999999999999999999]", 0, 0))}", 0, "beyond 64 bits"),
      ("{\(entry("a", "F32", "[-1]", 0, 0))}", 0, "not negative"),
      ("{\(entry("a", "F32", "[1.0]", 0, 4))}", 4, "expected ,"),
      ("{\(entry("a", "F32", "[01]", 0, 4))}", 4, "leading zero"),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "lacks dtype, shape or two data_offsets"),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", 4, "two data_offsets"),
      ("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}", 4, "comes twice"),
      ("{\"a\":{\"colour\":1}}", 4, "the key colour"),
      ("{\"a\\ud800\":{}}", 0, "surrogate"), ("{\"a", 0, "no end"), ("{,}", 0, "expected \""),
      ("{\(entry("a", "F32", "[1,]", 0, 4))}", 4, "not negative"), ("{} x", 0, "closing brace"),
      (" {}", 0, "begin with"),
      ("[]", 0, "begin with"), ("", 0, "begin with"), ("{\"a\u{1}\":{}}", 0, "control character"),
    ])
  func damage(_ header: String, _ data: Int, _ reason: String) {
    let storage = Self.file(header, data: data)
    let message = Fixture.refusal { _ = try SafetensorsFile(storage: storage, name: "drawn.safetensors") }
    #expect(message.hasPrefix("drawn.safetensors: "))
    #expect(message.contains(reason), "\(message)")
  }

  @Test("with impossible header lengths are refused")
  func headerLength() {
    for (length, reason) in [
      (UInt64.max, "the limit is 100000000"), (100_000_001, "the limit is 100000000"), (9, "needs 9 bytes"),
    ] {
      let bytes = withUnsafeBytes(of: length.littleEndian) { Array($0) } + Array("{}".utf8)
      let message = Fixture.refusal { _ = try SafetensorsFile(storage: Fixture.storage(bytes), name: "x") }
      #expect(message.contains(reason), "\(message)")
    }
  }

  @Test("accept an empty header, spaces and escapes")
  func accepted() throws {
    #expect(try SafetensorsFile(storage: Self.file("{}", data: 0), name: "x").names.isEmpty)
    let header =
      "{ \"a\\u00e9\\ud83d\\ude00\\/\" : { \"shape\" : [ ] , \"data_offsets\":[0, 4],\n\"dtype\":\"F32\"} }  "
    let file = try SafetensorsFile(storage: Self.file(header, data: 4), name: "x")
    #expect(file.names == ["aé😀/"])
    #expect(file.tensors["aé😀/"]?.shape == [])
  }

  @Test("with thousands of tensors open quickly")
  func many() throws {
    let count = 20_000
    let entries = (0..<count).map { Self.entry("layer.\($0).weight", "F32", "[1]", 4 * $0, 4 * $0 + 4) }
    let storage = Self.file("{\(entries.joined(separator: ","))}", data: 4 * count)
    // Measured: 0.05 s of processor time. A quadratic search would take minutes; the limit allows a busy machine.
    let limit = Duration.seconds(5)
    let start = ContinuousClock.now
    let file = try SafetensorsFile(storage: storage, name: "x")
    #expect(ContinuousClock.now - start < limit)
    #expect(file.names.count == count)
  }
}
