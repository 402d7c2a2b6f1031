import PatchCore
import PatchCoreStandard
import PatchCoreTestKit
import Testing

/// Every kind of the standard catalogue keeps the contract of its role.
@Suite struct StandardCatalogueTests {
  /// Settings of a kind to check, and what is known of it.
  struct Recipe {
    /// The keys beside `kind`, as they stand between the braces of a description.
    var settings = ""
    /// The least share of true neighbours that an approximate index must find.
    var recallFloor = 0.0
    /// Whether a subsampler must choose the same rows of candidates twice as large.
    var isScaleInvariant = true
  }

  /// One recipe of one kind, or `nil` for a kind that has none.
  struct Case: CustomTestStringConvertible {
    var role: String
    var kind: String
    var recipe: Recipe?

    var testDescription: String { "\(role) \(kind) {\(recipe?.settings ?? "")}" }
  }

  static let recipes: [String: [String: [Recipe]]] = [
    ExtractorRole.name: [
      "compact": [Recipe(), Recipe(settings: "layers: [layer3, layer1], weights: random")],
      "resnet": [
        Recipe(settings: "architecture: resnet18, weights: random"),
        Recipe(settings: "architecture: resnet18, layers: [layer3, layer1], weights: random"),
        Recipe(settings: "architecture: resnet50, bottleneck_stride: first_conv1x1, layers: [layer2], weights: random"),
      ],
      "densenet": [
        Recipe(settings: "architecture: densenet121, weights: random"),
        Recipe(
          settings: "architecture: densenet121, layers: [features.denseblock2, features.denseblock1], weights: random"),
      ],
    ],
    AggregatorRole.name: [
      "official": [
        Recipe(),
        Recipe(settings: "patch_size: 5, stride: 2, layer_dimension: 37, dimension: 23"),
        Recipe(settings: "patch_size: 2, dimension: 3000"),
      ],
      "concatenate": [Recipe(), Recipe(settings: "patch_size: 1")],
    ],
    SubsamplerRole.name: [
      "none": [Recipe()],
      "random": [Recipe(), Recipe(settings: "fraction: 1")],
      "coreset": [
        Recipe(),
        Recipe(settings: "fraction: 0.3, projection: {kind: none}, start: {kind: random}"),
        Recipe(settings: "projection: {kind: sparse, epsilon: 0.9}, start: {kind: mean_of_random, points: 300}"),
        Recipe(settings: "fraction: 1, projection: {kind: uniform, dimension: 4}"),
      ],
      // The temperature of equation 8 is a distance: scaled candidates make other proxies.
      "learned_proxies": [
        Recipe(isScaleInvariant: false),
        Recipe(
          settings: "fraction: 0.3, exponent: printed, temperature: 1, learning_rate: 0.1, epochs: 3, batch_size: 50, "
            + "samples_per_epoch: 120, tolerance: 0.1", isScaleInvariant: false),
        Recipe(settings: "fraction: 1, epochs: 2", isScaleInvariant: false),
      ],
    ],
    NeighbourIndexRole.name: [
      "exact": [Recipe()],
      // The check's bank has 2000 rows of 32 dimensions. faiss-cpu finds 0.93 and 0.90 in data of its distribution.
      "faiss_ivfpq": [
        Recipe(settings: "sub_quantisers: 16, probes: 8", recallFloor: 0.8),
        Recipe(settings: "lists: 16, sub_quantisers: 32, bits: 6, probes: 16", recallFloor: 0.8),
      ],
      // With the queries' own lists and all lists.
      "faiss_ivfflat": [
        Recipe(settings: "probes: 8", recallFloor: 0.95), Recipe(settings: "lists: 16, probes: 16", recallFloor: 1),
      ],
      "faiss_hnsw": [Recipe(recallFloor: 0.95), Recipe(settings: "links: 4, build_depth: 8", recallFloor: 0.5)],
      "faiss_flat": [Recipe()],
      "reranked": rerankedRecipes,
    ],
    ScorerRole.name: [
      "maximum": [Recipe(), Recipe(settings: "neighbours: 3, distance: euclidean")],
      "reweighted": [
        Recipe(), Recipe(settings: "neighbours: 2, bank_neighbours: 200, distance: squared_euclidean"),
      ],
    ],
  ]

  static var rerankedRecipes: [Recipe] {
    var recipes = [Recipe(), Recipe(settings: "index: {kind: exact}, candidates: 3")]
    #if FAISS
    let codes = "index: {kind: faiss_ivfpq, sub_quantisers: 8, probes: 8}"
    recipes.append(Recipe(settings: "\(codes), candidates: 100", recallFloor: 0.95))
    recipes.append(Recipe(settings: "index: {kind: reranked, \(codes)}, candidates: 10", recallFloor: 0.8))
    #endif
    return recipes
  }

  static let cases: [Case] = StageCatalogue.roles.flatMap { role in
    StageCatalogue.standard.kinds(ofRole: role).flatMap { kind in
      (recipes[role]?[kind] ?? []).map { Case(role: role, kind: kind, recipe: $0) }
        + (recipes[role]?[kind] == nil ? [Case(role: role, kind: kind, recipe: nil)] : [])
    }
  }

  static var engines: [ComputeSettings.Engine] {
    #if OneDNN
    [.onednn, .openblas]
    #else
    [.openblas]
    #endif
  }

  @Test(arguments: cases, engines)
  func keepsItsContract(_ item: Case, _ engine: ComputeSettings.Engine) throws {
    let recipe = try #require(item.recipe, "\(item.role) \(item.kind) has no recipe; add one to this file")
    let separator = recipe.settings.isEmpty ? "" : ", "
    let description = try PipelineDescription(
      yaml: "\(item.role): {kind: \(item.kind)\(separator)\(recipe.settings)}", catalogue: .standard)
    let context = StageContext(seed: 3, compute: ComputeSettings(engine: engine))
    let failures =
      switch item.role {
      case ExtractorRole.name:
        FeatureExtractorConformance.check(description.extractor.configuration, context: context)
      case AggregatorRole.name:
        AggregatorConformance.check(description.aggregator.configuration, context: context)
      case SubsamplerRole.name:
        SubsamplerConformance.check(
          description.subsampler.configuration, isScaleInvariant: recipe.isScaleInvariant, context: context)
      case NeighbourIndexRole.name:
        NeighbourIndexConformance.check(
          description.neighbourIndex.configuration, recallFloor: recipe.recallFloor, context: context,
          userInfo: [.stageCatalogue: StageCatalogue.standard])
      case ScorerRole.name:
        ScorerConformance.check(description.scorer.configuration, context: context)
      default:
        preconditionFailure("a role without a conformance check: \(item.role)")
      }
    #expect(failures == [])
  }

  @Test(arguments: StageCatalogue.roles)
  func everyRecipeIsOfAKnownKind(_ role: String) {
    let catalogue = StageCatalogue.standard
    let known = catalogue.kinds(ofRole: role) + catalogue.unavailableKinds(ofRole: role).map(\.kind)
    #expect(Set(known) == Set(Self.recipes[role, default: [:]].keys))
  }
}
