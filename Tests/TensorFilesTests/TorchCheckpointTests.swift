import Foundation
import TensorFiles
import Testing

@Suite("PyTorch checkpoints")
struct TorchCheckpointTests {
  @Test(
    "hold the numbers that PyTorch saved",
    arguments: [
      "types_zip.pth", "types_legacy.pth", "views_zip.pth", "views_legacy.pth", "state_dict_zip.pth",
      "state_dict_legacy.pth", "checkpoint_zip.pth", "checkpoint_legacy.pth", "protocol4_zip.pth",
      "protocol4_legacy.pth", "protocol5_zip.pth", "parameters_zip.pth", "renamed_unaligned.pth", "zip64.pth",
    ])
  func numbers(_ name: String) throws {
    let checkpoint = try TorchCheckpoint(contentsOf: Fixture.path(name))
    try Fixture.compare(checkpoint.tensors, with: name)
    try Fixture.compare(TensorFile.tensors(contentsOf: Fixture.path(name)), with: name)
  }

  @Test("list what they hold besides the wrapped state_dict", arguments: ["zip", "legacy"])
  func ignored(_ format: String) throws {
    let checkpoint = try TorchCheckpoint(contentsOf: Fixture.path("checkpoint_\(format).pth"))
    #expect(checkpoint.ignored == ["arch", "best", "epoch", "optimizer", "rate"])
    #expect(try TorchCheckpoint(contentsOf: Fixture.path("parameters_zip.pth")).ignored == ["epoch"])
    #expect(try TorchCheckpoint(contentsOf: Fixture.path("state_dict_\(format).pth")).ignored.isEmpty)
  }

  @Test("map contiguous tensors of a zip archive and share their storage")
  func mapping() throws {
    let tensors = try TorchCheckpoint(contentsOf: Fixture.path("views_zip.pth")).tensors
    let base = try #require(tensors["base"])
    let slice = try #require(tensors["slice"])
    #expect(base.storage === slice.storage)
    #expect(slice.byteOffset == base.byteOffset + 5 * 4)
    #expect(base.storage.byteCount == (try Fixture.bytes("views_zip.pth").count))
    #expect(try #require(tensors["transposed"]).storage !== base.storage)
  }

  @Test(
    "are refused, naming what is wrong",
    arguments: [
      ("refused_call_zip.pth", "calls posix.system"),
      ("refused_call_legacy.pth", "calls posix.system"),
      ("refused_os_system.pth", "calls os.system"),
      ("refused_module.pth", "calls torch.nn.modules.linear.Linear"),
      ("refused_int16.pth", "torch.ShortStorage"),
      ("refused_bytes.pth", "calls _codecs.encode"),
      ("refused_expanded.pth", "tensor expanded repeats the elements of its storage (4000000 bytes from 4)"),
      ("refused_no_tensor.pth", "it has the keys epoch"),
      ("refused_list.pth", "no dictionary of tensors"),
      ("refused_pickle.pth", "a Python pickle that torch.save did not write"),
      ("refused_compressed.pth", "compressed (method 8)"),
      ("refused_big_endian.pth", "byte order big, expected little"),
      ("refused_torchscript.pth", "is a TorchScript program"),
      ("refused_no_pickle.zip", "0 entries data.pkl"),
      ("types.safetensors", "a safetensors file"),
    ])
  func refusals(_ name: String, _ reason: String) {
    let message = Fixture.refusal { _ = try TorchCheckpoint(contentsOf: Fixture.path(name)) }
    #expect(message.hasPrefix(Fixture.path(name) + ": "))
    #expect(message.contains(reason), "\(message)")
  }

  @Test("that call a function name the remedy")
  func remedy() {
    let message = Fixture.refusal { _ = try TorchCheckpoint(contentsOf: Fixture.path("refused_os_system.pth")) }
    #expect(message.contains("a checkpoint must hold only tensors; save model.state_dict()"))
  }

  /// A pickle put in place of the object in a legacy file, with no storages after it.
  private func legacy(_ pickle: [UInt8]) throws -> TensorStorage {
    let bytes = try Fixture.bytes("state_dict_legacy.pth")
    // Magic number (15 bytes) and version (6 bytes), then an empty dictionary for the machine.
    return Fixture.storage(Array(bytes[..<21]) + [0x80, 2, 0x7D, 0x2E, 0x80, 2] + pickle + [0x80, 2, 0x5D, 0x2E])
  }

  @Test(
    "with instructions that a state_dict never needs are refused by name",
    arguments: [
      (Array("I1\n.".utf8), "INT (0x49)"), ([0x81, 0x2E], "NEWOBJ (0x81)"), ([0x32, 0x2E], "DUP (0x32)"),
      (Array("ios\nsystem\n.".utf8), "INST (0x69)"), ([0x82, 1, 0x2E], "EXT1 (0x82)"), ([0xFF], "unknown kind (0xff)"),
      (Array("cbuiltins\neval\n.".utf8), "builtins.eval"), ([0x2E], "lacks its operands"), ([0x68, 9], "value 9"),
      ([0x29, 0x29, 0x52, 0x2E], "calls something that is no function"), ([0x74, 0x2E], "a mark is missing"),
      ([0x4B, 1, 0x4B, 2, 0x2E], "left over"), ([0x4E, 0x7D, 0x62], "sets attributes"),
      ([0x58, 0xFF, 0xFF, 0xFF, 0xFF], "text of 4294967295 bytes"), ([0x58, 9, 0, 0, 0], "truncated"),
    ] as [([UInt8], String)])
  func instructions(_ pickle: [UInt8], _ reason: String) throws {
    let storage = try legacy(pickle)
    let message = Fixture.refusal { _ = try TorchCheckpoint(storage: storage, name: "drawn") }
    #expect(message.contains(reason), "\(message)")
  }

  @Test("that nest a million deep, contain themselves or create endless values do no harm")
  func depth() throws {
    let nested = try legacy([UInt8](repeating: 0x5D, count: 1) + [UInt8](repeating: 0x85, count: 1_000_000) + [0x2E])
    #expect(Fixture.refusal { _ = try TorchCheckpoint(storage: nested, name: "deep") }.contains("no dictionary"))
    let marks = try legacy([UInt8](repeating: 0x28, count: 1_000_000) + [0x2E])
    #expect(Fixture.refusal { _ = try TorchCheckpoint(storage: marks, name: "marks") }.contains("operands"))
    // d = {}; d['model'] = d
    let cycle = try legacy([0x7D, 0x71, 0, 0x8C, 5] + Array("model".utf8) + [0x68, 0, 0x73, 0x2E])
    #expect(Fixture.refusal { _ = try TorchCheckpoint(storage: cycle, name: "cycle") }.contains("holds no tensor"))
    let many = try legacy([UInt8](repeating: 0x4E, count: 3_000_000))
    #expect(Fixture.refusal { _ = try TorchCheckpoint(storage: many, name: "many") }.contains("2000000 values"))
    let memo = try legacy([0x4E] + (0..<3_000_000).flatMap { [0x71, UInt8($0 & 0xFF)] })
    #expect(Fixture.refusal { _ = try TorchCheckpoint(storage: memo, name: "memo") }.contains("2000000 values"))
  }

  @Test("whose tensor leaves its storage are refused with both numbers")
  func bounds() throws {
    var bytes = try Fixture.bytes("state_dict_legacy.pth")
    // The first shape is (2, 1, 3, 3), pickled K 2 K 1 K 3 K 3: make it (9, 1, 3, 3).
    let shape: [UInt8] = [0x4B, 2, 0x4B, 1, 0x4B, 3, 0x4B, 3]
    let place = try #require(bytes.indices.first { bytes[$0...].starts(with: shape) })
    bytes[place + 1] = 9
    let message = Fixture.refusal { _ = try TorchCheckpoint(storage: Fixture.storage(bytes), name: "x") }
    #expect(message.contains("tensor 0.weight of shape [9, 1, 3, 3]"), "\(message)")
    #expect(message.contains("exceeds its storage of 18 elements"), "\(message)")
  }
}
