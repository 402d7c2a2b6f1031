import Foundation
import PatchCore
import Testing

/// How a file's members become whole pipelines.
@Suite struct EnsembleDescriptionTests {
  private static func resolve(_ yaml: String, _ overrides: [ResolvedDescription.Override] = []) throws
    -> ResolvedDescription
  {
    try ResolvedDescription(yaml: yaml, name: "e.yaml", overrides: overrides, catalogue: .toy)
  }

  @Test func membersAreLaidOverTheFile() throws {
    let resolved = try Self.resolve(
      """
      subsampler: {step: 5}
      seed: 4
      members:
        - {}
        - subsampler: {order: {kind: shifted}}
          neighbour_index: {kind: wrapped}
          seed: 9
      """)
    let pipelines = try #require(resolved.method as? EnsembleDescription).pipelines
    #expect(pipelines.map(\.seed) == [4, 9])
    #expect(pipelines.map(\.neighbourIndex.kind) == ["plain", "wrapped"])
    let subsamplers = pipelines.compactMap { $0.subsampler.configuration as? EverySubsamplerConfiguration }
    #expect(subsamplers.map(\.step) == [5, 5])
    let leaves = resolved.tree.leaves().map { "\($0.path.joined(separator: ".")): \($0.node.yaml) # \($0.node.origin)" }
    for line in [
      "members.0.subsampler.step: 5 # e.yaml:1", "members.1.subsampler.step: 5 # e.yaml:1",
      "members.1.subsampler.order.kind: shifted # e.yaml:5", "members.1.subsampler.order.offset: 3 # default",
      "members.1.neighbour_index.index.kind: plain # default", "members.0.extractor.cell: 4 # default",
      "members.0.seed: 4 # e.yaml:2", "members.1.seed: 9 # e.yaml:7", "map.sigma: 0 # preset toy",
      "combination.normalisation: held_out # default", "combination.fraction: 0.2 # default",
    ] { #expect(leaves.contains(line), "\(line)") }
    #expect(resolved.tree["subsampler"] == nil)
    let text = try resolved.method.yaml()
    #expect(try Self.resolve(text).method.yaml() == text)
  }

  @Test(arguments: [
    ("members: []", "members: there are none; an ensemble has at least 2"),
    ("members: [{seed: 1}]", "members: there is 1;"),
    ("members: 3", "e.yaml:1: members: expected a list"),
    ("members: [{}, 4]", "e.yaml:1: members.1: expected a mapping of what differs"),
    ("members:\n - {}\n - preprocess: {crop: 8}", "e.yaml:3: members.1.preprocess: all members have the same"),
    ("members:\n - {preset: toy}\n - {}", "members.0.preset: all members have the same preset"),
    ("members:\n - {members: []}\n - {}", "members.0.members: all members have the same members"),
    ("members:\n - {}\n - sead: 3", "e.yaml:3: members.1.sead: there is no such key here; did you mean seed?"),
    ("members:\n - {}\n - extractor: {cel: 3}", "e.yaml:3: members.1.extractor.cel: there is no such key"),
    ("members:\n - {}\n - neighbour_index: {kind: plane}", "e.yaml:3: members.1.neighbour_index.kind: "),
    ("members:\n - {}\n - neighbour_index: {kind: far_away}", "build with the trait FarAway"),
    ("members: [{}, {}]\ncombination: {normalisation: min_max}", "combination.normalisation: expected one of held_out"),
    ("members: [{}, {}]\ncombination: {normalisation: none, fraction: 0.1}", "combination.fraction: there is no such"),
    ("members: [{}, {}]\ncombination: {folds: 3}", "combination.folds: there is no such key"),
  ])
  func refused(_ yaml: String, _ message: String) throws {
    let error = #expect(throws: PatchCoreError.self) { try Self.resolve(yaml) }
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
  }

  @Test(arguments: ["fraction: 0", "fraction: 1"])
  func fractionsOutOfRange(_ setting: String) throws {
    let description = try EnsembleTests.description("members: [{}, {}]\ncombination: {\(setting)}")
    #expect(throws: PatchCoreError.self) { try description.fit(EnsembleTests.images(0..<4)) }
    #expect(throws: PatchCoreError.self) { try description.memoryPlan(images: 4, width: 16, height: 16) }
  }

  @Test func memoryIsThatOfAllBanksAndTheLargestFit() throws {
    // Other tests set the number of threads, which decides how many images are in work.
    try ThreadCount.withOne {
      let description = try EnsembleTests.description(EnsembleTests.members)
      let plan = try description.memoryPlan(images: 10, width: 16, height: 16)
      // Two of ten are held out. 16 patches of 3 dimensions with every third kept; 4 patches, every second.
      let plans = try description.pipelines.map { try Pipeline($0).plan(images: 8, width: 16, height: 16) }
      #expect(plans.map(\.bankBytes) == [(8 * 16 + 2) / 3 * 3 * 4, 8 * 4 / 2 * 3 * 4])
      #expect(plans.map(\.candidateBytes) == [8 * 16 * 3 * 4, 8 * 4 * 3 * 4])
      let first = plans[0].bytesInMemory, second = plans[0].bankBytes + plans[1].bytesInMemory
      #expect(plan.bytes == max(first, second))
      // Embeddings in files count for nothing, so most is held while both members score the two images.
      let scoring = plans[0].bankBytes + plans[1].bankBytes + plans[0].working.program + plans[0].working.images
      #expect(scoring > max(plans[0].bytesBesideCandidates, plans[0].bankBytes + plans[1].bytesBesideCandidates))
      #expect(plan.leastBytes == scoring)
      #expect(plan.summary.hasPrefix("2 of 10 images are held out of the fit; member 0: 8 images"))
      #expect(plan.layers.count == 2)
    }
  }

  @Test func withoutScalesNoImageIsScored() throws {
    try ThreadCount.withOne {
      let description = try EnsembleTests.description(
        EnsembleTests.members + "\ncombination: {normalisation: none}")
      let plan = try description.memoryPlan(images: 10, width: 16, height: 16)
      let plans = try description.pipelines.map { try Pipeline($0).plan(images: 10, width: 16, height: 16) }
      #expect(
        plan.leastBytes == max(plans[0].bytesBesideCandidates, plans[0].bankBytes + plans[1].bytesBesideCandidates))
    }
  }

  @Test func memoryHoldsTheScoresOfThresholds() throws {
    try ThreadCount.withOne {
      let yaml = EnsembleTests.members + "\nthresholds: {from: cross_validation, folds: 5}"
      let without = try EnsembleTests.description(EnsembleTests.members).memoryPlan(images: 10, width: 16, height: 16)
      let with = try EnsembleTests.description(yaml).memoryPlan(images: 10, width: 16, height: 16)
      // Fits with 10 images are those of 5 folds among 12.5, so 13 images are scored; 4 bytes a pixel, and again in order.
      let scores = 13 * 256 * 8
      #expect(with.bytes == without.bytes + scores && with.leastBytes == without.leastBytes + scores)
      #expect(with.summary.hasSuffix("one after another, beside thresholds 0.0 MB"))
    }
  }

  @Test func memberNumbersStandInErrors() throws {
    let description = try EnsembleTests.description("members: [{}, {subsampler: {step: 0}}]")
    let error = #expect(throws: PatchCoreError.self) { try description.fit(EnsembleTests.images(0..<10)) }
    #expect(error?.message.contains("members.1: ") == true)
  }
}
