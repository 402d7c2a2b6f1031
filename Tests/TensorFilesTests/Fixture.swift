import Foundation
import TensorFiles
import Testing

/// The files beside the tests, and what `make_tensor_files.py` says that they hold.
enum Fixture {
  struct Expectation: Decodable {
    var type: String
    var shape: [Int]
    var values: [Double]
  }

  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures").path

  static func path(_ name: String) -> String { "\(folder)/\(name)" }

  static func bytes(_ name: String) throws -> [UInt8] { try Array(Data(contentsOf: URL(filePath: path(name)))) }

  static func expected(_ name: String) throws -> [String: Expectation] {
    let all = try JSONDecoder().decode([String: [String: Expectation]].self, from: Data(bytes("expected.json")))
    return try #require(all[name], "expected.json lacks \(name)")
  }

  /// All files that hold tensors, intact and refused.
  static func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { name in [".pth", ".npy", ".zip", ".safetensors"].contains { name.hasSuffix($0) } }.sorted()
  }

  /// Bytes in memory of exactly that size.
  static func storage(_ bytes: [UInt8]) -> TensorStorage {
    let storage = TensorStorage(byteCount: bytes.count)
    if !bytes.isEmpty { storage.mutableBytes.copyBytes(from: bytes) }
    return storage
  }

  /// Compares names, types, shapes and all numbers.
  static func compare(_ tensors: [String: Tensor], with name: String) throws {
    let expected = try expected(name)
    #expect(tensors.keys.sorted() == expected.keys.sorted(), "\(name)")
    for (key, wanted) in expected {
      let tensor = try #require(tensors[key])
      #expect(tensor.elementType.rawValue == wanted.type, "\(name) \(key)")
      #expect(tensor.shape == wanted.shape, "\(name) \(key)")
      #expect(doubles(tensor) == wanted.values, "\(name) \(key)")
      tensor.withBytes { bytes in
        let address = bytes.isEmpty ? 0 : UInt(bitPattern: bytes.baseAddress)
        #expect(address % UInt(tensor.elementType.byteWidth) == 0, "\(name) \(key) is not aligned")
      }
    }
  }

  /// The elements as float64, which holds all that the fixtures use.
  static func doubles(_ tensor: Tensor) -> [Double] {
    if let integers = tensor.integers() { return integers.map { Double($0) } }
    guard tensor.elementType == .float64 else { return tensor.floats().map { Double($0) } }
    return tensor.withBytes { bytes in
      (0..<tensor.count).map { bytes.loadUnaligned(fromByteOffset: $0 * 8, as: Double.self) }
    }
  }

  /// A folder of its own for each call of `body`, removed afterwards.
  static func withTemporaryFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "tensor-files-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { _ = try? FileManager.default.removeItem(at: folder) }
    try body(folder.path)
  }

  /// What a refusal says; a body that does not throw is a failure of the test.
  static func refusal(_ body: () throws -> Void, at location: SourceLocation = #_sourceLocation) -> String {
    do {
      try body()
      Issue.record("was accepted", sourceLocation: location)
      return ""
    } catch {
      #expect(error is TensorFileError, sourceLocation: location)
      return "\(error)"
    }
  }
}
