import Foundation
import PatchCore
import PatchCoreStandard
import Testing

/// The files of Examples/Descriptions say what their comments promise.
@Suite struct DescriptionFileTests {
  private static let folder = ExampleProgram.folder.appendingPathComponent("Descriptions")

  private static func resolve(_ name: String) throws -> ResolvedDescription {
    try ResolvedDescription(contentsOf: folder.appendingPathComponent(name).path, catalogue: .standard)
  }

  @Test func allAreKnownHere() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).sorted()
    #expect(
      names == [
        "anomalib.yaml", "decisions.yaml", "ensemble.yaml", "ivfpq.yaml", "magnetic-tile.yaml", "mstc.yaml",
        "official.yaml", "padim.yaml", "spade.yaml",
      ])
  }

  /// Written out or by the names of preset and network alone: the same pipeline.
  @Test(arguments: ["official", "anomalib"])
  func presetWrittenOut(_ preset: String) throws {
    let alone = try ResolvedDescription(yaml: "preset: \(preset)\nextractor: {kind: resnet}", catalogue: .standard)
    #expect(try Self.resolve("\(preset).yaml").description.yaml() == alone.description.yaml())
  }

  /// Every key of the description that the design shows keeps its name, and the file is that description.
  @Test func shownKeys() throws {
    let shown = """
      preset: official
      preprocess: {resize: 256, crop: 224}
      extractor: {kind: resnet, architecture: wide_resnet50_2, layers: [layer2, layer3]}
      aggregator: {kind: official, patch_size: 3, stride: 1, layer_dimension: 1024, dimension: 1024}
      subsampler: {kind: coreset, fraction: 0.1, projection: {kind: uniform, dimension: 128}, start: {kind: mean_of_random, points: 10}}
      neighbour_index: {kind: exact}
      scorer: {kind: maximum, neighbours: 1, distance: squared_euclidean}
      map: {upsampling: bilinear, sigma: 4, border: repeat_edge}
      compute: {engine: onednn, precision: float32}
      seed: 0
      """
    let fromText = Self.setInFile(try ResolvedDescription(yaml: shown, catalogue: .standard))
    #expect(
      fromText == [
        "preset: official", "preprocess.resize: 256", "preprocess.crop: 224", "extractor.kind: resnet",
        "extractor.architecture: wide_resnet50_2", "extractor.layers: [layer2, layer3]", "aggregator.kind: official",
        "aggregator.patch_size: 3", "aggregator.stride: 1", "aggregator.layer_dimension: 1024",
        "aggregator.dimension: 1024", "subsampler.kind: coreset", "subsampler.fraction: 0.1",
        "subsampler.projection.kind: uniform", "subsampler.projection.dimension: 128",
        "subsampler.start.kind: mean_of_random", "subsampler.start.points: 10", "neighbour_index.kind: exact",
        "scorer.kind: maximum", "scorer.neighbours: 1", "scorer.distance: squared_euclidean",
        "map.upsampling: bilinear", "map.sigma: 4", "map.border: repeat_edge", "compute.engine: onednn",
        "compute.precision: float32", "seed: 0",
      ])
    #expect(Self.setInFile(try Self.resolve("official.yaml")) == fromText)
  }

  @Test func decisions() throws {
    let settings = try Self.resolve("decisions.yaml").description.thresholds
    #expect(settings.from == .crossValidation && settings.folds == 5 && settings.minimumArea == 100)
    #expect(settings.rule == .falsePositiveRate(.init(rate: 0.05)))
    #expect(settings.ruleOfPixels == .quantile(.init(q: 0.9999)))
  }

  /// The values that a file sets, in order.
  private static func setInFile(_ description: ResolvedDescription) -> [String] {
    description.tree.leaves().filter {
      if case .file = $0.node.origin { return true }
      return false
    }.map { "\($0.path.joined(separator: ".")): \($0.node.yaml)" }
  }

  @Test func protocolsOfThePaper() throws {
    let tiles = try Self.resolve("magnetic-tile.yaml")
    #expect(
      Self.setInFile(tiles) == [
        "preset: paper", "preprocess.resize.height: 224", "preprocess.resize.width: 224", "preprocess.crop: none",
        "extractor.kind: resnet", "subsampler.kind: coreset", "subsampler.fraction: 0.1", "seed: 0",
        "split.nominal_test_fraction: 0.2",
      ])
    #expect(try tiles.description.split.heldOut(among: 952, seed: tiles.description.seed).count == 190)
    let videos = try Self.resolve("mstc.yaml")
    #expect(
      Self.setInFile(videos) == [
        "preset: paper", "preprocess.resize.height: 256", "preprocess.resize.width: 256", "preprocess.crop: none",
        "extractor.kind: resnet", "extractor.architecture: wide_resnet50_2", "extractor.layers: [layer3, layer4]",
        "subsampler.kind: coreset", "subsampler.fraction: 0.1",
      ])
    // The sizes of which the file's comment speaks.
    var description = try videos.description
    description.compute.engine = .openblas  // In every build.
    let plan = try Pipeline(description).plan(images: 55_000, width: 856, height: 480)
    #expect(plan.candidateRows == 14_080_000 && plan.bankRows == 1_408_000)
    #expect(plan.candidateBytes == 57_671_680_000)
  }

  @Test func ensemble() throws {
    var description = try #require(try Self.resolve("ensemble.yaml").method as? EnsembleDescription)
    description.compute.engine = .openblas
    #expect(description.combination == .heldOut(fraction: 0.2))
    // 160 of 200 images are fitted with: 784 patches each, a hundredth kept, 384 numbers; and one member's embeddings.
    let plan = try description.memoryPlan(images: 200, width: 1024, height: 1024)
    #expect(plan.bytes > (3 * 1254 + 160 * 784) * 384 * 4)
    for pipeline in description.pipelines {
      let member = try Pipeline(pipeline).plan(images: 160, width: 1024, height: 1024)
      #expect(member.bankBytes == 1254 * 384 * 4 && member.candidateBytes == 160 * 784 * 384 * 4)
    }
    #expect(description.pipelines.allSatisfy { $0.aggregator.kind == "official" })
  }

  /// The baselines write out the defaults of their methods.
  @Test(arguments: ["padim", "spade"])
  func baselines(_ name: String) throws {
    let resolved = try Self.resolve("\(name).yaml")
    #expect(type(of: resolved.method).name == name)
    let architecture = name == "padim" ? ", architecture: resnet18" : ""
    let layers = (name == "padim" ? 1...3 : 1...4).map { "layer\($0)" }.joined(separator: ", ")
    let short = "extractor: {kind: resnet\(architecture), layers: [\(layers)]}\n\(name): {}"
    let alone = try ResolvedDescription(yaml: short, catalogue: .standard).method
    #expect(
      try resolved.method.yaml() == alone.yaml().replacingOccurrences(of: "dimensions: null", with: "dimensions: 100"))
    // Other tests set the number of threads, which a plan depends on.
    let plans = try ThreadCount.withOne {
      try [resolved.method, alone].map { try $0.memoryPlan(images: 200, width: 1024, height: 1024) }
    }
    #expect(plans[0] == plans[1])
  }

  #if FAISS
  @Test func approximateSearch() throws {
    let resolved = try Self.resolve("ivfpq.yaml")
    #expect(
      Self.setInFile(resolved) == [
        "preset: paper", "extractor.kind: resnet", "subsampler.kind: none", "neighbour_index.kind: faiss_ivfpq",
        "neighbour_index.lists: 512", "neighbour_index.sub_quantisers: 64", "neighbour_index.bits: 8",
        "neighbour_index.probes: 1",
      ])
    // 200 images, the paper's grid: the bank of which the file's comment speaks.
    let plan = try Pipeline(resolved.description).plan(images: 200, width: 1024, height: 1024)
    #expect(plan.bankRows == 156_800)
    #expect(plan.bankBytes == 642_252_800)
  }
  #else
  @Test func approximateSearchIsNamed() throws {
    #expect { try Self.resolve("ivfpq.yaml") } throws: { error in
      guard let error = error as? PatchCoreError else { return false }
      return error.code == .notInThisBuild && error.message.contains("build with the trait FAISS")
        && error.message.contains("ivfpq.yaml:") && error.message.contains("neighbour_index.kind")
    }
  }
  #endif
}
