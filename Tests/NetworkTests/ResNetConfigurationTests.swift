import ConvNet
import Extractors
import Foundation
import PatchCore
import TensorFiles
import Testing

/// The extractor `resnet`, as a description builds it.
@Suite struct ResNetConfigurationTests {
  private static let openblas = ComputeSettings(engine: .openblas)

  private func context(seed: UInt64 = 0) -> StageContext { StageContext(seed: seed, compute: Self.openblas) }

  private func extractor(
    _ network: ResNet = .resnet18, layers: [String], seed: UInt64 = 0
  ) throws -> any FeatureExtractor {
    try ResNetConfiguration(architecture: network, layers: layers, weights: .random).makeExtractor(context(seed: seed))
  }

  private func refusal(_ configuration: ResNetConfiguration, _ code: PatchCoreError.Code) -> String {
    let error = #expect(throws: PatchCoreError.self) { try configuration.makeExtractor(context()) }
    #expect(error?.code == code)
    return error?.message ?? ""
  }

  /// Calls `body` with a file that holds a hashed checkpoint, and removes the file.
  private func withCheckpoint<R>(
    _ network: ResNet, layers: [String], adding extra: [String: Tensor] = [:], _ body: (String) throws -> R
  ) throws -> R {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer {
      do {
        try FileManager.default.removeItem(at: folder)
      } catch {
        Issue.record(error)
      }
    }
    let file = folder.appendingPathComponent("hashed.safetensors").path
    let tensors = try HashedNumbers.checkpoint(network, layers: layers).merging(extra) { $1 }
    try SafetensorsFile.write(tensors: tensors, to: file)
    return try body(file)
  }

  // MARK: Layers

  @Test(arguments: [
    ([], "layers is empty; name at least one of layer1, layer2, layer3, layer4"),
    (["layer5"], "resnet18 has no layer layer5; known: layer1, layer2, layer3, layer4; did you mean layer1?"),
    (["layer2", "Layer3"], "did you mean layer3?"),
    (["layer2", "layer2"], "layers names layer2 twice"),
  ])
  func wrongLayersAreNamed(layers: [String], message: String) {
    let configuration = ResNetConfiguration(architecture: .resnet18, layers: layers, weights: .random)
    #expect(refusal(configuration, .invalidConfiguration).contains(message))
  }

  /// Any set of layers, in any order, gives the maps that all four give, bit for bit.
  @Test func anySetOfLayersGivesTheSameMaps() throws {
    let images = NetworkGoldens.Input.wide.images
    let all = try extractor(layers: NetworkGoldens.layers).extract(images)
    for mask in 1..<16 {
      var chosen = (0..<4).filter { mask >> $0 & 1 == 1 }
      if mask % 2 == 0 { chosen.reverse() }
      let layers = chosen.map { NetworkGoldens.layers[$0] }
      let maps = try extractor(layers: layers).extract(images)
      let shapes = try ResNetConfiguration(architecture: .resnet18, layers: layers).shapes(height: 24, width: 40)
      #expect(shapes == chosen.map { all[$0].shape })
      for (map, layer) in zip(maps, chosen) { #expect(elements(map) == elements(all[layer])) }
    }
  }

  @Test func shapesAreThoseOfTheNetwork() throws {
    let shapes = try ResNetConfiguration(architecture: .resnet50, layers: ["layer3", "layer1"]).shapes(
      height: 224, width: 97)
    #expect(
      shapes == [
        FeatureShape(channels: 1024, height: 14, width: 7), FeatureShape(channels: 256, height: 56, width: 25),
      ])
  }

  @Test func otherChannelsAreRefused() throws {
    let grey = FeatureMap(batch: 1, shape: FeatureShape(channels: 1, height: 32, width: 32))
    let extractor = try extractor(layers: ["layer1"])
    let error = #expect(throws: PatchCoreError.self) { try extractor.extract(grey) }
    #expect(error?.code == .shapeMismatch)
  }

  // MARK: Weights

  @Test func absentWeightsNameTheRemedy() {
    let message = refusal(ResNetConfiguration(), .invalidConfiguration)
    #expect(
      message == "wide_resnet50_2 has no weights; give weights: {file: PATH}, or --weights FILE on the command line")
  }

  @Test func aFileThatIsNotThereIsNamed() {
    let configuration = ResNetConfiguration(architecture: .resnet18, weights: .file("/nowhere/weights.pth"))
    #expect(refusal(configuration, .invalidFile).contains("/nowhere/weights.pth"))
  }

  @Test func randomWeightsFollowTheSeedAlone() throws {
    func tensors(_ layers: [String], _ seed: UInt64) throws -> [String: [Float]] {
      let extractor = try extractor(layers: layers, seed: seed)
      #expect(extractor.weights == WeightsOrigin(name: "random"))
      return try extractor.archive().tensors.mapValues { $0.floats() }
    }
    let first = try tensors(["layer1"], 7), more = try tensors(["layer2"], 7)
    for (name, values) in first { #expect(more[name] == values) }
    #expect(try tensors(["layer1"], 8)["conv1.weight"] != first["conv1.weight"])
    #expect(first["layer1.0.conv1.weight"] != first["layer1.1.conv1.weight"])
  }

  /// The maps of a random network neither vanish nor grow from layer to layer.
  @Test(arguments: [ResNet.resnet18, .resnet152])
  func randomNetworksKeepTheirRange(_ network: ResNet) throws {
    for map in try extractor(network, layers: NetworkGoldens.layers).extract(NetworkGoldens.Input.square.images) {
      let values = elements(map)
      let size = (values.reduce(0) { $0 + Double($1) * Double($1) } / Double(values.count)).squareRoot()
      #expect(size > 0.1 && size < 10, "\(map.shape)")
    }
  }

  @Test func aFileGivesNameAndDigest() throws {
    let extra = ["head.weight": Tensor([1 as Float], shape: [1])]
    try withCheckpoint(.resnet18, layers: ["layer1"], adding: extra) { file in
      let configuration = ResNetConfiguration(architecture: .resnet18, layers: ["layer1"], weights: .file(file))
      let extractor = try configuration.makeExtractor(context())
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
      #expect(extractor.weights == WeightsOrigin(name: "hashed.safetensors", digest: Digest.sha256(bytes)))
    }
  }

  // MARK: Artifact

  @Test func theArchiveReplacesTheFile() throws {
    let images = NetworkGoldens.Input.square.images
    var configuration = ResNetConfiguration(architecture: .resnet18, layers: ["layer2", "layer1"])
    let (archive, maps, origin) = try withCheckpoint(.resnet18, layers: ["layer2"]) { file in
      configuration.weights = .file(file)
      let extractor = try configuration.makeExtractor(context())
      return (try extractor.archive(), try extractor.extract(images), extractor.weights)
    }
    #expect(!archive.tensors.keys.contains { $0.hasPrefix("layer3") })
    let restored = try configuration.restoreExtractor(from: archive, context())
    #expect(restored.weights == origin)
    #expect(restored.layers == ["layer2", "layer1"])
    for (map, again) in zip(maps, try restored.extract(images)) { #expect(elements(map) == elements(again)) }
  }

  @Test func anArchiveThatLacksATensorIsRefused() throws {
    var archive = try extractor(layers: ["layer1"]).archive()
    archive.tensors["layer1.0.conv1.weight"] = nil
    let configuration = ResNetConfiguration(architecture: .resnet18, layers: ["layer1"], weights: .random)
    let error = #expect(throws: PatchCoreError.self) { try configuration.restoreExtractor(from: archive, context()) }
    #expect(error?.code == .invalidArtifact)
    #expect(error?.message.contains("layer1.0.conv1.weight") == true)
  }

  // MARK: Description

  @Test(arguments: [
    (WeightsSource?.none, "null"), (.random, #""random""#), (.file("a.pth"), #"{"file":"a.pth"}"#),
  ])
  func theDescriptionReadsBack(weights: WeightsSource?, written: String) throws {
    let configuration = ResNetConfiguration(
      architecture: .wideResNet101x2, bottleneckStride: .firstConv1x1, layers: ["layer3"], weights: weights)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let text = try encoder.encode(configuration)
    #expect(
      String(decoding: text, as: UTF8.self)
        == #"{"architecture":"wide_resnet101_2","bottleneck_stride":"first_conv1x1","layers":["layer3"],"#
        + #""weights":\#(written)}"#)
    #expect(try JSONDecoder().decode(ResNetConfiguration.self, from: text) == configuration)
  }

  @Test func aWordOtherThanRandomIsNamed() {
    let text = #"{"architecture":"resnet18","layers":["layer3"],"weights":"imagenet"}"#
    let error = #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(ResNetConfiguration.self, from: Data(text.utf8))
    }
    guard case .dataCorrupted(let context) = error else {
      Issue.record("another error: \(String(describing: error))")
      return
    }
    #expect(context.debugDescription.contains("not imagenet"))
  }

  // MARK: Stride

  /// Artifacts hold descriptions, and older ones lack the key.
  @Test func aDescriptionWithoutTheStrideIsOfTorchvisionsForm() throws {
    let text = #"{"architecture":"resnet50","layers":["layer3"],"weights":"random"}"#
    let configuration = try JSONDecoder().decode(ResNetConfiguration.self, from: Data(text.utf8))
    #expect(configuration == ResNetConfiguration(architecture: .resnet50, layers: ["layer3"], weights: .random))
    #expect(configuration.bottleneckStride == .conv3x3)
  }

  @Test func basicBlocksHaveNo1x1ToStrideIn() throws {
    let configuration = ResNetConfiguration(
      architecture: .resnet34, bottleneckStride: .firstConv1x1, weights: .random)
    let message =
      "bottleneck_stride is first_conv1x1, but resnet34 has basic blocks without 1x1 convolutions; leave it out, or "
      + "choose a network with bottlenecks, such as resnet50"
    #expect(refusal(configuration, .invalidConfiguration) == message)
    let error = #expect(throws: PatchCoreError.self) { try configuration.shapes(height: 64, width: 64) }
    #expect(error?.message == message)
  }

  /// Both forms take the same weights and give maps of the same shapes; layer 1 has no stride, so only it is the same.
  @Test func theFirst1x1MayStride() throws {
    let images = NetworkGoldens.Input.wide.images
    var configuration = ResNetConfiguration(architecture: .resnet50, layers: ["layer1", "layer2"], weights: .random)
    let before = try configuration.makeExtractor(context()).extract(images)
    configuration.bottleneckStride = .firstConv1x1
    let after = try configuration.makeExtractor(context())
    let maps = try after.extract(images)
    #expect(maps.map(\.shape) == before.map(\.shape))
    #expect(elements(maps[0]) == elements(before[0]))
    #expect(elements(maps[1]) != elements(before[1]))
    let restored = try configuration.restoreExtractor(from: after.archive(), context())
    #expect(try restored.extract(images).map(elements) == maps.map(elements))
  }

  // MARK: Many tasks

  /// Tasks that share an extractor, with more input sizes than it keeps compiled networks for, get what one task gets.
  @Test func manyTasksGetWhatOneGets() async throws {
    let extractor = try extractor(layers: ["layer2"])
    let inputs = (0..<5).map { HashedNumbers.images("task", batch: 2, height: 24 + 8 * $0, width: 32) }
    let expected = try inputs.map { elements(try extractor.extract($0)[0]) }
    try await withThrowingTaskGroup(of: (Int, [Float]).self) { group in
      for task in 0..<10 {
        group.addTask { (task % 5, elements(try extractor.extract(inputs[task % 5])[0])) }
      }
      for try await (input, values) in group { #expect(values == expected[input]) }
    }
  }
}

private func elements(_ map: FeatureMap) -> [Float] { map.withUnsafeBufferPointer { Array($0) } }
