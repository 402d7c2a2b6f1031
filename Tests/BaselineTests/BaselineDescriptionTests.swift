import Baselines
import Foundation
import PatchCore
import PatchCoreStandard
import TensorFiles
import Testing

/// What descriptions and files of baselines refuse.
@Suite struct BaselineDescriptionTests {
  @Test(arguments: [
    ("padim: {}", "extractor.layers: write the layers that padim uses"),
    ("spade: {}", "extractor.layers: write the layers that spade uses, [layer1, layer2, layer3, layer4]"),
    ("subsampler: {fraction: 0.1}\npadim: {}", "subsampler: padim has no subsampler; leave the key out"),
    ("scorer: {neighbours: 3}\nspade: {}", "scorer: spade has no scorer"),
    ("padim: {}\nspade: {}", "spade: the key padim describes another method already"),
    ("\(BaselineGoldenTests.padimLayers)\npadim: {dimension: 3}", "padim.dimension: there is no such key"),
    ("\(BaselineGoldenTests.padimLayers)\npadim:", "padim: expected a mapping"),
  ])
  func descriptions(_ yaml: String, _ message: String) throws {
    let error = #expect(throws: PatchCoreError.self) { try BaselineGoldenTests.description(yaml) }
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
  }

  @Test(arguments: [
    ("padim: {dimensions: 31}", "padim.dimensions is 31; the layers have 30 channels"),
    ("padim: {dimensions: 0}", "padim.dimensions is 0"),
    ("padim: {regularisation: 0}", "padim.regularisation is 0"),
    ("spade: {neighbours: 0}", "spade.neighbours is 0"),
    ("spade: {pixel_neighbours: 0}", "spade.pixel_neighbours is 0"),
  ])
  func settings(_ yaml: String, _ message: String) throws {
    let description = try BaselineGoldenTests.description("\(BaselineGoldenTests.padimLayers)\n\(yaml)")
    let error = #expect(throws: PatchCoreError.self) { try description.fit(Golden.training) }
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
  }

  @Test func spadeNeedsTwoLayers() throws {
    let description = try BaselineGoldenTests.description("extractor: {kind: given, layers: [layer1]}\nspade: {}")
    let error = #expect(throws: PatchCoreError.self) { try description.fit(Golden.training) }
    #expect(error?.message.contains("spade needs at least 2 layers") == true)
  }

  @Test func memoryIsKnownBefore() throws {
    let network = """
      extractor: {kind: resnet, architecture: NAME, layers: [layer1, layer2, layer3]}
      padim: {}
      """
    // Bytes of the method, and of what is beside it.
    func plan(_ name: String) throws -> (method: Int, summary: String) {
      let resolved = try ResolvedDescription(
        yaml: network.replacingOccurrences(of: "NAME", with: name), catalogue: .standard)
      let description = try #require(resolved.method as? PaDiMDescription)
      let plan = try description.memoryPlan(images: 200, width: 1024, height: 1024)
      let network = try description.extractor.configuration.workingBytes(batch: 1, height: 224, width: 224)
      let maps = plan.layers.reduce(0) { $0 + $1.count }
      // Three images of 6 bytes a pixel; the network's input three times, the maps twice.
      let images = 3 * (1024 * 1024 * 6 + (3 * 3 * 224 * 224 + 2 * maps) * 4)
      return (plan.bytes - network - images - (64 << 20), plan.summary)
    }
    // Other tests set the number of threads, which decides how many images are in work.
    try ThreadCount.withOne {
      // 56 x 56 positions; d means and the triangle of a d x d factor, and the features of 200 images, 4 bytes each.
      #expect(try plan("resnet18").method == 3136 * (100 + 5050 + 200 * 100) * 4)
      #expect(try plan("wide_resnet50_2").method == 3136 * (550 + 151_525 + 200 * 550) * 4)
      let summary = try plan("wide_resnet50_2").summary
      #expect(summary.contains("of 550 from 1792 channels") && summary.contains("; beside these network "))
    }
  }

  @Test(arguments: ["padim: {dimensions: 4}", "spade: {}"]) func aBudgetIsHeldAgainstThePlan(_ yaml: String) throws {
    try ThreadCount.withOne {
      let method = "\(BaselineGoldenTests.spadeLayers)\n\(yaml)"
      let plain = try BaselineGoldenTests.description(method)
      func plan(_ description: any MethodDescription) throws -> MemoryPlan {
        try description.memoryPlan(images: Golden.trainingImages, width: Golden.side, height: Golden.side)
      }
      let needed = try plan(plain).leastBytes
      let error = #expect(throws: PatchCoreError.self) {
        try plain.fit(Golden.training, memory: MemoryBudget(bytes: needed - 1))
      }
      #expect(error?.stage == "memory" && error?.message.contains("fewer images or layers") == true)
      _ = try plain.fit(Golden.training, memory: MemoryBudget(bytes: needed))
      // Seven images beside three that are held out: 4 bytes a pixel, and again in order, and vectors to score by.
      let deciding = try BaselineGoldenTests.description(method + "\nthresholds: {from: held_out, fraction: 0.3}")
      #expect(try plan(deciding).bytes > needed + 3 * Golden.side * Golden.side * 8)
    }
  }

  @Test func textReadsBack() throws {
    for (_, yaml) in BaselineGoldenTests.cases {
      let text = try BaselineGoldenTests.description(yaml).yaml()
      let again = try ResolvedDescription(yaml: text, catalogue: BaselineGoldenTests.catalogue).method.yaml()
      #expect(again == text)
    }
  }

  @Test func imagesOfAnotherSizeAreRefused() throws {
    let description = try ResolvedDescription(
      yaml: """
        preprocess: {resize: none, crop: none}
        compute: {engine: openblas}
        extractor: {kind: compact, layers: [layer1, layer2]}
        padim: {dimensions: 4}
        """, catalogue: .standard
    ).method
    let detector = try description.fit(ImageSource([Golden.image(1), Golden.image(2)]))
    let error = #expect(throws: PatchCoreError.self) { try detector.predict(Golden.image(3, side: 64)) }
    #expect(error?.code == .shapeMismatch && error?.message.contains("needs images of one size") == true)
    let mixed = ImageSource([try Golden.image(1), try Golden.image(2, side: 64)])
    #expect(throws: PatchCoreError.self) { try description.fit(mixed) }
  }

  /// Tensors changed by someone who knows the format, digest included.
  @Test(arguments: ["padim: {dimensions: 12}", "spade: {}"])
  func hostileFiles(_ yaml: String) throws {
    let method = try BaselineGoldenTests.description("\(BaselineGoldenTests.spadeLayers)\n\(yaml)")
    let archive = try method.fit(Golden.training).archive(includingWeights: true)
    _ = try method.restore(from: archive, logger: StageContext().logger)
    func refused(_ change: (inout DetectorArchive) -> Void) {
      var changed = archive
      change(&changed)
      let error = #expect(throws: PatchCoreError.self) {
        try method.restore(from: changed, logger: StageContext().logger)
      }
      #expect(error?.code == .invalidArtifact)
    }
    for (name, tensor) in archive.tensors {
      refused { $0.tensors[name] = nil }
      refused { $0.tensors[name] = Tensor([Float(1)], shape: [1]) }
      let (count, shape) = (tensor.count, tensor.shape)
      refused { $0.tensors[name] = Tensor([Int32](repeating: -1, count: count), shape: shape) }
      refused { $0.tensors[name] = Tensor([Float](repeating: .nan, count: count), shape: shape) }
    }
    refused { $0.trainingImages = [] }
    let layers = "\(type(of: method).name).layers"
    refused { $0.tensors[layers] = Tensor([Int32](repeating: 65_536, count: 12), shape: [4, 3]) }
    refused { $0.tensors[layers] = Tensor([Int32](repeating: 1, count: 3), shape: [1, 3]) }
  }
}
