import ConvNet
import Extractors
import Foundation
import PatchCore
import TensorFiles
import Testing

/// The extractor `densenet`: layers, sizes, and the checkpoints that it takes and refuses.
@Suite struct DenseNetTests {
  private static let layers = ["features.denseblock2", "features.denseblock3"]

  private func context() -> StageContext { StageContext(seed: 5, compute: ComputeSettings(engine: .openblas)) }

  /// Every tensor of the network with one value, and the classifier, as a published file holds them.
  private func wholeCheckpoint(_ architecture: NetworkArchitecture) -> [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    for expected in architecture.expectedTensors() { tensors[expected.name] = constant(expected.shape) }
    for name in architecture.leftovers { tensors[name] = constant([1000]) }
    return tensors
  }

  private func constant(_ shape: [Int]) -> Tensor {
    Tensor([Float](repeating: 0.5, count: shape.reduce(1, *)), shape: shape)
  }

  /// The names of the files that torchvision publishes: `denselayer1.norm.1.weight` for `denselayer1.norm1.weight`.
  private func withFormerNames(_ tensors: [String: Tensor]) -> [String: Tensor] {
    let pairs = tensors.map { name, tensor in
      var parts = name.split(separator: ".").map(String.init)
      if parts.count == 5, parts[2].hasPrefix("denselayer"), let digit = parts[3].popLast() {
        parts.insert(String(digit), at: 4)
      }
      return (parts.joined(separator: "."), tensor)
    }
    return Dictionary(uniqueKeysWithValues: pairs)
  }

  /// Calls `body` with a file of the tensors, and removes it.
  private func withFile<R>(_ tensors: [String: Tensor], _ body: (String) throws -> R) throws -> R {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    try SafetensorsFile.write(tensors: tensors, to: file)
    defer {
      do {
        try FileManager.default.removeItem(atPath: file)
      } catch {
        Issue.record(error)
      }
    }
    return try body(file)
  }

  private func refusal(
    _ tensors: [String: Tensor], _ configuration: (WeightsSource) -> any FeatureExtractorConfiguration
  ) throws -> String {
    try withFile(tensors) { file in
      let error = #expect(throws: PatchCoreError.self) { try configuration(.file(file)).makeExtractor(context()) }
      #expect(error?.code == .invalidWeights)
      return error?.message ?? ""
    }
  }

  private func refusal(
    _ tensors: [String: Tensor], as network: DenseNet, layers: [String] = Self.layers
  ) throws -> String {
    try refusal(tensors) { DenseNetConfiguration(architecture: network, layers: layers, weights: $0) }
  }

  // MARK: Layers and sizes

  @Test func layersAreNamed() {
    let configuration = DenseNetConfiguration(
      architecture: .densenet201, layers: ["layer2", "features.denseblock3"], weights: .random)
    let error = #expect(throws: PatchCoreError.self) { try configuration.makeExtractor(context()) }
    #expect(
      error?.message.contains(
        "densenet201 has no layer layer2; known: features.denseblock1, features.denseblock2, features.denseblock3, "
          + "features.denseblock4") == true)
  }

  @Test func absentWeightsNameTheRemedy() {
    let error = #expect(throws: PatchCoreError.self) { try DenseNetConfiguration().makeExtractor(context()) }
    #expect(
      error?.message
        == "densenet201 has no weights; give weights: {file: PATH}, or --weights FILE on the command line")
  }

  /// Convolutions round sizes up, transitions down.
  @Test func sizesThatAreNoMultiplesOf32() throws {
    let configuration = DenseNetConfiguration(
      architecture: .densenet201, layers: (1...4).map { "features.denseblock\($0)" })
    #expect(
      try configuration.shapes(height: 250, width: 333) == [
        FeatureShape(channels: 256, height: 63, width: 84), FeatureShape(channels: 512, height: 31, width: 42),
        FeatureShape(channels: 1792, height: 15, width: 21), FeatureShape(channels: 1920, height: 7, width: 10),
      ])
    #expect(try configuration.shapes(height: 29, width: 29).last == FeatureShape(channels: 1920, height: 1, width: 1))
    let error = #expect(throws: PatchCoreError.self) { try configuration.shapes(height: 28, width: 64) }
    #expect(error?.code == .shapeMismatch)
    #expect(
      error?.message.contains(
        "'features.transition3.pool' has a window of 2x2, its input with padding only 1x4; use larger images") == true)
  }

  /// The maps of a random network neither vanish nor grow from block to block.
  @Test func randomNetworksKeepTheirRange() throws {
    let configuration = DenseNetConfiguration(
      architecture: .densenet201, layers: (1...4).map { "features.denseblock\($0)" }, weights: .random)
    for map in try configuration.makeExtractor(context()).extract(NetworkGoldens.Input.square.images) {
      let size = (map.values.reduce(0) { $0 + Double($1) * Double($1) } / Double(map.values.count)).squareRoot()
      #expect(size > 0.1 && size < 10, "\(map.shape)")
    }
  }

  // MARK: Checkpoints

  /// Old and new names give the same maps; the classifier, the last norm and counters are no concern.
  @Test func formerNamesAreTheSameTensors() throws {
    let architecture = DenseNet.densenet121.architecture
    var tensors = try HashedNumbers.checkpoint(architecture, layers: ["features.denseblock4"])
    for name in architecture.leftovers { tensors[name] = constant([7]) }
    let former = withFormerNames(tensors)
    for name in [
      "features.denseblock1.denselayer1.norm.1.weight", "features.denseblock4.denselayer16.norm.2.running_var",
      "features.denseblock3.denselayer24.conv.2.weight", "features.transition1.norm.weight",
    ] { #expect(former[name] != nil, "\(name)") }
    #expect(former["features.denseblock1.denselayer1.norm1.weight"] == nil)
    let loader = try CheckpointLoader(architecture: architecture, layers: Self.layers)
    let today = try loader.load(tensors, file: "today"), before = try loader.load(former, file: "before")
    #expect(today.unexpected.isEmpty && before.unexpected.isEmpty)
    #expect(today.weights.parameters.count == before.weights.parameters.count)
    for (node, parameters) in today.weights.parameters {
      #expect(before.weights.parameters[node]?.weight.floats() == parameters.weight.floats(), "\(node)")
      #expect(before.weights.parameters[node]?.bias.floats() == parameters.bias.floats(), "\(node)")
    }
  }

  /// A former name beside today's is reported, not taken.
  @Test func aTensorUnderBothNamesIsTakenOnce() throws {
    let layer = "features.denseblock1"
    var tensors = try HashedNumbers.checkpoint(DenseNet.densenet121.architecture, layers: [layer])
    let loader = try CheckpointLoader(architecture: DenseNet.densenet121.architecture, layers: [layer])
    let expected = try loader.load(tensors, file: "one").weights.parameters
    tensors["\(layer).denselayer1.conv.2.weight"] = constant([32, 128, 3, 3])
    let loaded = try loader.load(tensors, file: "both")
    #expect(loaded.unexpected == ["\(layer).denselayer1.conv.2.weight"])
    let node = "\(layer).denselayer1.conv2"
    #expect(loaded.weights.parameters[node]?.weight.floats() == expected[node]?.weight.floats())
  }

  @Test(arguments: [
    (DenseNet.densenet201, DenseNet.densenet169), (.densenet169, .densenet201), (.densenet161, .densenet201),
    (.densenet121, .densenet201), (.densenet201, .densenet121),
  ])
  func anotherDenseNetIsRecognised(held: DenseNet, asked: DenseNet) throws {
    let tensors = wholeCheckpoint(held.architecture)
    for tensors in [tensors, withFormerNames(tensors)] {
      let message = try refusal(tensors, as: asked)
      #expect(
        message.contains(
          "these look like \(held.rawValue) weights; set extractor: {kind: densenet, architecture: \(held.rawValue)}"))
    }
  }

  /// The first two blocks of these networks are alike; the rest of the file tells whose it is.
  @Test func aWholeFileIsNotTakenForThePartThatFits() throws {
    let message = try refusal(
      wholeCheckpoint(DenseNet.densenet169.architecture), as: .densenet201,
      layers: ["features.denseblock1", "features.denseblock2"])
    #expect(message.contains("these look like densenet169 weights"))
    #expect(message.contains("tensors are missing (features.denseblock3.denselayer33.norm1.weight"))
    let resnet = try refusal(wholeCheckpoint(ResNet.resnet18.architecture)) {
      ResNetConfiguration(architecture: .resnet34, layers: ["layer1"], weights: $0)
    }
    #expect(resnet.contains("these look like resnet18 weights"))
  }

  @Test func resNetsAndDenseNetsAreToldApart() throws {
    let dense = try refusal(wholeCheckpoint(ResNet.resNeXt50x32x4d.architecture), as: .densenet121)
    #expect(dense.contains("set extractor: {kind: resnet, architecture: resnext50_32x4d}, or give another file"))
    let tensors = withFormerNames(wholeCheckpoint(DenseNet.densenet121.architecture))
    let residual = try refusal(tensors) { ResNetConfiguration(architecture: .resnet18, weights: $0) }
    #expect(residual.contains("set extractor: {kind: densenet, architecture: densenet121}, or give another file"))
    let grouped = try refusal(wholeCheckpoint(ResNet.wideResNet50x2.architecture)) {
      ResNetConfiguration(architecture: .resNeXt50x32x4d, weights: $0)
    }
    #expect(grouped.contains("these look like wide_resnet50_2 weights"))
    #expect(grouped.contains("layer1.0.conv2.weight: shape [128, 4, 3, 3] expected, [128, 128, 3, 3] found"))
  }

  @Test func theArchiveReplacesTheFile() throws {
    let images = NetworkGoldens.Input.wide.images
    var configuration = DenseNetConfiguration(architecture: .densenet121, layers: ["features.denseblock1"])
    let tensors = try HashedNumbers.checkpoint(configuration.network(), layers: configuration.layers)
    let (archive, maps) = try withFile(withFormerNames(tensors)) { file in
      configuration.weights = .file(file)
      let extractor = try configuration.makeExtractor(context())
      return (try extractor.archive(), try extractor.extract(images))
    }
    #expect(!archive.tensors.keys.contains { $0.hasPrefix("features.denseblock2") })
    let restored = try configuration.restoreExtractor(from: archive, context())
    #expect(try restored.extract(images).map(\.bits) == maps.map(\.bits))
  }

  @Test func theDescriptionReadsBack() throws {
    let configuration = DenseNetConfiguration(
      architecture: .densenet169, layers: ["features.denseblock4"], weights: .random)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let text = try encoder.encode(configuration)
    #expect(
      String(decoding: text, as: UTF8.self)
        == #"{"architecture":"densenet169","layers":["features.denseblock4"],"weights":"random"}"#)
    #expect(try JSONDecoder().decode(DenseNetConfiguration.self, from: text) == configuration)
  }
}
