import PatchCore
import PatchCoreStandard
import Testing

/// The three presets mean what Numerics says, whatever the defaults of the stages are.
@Suite struct StandardPresetTests {
  /// What no implementation differs on, and the network, whose weights no preset can promise.
  static let defaults = [
    "preprocess.channels": "rgb", "preprocess.mean": "0.485, 0.456, 0.406",
    "preprocess.deviation": "0.229, 0.224, 0.225", "map.size": "crop",
    "extractor.kind": "compact", "extractor.layers": "layer2, layer3", "extractor.weights": "embedded",
    "compute.engine": "onednn", "compute.precision": "float32", "compute.convolution": "direct", "seed": "0",
    "split.nominal_test_fraction": "0",
    "split.shots": "null",
    "thresholds.from": "none", "thresholds.fraction": "0.2", "thresholds.folds": "5",
    "thresholds.rule.kind": "maximum", "thresholds.pixel_rule.kind": "same", "thresholds.minimum_area": "0",
    "evaluation.pro_limit": "0.3", "storage.embeddings": "float32", "storage.bank": "float32",
  ]

  static let official = [
    "preprocess.resize": "256", "preprocess.crop": "224", "preprocess.resampling": "bilinear_8bit",
    "preprocess.orientation": "ignore",
    "aggregator.kind": "official", "aggregator.patch_size": "3", "aggregator.stride": "1",
    "aggregator.layer_dimension": "1024", "aggregator.dimension": "1024",
    "subsampler.kind": "coreset", "subsampler.fraction": "0.1", "subsampler.projection.kind": "uniform",
    "subsampler.projection.dimension": "128", "subsampler.start.kind": "mean_of_random",
    "subsampler.start.points": "10",
    "neighbour_index.kind": "exact",
    "scorer.kind": "maximum", "scorer.neighbours": "1", "scorer.distance": "squared_euclidean",
    "map.upsampling": "bilinear", "map.sigma": "4", "map.border": "repeat_edge",
    "evaluation.masks": "official",
  ]

  static let paper = [
    "preprocess.resize": "256", "preprocess.crop": "224", "preprocess.resampling": "bilinear_8bit",
    "preprocess.orientation": "ignore",
    "aggregator.kind": "official", "aggregator.patch_size": "3", "aggregator.stride": "1",
    "aggregator.layer_dimension": "1024", "aggregator.dimension": "1024",
    "subsampler.kind": "coreset", "subsampler.fraction": "0.1", "subsampler.projection.kind": "uniform",
    "subsampler.projection.dimension": "128", "subsampler.start.kind": "random",
    "neighbour_index.kind": "exact",
    "scorer.kind": "reweighted", "scorer.neighbours": "1", "scorer.bank_neighbours": "9",
    "scorer.distance": "euclidean",
    "map.upsampling": "bilinear", "map.sigma": "4", "map.border": "repeat_edge",
    "evaluation.masks": "anomalib",
  ]

  static let anomalib = [
    "preprocess.resize.height": "256", "preprocess.resize.width": "256", "preprocess.crop": "none",
    "preprocess.resampling": "bilinear_float", "preprocess.orientation": "ignore",
    "aggregator.kind": "concatenate", "aggregator.patch_size": "3",
    "subsampler.kind": "coreset", "subsampler.fraction": "0.1", "subsampler.projection.kind": "sparse",
    "subsampler.projection.epsilon": "0.9", "subsampler.start.kind": "random",
    "neighbour_index.kind": "exact",
    "scorer.kind": "reweighted", "scorer.neighbours": "1", "scorer.bank_neighbours": "9",
    "scorer.distance": "euclidean",
    "map.upsampling": "nearest", "map.sigma": "4", "map.border": "reflect",
    "evaluation.masks": "anomalib",
  ]

  static let presets = ["official": official, "paper": paper, "anomalib": anomalib]

  /// A value as text, numbers in one form.
  static func text(_ node: ConfigurationNode) -> String {
    if case .sequence(let nodes) = node.value { return nodes.map(text).joined(separator: ", ") }
    let text = node.text ?? ""
    return Double(text).map { $0 == $0.rounded() ? "\(Int($0))" : "\($0)" } ?? text
  }

  static func leaves(_ yaml: String) throws -> [String: ConfigurationNode] {
    let resolved = try ResolvedDescription(yaml: yaml, name: "file", catalogue: .standard)
    let leaves = resolved.tree.leaves().map { ($0.path.joined(separator: "."), $0.node) }
    return Dictionary(leaves) { first, _ in
      Issue.record("a key path stands twice")
      return first
    }
  }

  @Test func theyAreRegisteredOfficialFirst() {
    let names = StageCatalogue.standard.presets.map(\.name)
    #expect(names.first == "official", "it holds for descriptions that name none")
    #expect(Set(names) == Set(Self.presets.keys))
  }

  @Test(arguments: StageCatalogue.standard.presets.map(\.name))
  func valuesAndTheirOrigins(_ name: String) throws {
    let expected = try #require(Self.presets[name])
    let preset = try StageCatalogue.standard.preset(named: name)
    let leaves = try Self.leaves("preset: \(name)")
    let values = leaves.mapValues(Self.text)
    #expect(values == expected.merging(Self.defaults) { $1 }.merging(["preset": name]) { $1 })
    for (path, node) in leaves {
      let origin: ConfigurationNode.Origin =
        if path == "preset" {
          .file(name: "file", line: 1)
        } else if preset.paperSilent.contains(path) {
          .paperSilent(preset: name)
        } else {
          Self.defaults[path] == nil ? .preset(name) : .standard
        }
      #expect(node.origin == origin, "\(path)")
    }
    #expect(preset.paperSilent.isSubset(of: expected.keys), "a silent key that the preset does not set")
  }

  @Test func ownValuesStandAboveThePreset() throws {
    let leaves = try Self.leaves(
      """
      preset: paper
      seed: 7
      scorer: {bank_neighbours: 3}
      subsampler:
        kind: random
      """)
    var expected = Self.paper.merging(Self.defaults) { $1 }.filter { !$0.key.hasPrefix("subsampler.") }
    expected.merge(
      [
        "preset": "paper", "seed": "7", "scorer.bank_neighbours": "3", "subsampler.kind": "random",
        "subsampler.fraction": "0.1",
      ]
    ) { $1 }
    #expect(leaves.mapValues(Self.text) == expected)
    #expect(leaves["seed"]?.origin == .file(name: "file", line: 2))
    #expect(leaves["scorer.bank_neighbours"]?.origin == .file(name: "file", line: 3))
    #expect(leaves["scorer.neighbours"]?.origin == .preset("paper"))
    #expect(leaves["subsampler.kind"]?.origin == .file(name: "file", line: 5))
    #expect(leaves["subsampler.fraction"]?.origin == .standard, "another kind starts from its own defaults")
    #expect(leaves["map.border"]?.origin == .paperSilent(preset: "paper"))
  }

  @Test(arguments: StageCatalogue.standard.presets.map(\.name))
  func anotherExtractorHasItsOwnDefaults(_ preset: String) throws {
    let leaves = try Self.leaves("preset: \(preset)\nextractor: {kind: resnet}")
    let extractor = leaves.filter { $0.key.hasPrefix("extractor.") }
    #expect(
      extractor.mapValues(Self.text) == [
        "extractor.kind": "resnet", "extractor.architecture": "wide_resnet50_2", "extractor.layers": "layer2, layer3",
        "extractor.bottleneck_stride": "conv3x3", "extractor.weights": "null",
      ])
    #expect(extractor["extractor.architecture"]?.origin == .standard)
  }

  @Test func keysWithoutAKindAreTheDefaultExtractors() throws {
    let leaves = try Self.leaves("preset: paper\nextractor: {weights: {file: own.safetensors}}")
    #expect(leaves["extractor.kind"]?.origin == .standard)
    #expect(leaves["extractor.weights.file"].map(Self.text) == "own.safetensors")
    let error = #expect(throws: PatchCoreError.self) { try Self.leaves("extractor: {architecture: resnet18}") }
    #expect(error?.message.contains("extractor.architecture") == true)
  }

  @Test func officialHoldsWherePresetIsAbsent() throws {
    #expect(try Self.leaves("seed: 0").mapValues(Self.text) == Self.leaves("preset: official").mapValues(Self.text))
  }
}
