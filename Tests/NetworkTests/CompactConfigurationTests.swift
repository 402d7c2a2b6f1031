import ConvNet
import Extractors
import Foundation
import PatchCore
import TensorFiles
import Testing

/// The extractor `compact`, as a description builds it.
@Suite struct CompactConfigurationTests {
  private static let layers = ["layer2", "layer3"]

  private func context(seed: UInt64 = 0) -> StageContext {
    StageContext(seed: seed, compute: ComputeSettings(engine: .openblas))
  }

  private func extractor(
    layers: [String] = Self.layers, _ weights: CompactWeightsSource, seed: UInt64 = 0
  ) throws -> any FeatureExtractor {
    try CompactConfiguration(layers: layers, weights: weights).makeExtractor(context(seed: seed))
  }

  private func withFile<R>(_ bytes: Data? = nil, _ tensors: [String: Tensor] = [:], _ body: (String) throws -> R) throws
    -> R
  {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).safetensors")
    defer {
      do { try FileManager.default.removeItem(at: file) } catch { Issue.record(error) }
    }
    if let bytes {
      try bytes.write(to: file)
    } else {
      try SafetensorsFile.write(tensors: tensors, to: file.path)
    }
    return try body(file.path)
  }

  private func embeddedBytes() throws -> Data {
    Data(try required(try CompactNetwork.embeddedWeights().tensors.values.first, "tensor").storage.bytes)
  }

  /// What is said of a file, which must name it.
  private func refusal(of file: String, _ code: PatchCoreError.Code) -> String {
    let error = #expect(throws: PatchCoreError.self) { try extractor(.other(.file(file))) }
    #expect(error?.code == code)
    #expect(error?.message.contains(file) == true)
    return error?.message ?? ""
  }

  // MARK: Layers

  @Test(arguments: [
    ([], "layers is empty; name at least one of layer1, layer2, layer3"),
    (["layer4"], "compact has no layer layer4; known: layer1, layer2, layer3"),
    (["layer2", "layer2"], "layers names layer2 twice"),
  ])
  func wrongLayersAreNamed(layers: [String], message: String) {
    let error = #expect(throws: PatchCoreError.self) { try extractor(layers: layers, .embedded) }
    #expect(error?.code == .invalidConfiguration)
    #expect(error?.message.contains(message) == true)
  }

  /// Strides 4, 8 and 16, rounded up, of images that are not square.
  @Test func shapesAreThoseOfTheNetwork() throws {
    let shapes = try CompactConfiguration(layers: ["layer3", "layer1", "layer2"]).shapes(height: 224, width: 97)
    #expect(
      shapes == [
        FeatureShape(channels: 192, height: 14, width: 7), FeatureShape(channels: 48, height: 56, width: 25),
        FeatureShape(channels: 96, height: 28, width: 13),
      ])
  }

  // MARK: Weights

  /// The file of the package given as a file is the network in the program.
  @Test func aFileOfTheSameBytesIsTheSameNetwork() throws {
    let images = NetworkGoldens.Input.wide.images
    let embedded = try extractor(.embedded)
    try withFile(try embeddedBytes()) { file in
      let loaded = try extractor(.other(.file(file)))
      #expect(loaded.weights.digest == embedded.weights.digest)
      #expect(loaded.weights.name == URL(fileURLWithPath: file).lastPathComponent)
      for (map, other) in zip(try loaded.extract(images), try embedded.extract(images)) {
        #expect(map.bits == other.bits)
      }
    }
  }

  @Test func randomWeightsFollowTheSeed() throws {
    let images = NetworkGoldens.Input.square.images
    func maps(_ seed: UInt64) throws -> [[UInt32]] {
      let extractor = try extractor(.other(.random), seed: seed)
      #expect(extractor.weights == WeightsOrigin(name: "random"))
      return try extractor.extract(images).map(\.bits)
    }
    let first = try maps(1)
    #expect(try maps(1) == first)
    #expect(try maps(2) != first)
  }

  @Test func aTruncatedFileIsRefused() throws {
    try withFile(try embeddedBytes().dropLast(1000)) { file in
      #expect(refusal(of: file, .invalidFile).contains("truncated"))
    }
  }

  @Test func aRenamedTensorIsRefused() throws {
    var tensors = HashedNumbers.compactCheckpoint()
    tensors["layer2.1.narrow.bias"] = tensors.removeValue(forKey: "layer2.1.project.bias")
    try withFile(nil, tensors) { file in
      let message = refusal(of: file, .invalidWeights)
      #expect(message.contains("1 tensors are missing (layer2.1.project.bias)"))
      #expect(message.contains("1 tensors are unexpected (layer2.1.narrow.bias)"))
    }
  }

  @Test func aTensorOfAnotherShapeIsRefused() throws {
    var tensors = HashedNumbers.compactCheckpoint()
    tensors["layer3.output.weight"] = Tensor([Float](repeating: 1, count: 96), shape: [96])
    try withFile(nil, tensors) { file in
      let message = refusal(of: file, .invalidWeights)
      #expect(message.contains("layer3.output.weight: shape [192] expected, [96] found"))
    }
  }

  /// A checkpoint of torchvision's, for whoever forgets to name the extractor.
  @Test func aResNetIsRecognised() throws {
    try withFile(nil, try HashedNumbers.checkpoint(.resnet18, layers: Self.layers)) { file in
      let message = refusal(of: file, .invalidWeights)
      #expect(message.contains("set extractor: {kind: resnet, architecture: resnet18}, or give another file"))
    }
  }

  @Test func aResNetRefusesThisNetwork() throws {
    try withFile(nil, HashedNumbers.compactCheckpoint()) { file in
      let configuration = ResNetConfiguration(architecture: .resnet18, weights: .file(file))
      let error = #expect(throws: PatchCoreError.self) { try configuration.makeExtractor(context()) }
      #expect(error?.message.contains("these look like compact weights; set extractor: {kind: compact}") == true)
    }
  }

  // MARK: Artifact

  @Test func theArchiveReplacesTheProgramsWeights() throws {
    let images = NetworkGoldens.Input.square.images
    let extractor = try extractor(layers: ["layer1"], .embedded)
    let archive = try extractor.archive()
    #expect(archive.tensors.values.allSatisfy { $0.elementType == .float32 })
    #expect(!archive.tensors.keys.contains { $0.hasPrefix("layer2") })
    let restored = try CompactConfiguration(layers: ["layer1"]).restoreExtractor(from: archive, context())
    #expect(restored.weights == CompactNetwork.embeddedOrigin)
    #expect(try restored.extract(images).map(\.bits) == extractor.extract(images).map(\.bits))
  }

  // MARK: Description

  @Test(arguments: [
    (CompactWeightsSource.embedded, #""embedded""#), (.other(.random), #""random""#),
    (.other(.file("a.safetensors")), #"{"file":"a.safetensors"}"#),
  ])
  func theDescriptionReadsBack(weights: CompactWeightsSource, written: String) throws {
    let configuration = CompactConfiguration(layers: ["layer3"], weights: weights)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let text = try encoder.encode(configuration)
    #expect(String(decoding: text, as: UTF8.self) == #"{"layers":["layer3"],"weights":\#(written)}"#)
    #expect(try JSONDecoder().decode(CompactConfiguration.self, from: text) == configuration)
  }

  @Test func anotherWordIsNamed() {
    let text = #"{"layers":["layer3"],"weights":"embeded"}"#
    let error = #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(CompactConfiguration.self, from: Data(text.utf8))
    }
    guard case .dataCorrupted(let context) = error else {
      Issue.record("another error: \(String(describing: error))")
      return
    }
    #expect(context.debugDescription == "weights are embedded, {file: PATH} or random, not embeded")
  }
}
