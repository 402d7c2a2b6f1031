import Foundation
import PatchCore
import TensorFiles
import Testing

/// Banks and embeddings in fewer bits, from the description to the file and back.
@Suite struct StorageTests {
  private let folder = NSTemporaryDirectory() + "patchcore-storage-\(UUID().uuidString)"

  init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

  private func image(_ seed: Int) throws -> Image {
    try Image(width: 16, height: 16, format: .grey8, bytes: (0..<256).map { UInt8(($0 * 7 + seed * 31) % 251) })
  }

  private func fitted(_ yaml: String) throws -> FittedDetector {
    try Pipeline(PipelineDescription(yaml: yaml, catalogue: .toy)).fit(ImageSource((0..<4).map { try image($0) }))
  }

  @Test(arguments: NumberFormat.allCases)
  func whatIsReadPredictsWhatWasFitted(format: NumberFormat) throws {
    let path = folder + "/\(format.rawValue).safetensors"
    let detector = try fitted("storage: {bank: \(format.rawValue)}")
    try detector.write(to: path)
    let read = try FittedDetector(contentsOf: path, catalogue: .toy)
    #expect(detector.bank.vectors.format == format && read.bank.vectors.format == format)
    #expect(read.description.storage == StorageSettings(bank: format))
    for seed in 20..<25 { #expect(try read.predict(image(seed)) == detector.predict(image(seed))) }
    let tensors = try SafetensorsFile(contentsOf: path).tensors
    #expect(tensors["bank.vectors"]?.elementType == [.float32: .float32, .bfloat16: .bfloat16, .int8: .int8][format])
    #expect(tensors["bank.scales"]?.shape == (format == .int8 ? [detector.bank.count, 2] : nil))
    // The same numbers as of a bank in 32 bits, rounded.
    let exact = try fitted("{}").bank.vectors.converted(to: format)
    #expect(exact.tensor.withBytes { Array($0) } == detector.bank.vectors.tensor.withBytes { Array($0) })
  }

  @Test func embeddingsAreRoundedBeforeTheBankIsChosen() throws {
    let exact = try fitted("{}").bank, rounded = try fitted("storage: {embeddings: bfloat16}").bank
    #expect(rounded.vectors.format == .float32 && rounded.origin == exact.origin)
    #expect(rounded.vectors[row: 3] != exact.vectors[row: 3])
    #expect(try rounded.vectors[row: 3] == exact.vectors.converted(to: .bfloat16)[row: 3])
  }

  @Test func formatsThatAreNotThereAreRefused() throws {
    for (yaml, key, offered) in [
      ("storage: {bank: int4}", "storage.bank", "float32, bfloat16, int8"),
      ("storage: {embeddings: int8}", "storage.embeddings", "float32, bfloat16"),
      ("storage: {banks: int8}", "storage.banks", "bank"),
    ] {
      let error = #expect(throws: PatchCoreError.self) { try PipelineDescription(yaml: yaml, catalogue: .toy) }
      #expect(error?.code == .invalidConfiguration)
      #expect(error?.message.contains(key) == true && error?.message.contains(offered) == true, "\(yaml): \(error!)")
    }
  }

  /// An artifact of the version before, made of one of today's: no key `storage`, and one digest of all bytes.
  @Test func artifactsOfVersion2AreRead() throws {
    let path = folder + "/new.safetensors", old = folder + "/old.safetensors"
    let detector = try fitted("{}")
    try detector.write(to: path)
    let file = try SafetensorsFile(contentsOf: path)
    let json = try #require(file.metadata["patchcore"])
    var manifest = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    var description = try #require(manifest["description"] as? [String: Any])
    #expect(manifest["format_version"] as? Int == 3)
    #expect(description.removeValue(forKey: "storage") != nil)
    manifest["description"] = description
    manifest["format_version"] = 2
    func write(_ tensors: [String: Tensor]) throws {
      var digest = Digest.Running()
      for (name, tensor) in file.tensors.sorted(by: { $0.key < $1.key }) {
        let shape = tensor.shape.map(String.init).joined(separator: ",")
        digest.update("\(name) \(tensor.elementType.rawValue) [\(shape)]\n".utf8)
        tensor.withBytes { digest.update($0) }
      }
      manifest["data_digest"] = digest.finish()
      let json = String(decoding: try JSONSerialization.data(withJSONObject: manifest), as: UTF8.self)
      try SafetensorsFile.write(tensors: tensors, metadata: ["patchcore": json], first: "bank.vectors", to: old)
    }
    try write(file.tensors)
    let read = try FittedDetector(contentsOf: old, catalogue: .toy)
    #expect(try read.predict(image(30)) == detector.predict(image(30)))
    // Written again, it is of today's version, byte for byte what the fit gives.
    try read.write(to: old)
    #expect(try Data(contentsOf: URL(filePath: old)) == Data(contentsOf: URL(filePath: path)))
    var tensors = file.tensors
    var numbers = try #require(tensors["bank.vectors"]).floats()
    numbers[0] += 1
    tensors["bank.vectors"] = Tensor(numbers, shape: detector.bank.vectors.tensor.shape)
    try write(tensors)
    let error = #expect(throws: PatchCoreError.self) { try FittedDetector(contentsOf: old, catalogue: .toy) }
    #expect(error?.message.contains("do not have the digest") == true)
  }
}
