import ConvNet
import PatchCore
import TensorFiles
import Testing

/// What a checkpoint must hold, and what is said when it does not.
@Suite struct WeightsTests {
  private static let layers = ["layer2", "layer3"]

  private func load(
    _ tensors: [String: Tensor], as network: ResNet = .resnet18, layers: [String] = Self.layers
  ) throws -> CheckpointLoader.Loaded {
    try CheckpointLoader(
      architecture: network.architecture, layers: layers,
      relatives: ResNet.allCases.map { .init($0.architecture, setting: Self.setting($0)) }
    ).load(tensors, file: "weights.pth")
  }

  private static func setting(_ network: ResNet) -> String { "{architecture: \(network.rawValue)}" }

  private func checkpoint(_ network: ResNet = .resnet18, layers: [String] = Self.layers) throws -> [String: Tensor] {
    try HashedNumbers.checkpoint(network, layers: layers)
  }

  private func refusal(
    _ tensors: [String: Tensor], as network: ResNet = .resnet18, layers: [String] = Self.layers
  ) -> String {
    let error = #expect(throws: PatchCoreError.self) { try load(tensors, as: network, layers: layers) }
    #expect(error?.code == .invalidWeights)
    #expect(error?.message.contains("weights.pth") == true)
    return error?.message ?? ""
  }

  @Test func missingTensorsAreCountedAndNamed() throws {
    var tensors = try checkpoint()
    for name in tensors.keys where name.hasPrefix("layer2.1") { tensors[name] = nil }
    let message = refusal(tensors)
    #expect(message.contains("10 tensors are missing (layer2.1.conv1.weight, layer2.1.bn1.weight"))
    #expect(message.contains("and 5 more"))
  }

  @Test func anotherShapeIsNamedWithBoth() throws {
    var tensors = try checkpoint()
    tensors["layer1.0.bn1.bias"] = Tensor([Float](repeating: 0, count: 65), shape: [65])
    #expect(refusal(tensors).contains("layer1.0.bn1.bias: shape [64] expected, [65] found"))
  }

  @Test func aTransposedWeightIsRefused() throws {
    var tensors = try checkpoint()
    let weight = try required(tensors["layer2.0.conv1.weight"], "layer2.0.conv1.weight")
    tensors["layer2.0.conv1.weight"] = Tensor(weight.floats(), shape: [64, 128, 3, 3])
    #expect(refusal(tensors).contains("[128, 64, 3, 3] expected, [64, 128, 3, 3] found"))
  }

  @Test func integersAreRefused() throws {
    var tensors = try checkpoint()
    tensors["bn1.weight"] = Tensor([Int64](repeating: 1, count: 64), shape: [64])
    #expect(refusal(tensors).contains("bn1.weight: floating point expected, I64 found"))
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity], ["conv1.weight", "layer3.1.bn2.running_mean"])
  func numbersThatAreNotFiniteAreRefused(value: Float, name: String) throws {
    var tensors = try checkpoint()
    let good = try required(tensors[name], name)
    var values = good.floats()
    values[7] = value
    tensors[name] = Tensor(values, shape: good.shape)
    #expect(refusal(tensors).contains("\(name) holds \(value) at element 7"))
  }

  /// An infinity that a factor of 0 would turn into NaN, or a NaN after the first, is still found.
  @Test func infinityUnderAZeroFactorIsRefused() throws {
    var tensors = try checkpoint()
    let good = try required(tensors["conv1.weight"], "conv1.weight")
    var values = good.floats()
    values[0] = .infinity
    tensors["conv1.weight"] = Tensor(values, shape: good.shape)
    tensors["bn1.weight"] = Tensor([Float](repeating: 0, count: 64), shape: [64])
    #expect(refusal(tensors).contains("conv1.weight holds inf at element 0"))
  }

  @Test func whatACompleteCheckpointHoldsIsNoConcern() throws {
    var tensors = try checkpoint(layers: ["layer4"])
    tensors["fc.weight"] = Tensor([Float](repeating: 0, count: 5120), shape: [10, 512])
    tensors["fc.bias"] = Tensor([Float](repeating: 0, count: 10), shape: [10])
    tensors["layer4.0.downsample.1.num_batches_tracked"] = Tensor([Int64(3)], shape: [])
    #expect(try load(tensors).unexpected.isEmpty)
  }

  @Test func unknownTensorsAreReported() throws {
    var tensors = try checkpoint()
    tensors["head.weight"] = Tensor([1 as Float], shape: [1])
    tensors["conv1.bias"] = Tensor([1 as Float], shape: [1])
    let loaded = try load(tensors)
    #expect(loaded.unexpected == ["conv1.bias", "head.weight"])
    #expect(loaded.weights.parameters.count == 15)
  }

  @Test(arguments: [
    (ResNet.resnet34, ResNet.resnet18), (.resnet18, .resnet34), (.resnet101, .resnet50), (.resnet50, .resnet101),
    (.wideResNet50x2, .resnet50), (.resnet50, .wideResNet50x2), (.resnet18, .resnet50),
  ])
  func aRelativesWeightsAreRecognised(held: ResNet, asked: ResNet) throws {
    let message = refusal(try checkpoint(held, layers: ["layer3"]), as: asked)
    #expect(message.contains("these look like \(held.rawValue) weights; set extractor: \(Self.setting(held)), or"))
  }

  @Test func aPrefixIsNamed() throws {
    let tensors = try checkpoint()
    let prefixed = Dictionary(uniqueKeysWithValues: tensors.map { ("module." + $0.key, $0.value) })
    #expect(refusal(prefixed).contains("names begin with module.;"))
  }

  @Test func earlierLayersNeedNoLaterTensors() throws {
    let tensors = try checkpoint(layers: ["layer1"])
    #expect(!tensors.keys.contains { $0.hasPrefix("layer2") })
    let loaded = try load(tensors, layers: ["layer1"])
    #expect(
      Set(loaded.weights.parameters.keys) == [
        "conv1", "layer1.0.conv1", "layer1.0.conv2", "layer1.1.conv1", "layer1.1.conv2",
      ])
    #expect(refusal(tensors, layers: ["layer1", "layer2"]).contains("25 tensors are missing"))
  }

  @Test func anEmptyFileMissesEverything() {
    #expect(refusal([:]).contains("75 tensors are missing"))
  }

  @Test func archivedWeightsComeBack() throws {
    let table = try ResNet.resnet18.architecture.pruned(to: ["layer1"]).table
    let weights = try load(try checkpoint(), layers: ["layer1"]).weights
    var archive = StageArchive(tensors: weights.archiveTensors)
    #expect(archive.tensors.keys.contains("layer1.0.conv2.weight"))
    #expect(archive.tensors.keys.contains("conv1.bias"))
    let restored = try NetworkWeights(archive: archive, table: table)
    for (node, parameters) in weights.parameters {
      #expect(restored.parameters[node]?.weight.floats() == parameters.weight.floats())
      #expect(restored.parameters[node]?.bias.floats() == parameters.bias.floats())
    }
    archive.tensors["conv1.bias"] = Tensor([0 as Float], shape: [1])
    let error = #expect(throws: PatchCoreError.self) { try NetworkWeights(archive: archive, table: table) }
    #expect(error?.code == .invalidArtifact)
    #expect(error?.message.contains("conv1.bias is F32 [1], F32 [64] is needed") == true)
    archive.tensors["conv1.bias"] = nil
    #expect(throws: PatchCoreError.self) { try NetworkWeights(archive: archive, table: table) }
  }

  /// The vectors of FIPS 180-4 for the empty message and "abc".
  @Test func digestsAreSHA256() {
    #expect(Digest.sha256([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(
      Digest.sha256(Array("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }
}
