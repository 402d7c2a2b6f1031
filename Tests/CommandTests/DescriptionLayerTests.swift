import Logging
import PatchCore
import PatchCoreStandard
import Testing

/// How changes are laid over a base.
@Suite struct DescriptionLayerTests {
  /// A method beside PatchCore's with a few of its keys; it is only described here.
  private struct Toy: MethodDescription {
    static let name = "toy"
    static let key: String? = "toy"
    var toy: [Int]
    var preset: String
    var preprocess: Preprocessing
    var map: MapRendering
    var compute: ComputeSettings
    var seed: UInt64
    var split: Split
    var thresholds: ThresholdSettings
    var evaluation: EvaluationSettings

    static func defaults(_ catalogue: StageCatalogue) throws -> ConfigurationNode {
      try ConfigurationNode(
        encoding: Toy(
          toy: [1], preset: "official", preprocess: Preprocessing(), map: MapRendering(), compute: ComputeSettings(),
          seed: 0, split: Split(), thresholds: ThresholdSettings(), evaluation: EvaluationSettings()))
    }

    private static let unused = PatchCoreError(.notInThisBuild, "only described")
    func memoryPlan(images: Int, width: Int, height: Int) throws -> MemoryPlan { throw Self.unused }
    func fitAll(
      _ images: ImageSource, memory: MemoryBudget?, progress: ProgressReporter, clock: StageClock, logger: Logger
    ) throws -> any AnomalyDetector { throw Self.unused }
    func restore(from archive: DetectorArchive, logger: Logger) throws -> any AnomalyDetector { throw Self.unused }
  }

  private static let base = """
    preset: paper
    extractor: {kind: resnet, architecture: resnet50}
    subsampler: {fraction: 0.5}
    seed: 3
    """

  private static func resolve(_ changes: String, over base: String = base) throws -> ResolvedDescription {
    var catalogue = StageCatalogue.standard
    catalogue.register(method: Toy.self)
    let layers = [
      try ConfigurationNode(yaml: base, name: "base.yaml"), try ConfigurationNode(yaml: changes, name: "changes.yaml"),
    ]
    return try ResolvedDescription(layers: layers, catalogue: catalogue)
  }

  @Test func changesWinOverTheBaseAndTheBaseOverItsPreset() throws {
    let resolved = try Self.resolve("extractor: {layers: [layer1]}")
    let tree = resolved.tree
    #expect(tree["extractor"]?["architecture"]?.text == "resnet50")
    #expect(tree["extractor"]?["layers"]?.yaml == "[layer1]")
    #expect(tree["subsampler"]?["fraction"]?.text == "0.5")
    #expect(tree["scorer"]?["kind"]?.text == "reweighted")
    #expect(try resolved.description.seed == 3)
    #expect(tree["extractor"]?["layers"]?.origin == .file(name: "changes.yaml", line: 1))
  }

  @Test func anotherKindHasItsOwnDefaults() throws {
    #expect(try Self.resolve("subsampler: {kind: none}").tree["subsampler"]?["fraction"] == nil)
    #expect(try Self.resolve("subsampler: {kind: random}").tree["subsampler"]?["fraction"]?.text != "0.5")
  }

  @Test func anotherPresetTakesThePlaceOfTheBases() throws {
    let tree = try Self.resolve("preset: official").tree
    #expect(tree["scorer"]?["kind"]?.text == "maximum")
    #expect(tree["subsampler"]?["fraction"]?.text == "0.5")
  }

  @Test func anotherMethodDropsTheBasesKeysThatItLacks() throws {
    let resolved = try Self.resolve("toy: [2]")
    let toy = try #require(resolved.method as? Toy)
    #expect(toy.toy == [2] && toy.seed == 3 && toy.preset == "paper")
    #expect(resolved.tree["extractor"] == nil)
  }

  @Test func keysThatTheChangesNameAreNeverDropped() {
    #expect { _ = try Self.resolve("toy: [2]\nsubsampler: {fraction: 0.1}") } throws: { error in
      "\(error)".contains("changes.yaml:2: subsampler")
    }
  }

  @Test func aBaseOfAnotherMethodKeepsItsMethod() throws {
    #expect(try Self.resolve("seed: 5", over: "toy: [4]").method.seed == 5)
    #expect { _ = try Self.resolve("subsampler: {fraction: 0.1}", over: "toy: [4]") } throws: { error in
      "\(error)".contains("changes.yaml:1: subsampler")
    }
  }
}
