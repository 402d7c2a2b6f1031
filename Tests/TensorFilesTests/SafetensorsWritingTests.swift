import Foundation
import TensorFiles
import Testing

@Suite("Safetensors files, written")
struct SafetensorsWritingTests {
  private func tensor<T>(_ type: ElementType, _ shape: [Int], _ values: [T]) -> Tensor {
    values.withUnsafeBytes { Tensor(elementType: type, shape: shape, storage: Fixture.storage(Array($0))) }
  }

  private var sample: [String: Tensor] {
    [
      "bank": Tensor((0..<12).map { Float($0) }, shape: [3, 4]), "b": Tensor([7, -8] as [Int64], shape: [2]),
      "aé": Tensor([1.5, 2.5] as [Float], shape: [2]), "z": tensor(.bool, [2, 1], [1, 0] as [UInt8]),
      "half": tensor(.float16, [], [Float16(0.5)]), "none": Tensor([] as [Float], shape: [0, 2]),
    ]
  }

  @Test("equal the reference library's bytes but for the padding of the header")
  func golden() throws {
    try Fixture.withTemporaryFolder { folder throws in
      let path = folder + "/written.safetensors"
      try SafetensorsFile.write(
        tensors: sample, metadata: ["patchcore": "line\nquote \" back\\slash \u{1} é"], to: path)
      #expect(try Data(contentsOf: URL(filePath: path)) == Data(Fixture.bytes("written.safetensors")))
    }
  }

  @Test("give back what was written, data on a multiple of 64 bytes")
  func roundTrip() throws {
    try Fixture.withTemporaryFolder { folder throws in
      let path = folder + "/types.safetensors"
      let original = try SafetensorsFile(contentsOf: Fixture.path("types.safetensors"))
      for padding in 0..<70 {
        var metadata = original.metadata
        metadata["padding"] = String(repeating: "x", count: padding)
        try SafetensorsFile.write(tensors: original.tensors, metadata: metadata, to: path)
        let file = try SafetensorsFile(contentsOf: path)
        #expect(file.metadata == metadata)
        #expect(file.dataOffset.isMultiple(of: 64))
        try Fixture.compare(file.tensors, with: "types.safetensors")
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["types.safetensors"])
    }
  }

  @Test("begin with the tensor asked for, if none is wider")
  func first() throws {
    try Fixture.withTemporaryFolder { folder throws in
      var tensors = sample
      let path = folder + "/x.safetensors"
      let refused = Fixture.refusal { try SafetensorsFile.write(tensors: tensors, first: "bank", to: path) }
      #expect(refused.contains("elements have 4 bytes, others 8"))
      #expect(!FileManager.default.fileExists(atPath: path))
      tensors["b"] = nil
      try SafetensorsFile.write(tensors: tensors, first: "none", to: path)
      try SafetensorsFile.write(tensors: tensors, first: "bank", to: path)
      let file = try SafetensorsFile(contentsOf: path)
      #expect(file.tensors["bank"]?.byteOffset == file.dataOffset)
      let missing = Fixture.refusal { try SafetensorsFile.write(tensors: tensors, first: "no", to: path) }
      #expect(missing.contains("no was to stand first"))
      let reserved = Fixture.refusal {
        try SafetensorsFile.write(tensors: ["__metadata__": tensors["bank"]!], to: path)
      }
      #expect(reserved.contains("__metadata__"))
    }
  }

  @Test("may replace the file that their tensors are mapped from")
  func overItself() throws {
    try Fixture.withTemporaryFolder { folder throws in
      let path = folder + "/x.safetensors"
      try SafetensorsFile.write(tensors: sample, to: path)
      let mapped = try SafetensorsFile(contentsOf: path)
      try SafetensorsFile.write(tensors: ["bank": mapped.tensors["bank"]!], to: path)
      #expect(try SafetensorsFile(contentsOf: path).tensors["bank"]?.floats() == sample["bank"]?.floats())
      #expect(mapped.tensors["b"]?.integers() == [7, -8])
    }
  }

  @Test("leave nothing behind when progress cancels, and report every byte")
  func cancellation() throws {
    struct Cancelled: Error {}
    try Fixture.withTemporaryFolder { folder throws in
      let path = folder + "/x.safetensors"
      let tensors = ["a": Tensor(elementType: .uint8, shape: [40 << 20], storage: TensorStorage(byteCount: 40 << 20))]
      var reports: [Int] = []
      #expect(throws: Cancelled.self) {
        try SafetensorsFile.write(tensors: tensors, to: path) { written, total in
          #expect(total == 40 << 20)
          reports.append(written)
          if reports.count == 2 { throw Cancelled() }
        }
      }
      #expect(reports == [16 << 20, 32 << 20])
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
      var last = 0
      try SafetensorsFile.write(tensors: tensors, to: path) { written, _ in last = written }
      #expect(last == 40 << 20)
    }
  }
}
