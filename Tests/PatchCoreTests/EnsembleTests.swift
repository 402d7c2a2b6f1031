import Foundation
import PatchCore
import TensorFiles
import Testing

/// Ensembles of toy pipelines: how members combine, and what is refused.
@Suite struct EnsembleTests {
  /// A mean of two Floats, each standardised in double precision, differs from the test's by rounding alone.
  static let tolerance = 1e-5

  static let members = """
    members:
      - subsampler: {step: 3}
      - extractor: {cell: 8}
        seed: 7
    """

  /// Drawn noise with an optional bright square.
  static func image(_ seed: Int, bright: Bool = false) throws -> Image {
    var random = SeededGenerator(seed: UInt64(seed))
    var bytes = (0..<16 * 16).map { _ in UInt8(random.next(below: 60)) }
    if bright { for place in 0..<64 { bytes[place / 8 * 16 + place % 8] = 250 } }
    return try Image(width: 16, height: 16, format: .grey8, bytes: bytes)
  }

  static func images(_ numbers: some Sequence<Int>) throws -> ImageSource {
    let numbers = Array(numbers)
    return ImageSource(names: numbers.map { "image \($0)" }) {
      let image = try image(numbers[$0])
      return ImageSource.Entry(image: image, digest: String(numbers[$0]))
    }
  }

  static func description(_ yaml: String) throws -> EnsembleDescription {
    try #require(try ResolvedDescription(yaml: yaml, catalogue: .toy).method as? EnsembleDescription)
  }

  static func fitted(_ yaml: String, count: Int = 10) throws -> EnsembleDetector {
    try #require(try description(yaml).fit(images(0..<count)) as? EnsembleDetector)
  }

  private static func spread(_ values: [Double]) -> (origin: Double, unit: Double) {
    let mean = values.reduce(0, +) / Double(values.count)
    return (mean, (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)).squareRoot())
  }

  /// Scores and maps that members alone give, standardised by the given predictions and averaged here.
  private static func check(
    _ detector: EnsembleDetector, members: [FittedDetector], unseen: [[Prediction]],
    scale: ([Double]) -> (origin: Double, unit: Double) = spread
  ) throws {
    for (seed, bright) in [(90, false), (91, true)] {
      let image = try image(seed, bright: bright)
      var score = 0.0, map = [Double](repeating: 0, count: 256)
      for (member, seen) in zip(members, unseen) {
        let prediction = try member.predict(image)
        let ofScores = scale(seen.map { Double($0.score) })
        let ofMaps = scale(seen.flatMap { $0.map.values.map(Double.init) })
        score += (Double(prediction.score) - ofScores.origin) / ofScores.unit / Double(members.count)
        for pixel in map.indices {
          map[pixel] += (Double(prediction.map.values[pixel]) - ofMaps.origin) / ofMaps.unit / Double(members.count)
        }
      }
      let combined = try detector.predict(image)
      #expect(abs(Double(combined.score) - score) <= tolerance * max(1, abs(score)))
      for (value, expected) in zip(combined.map.values, map) {
        #expect(abs(Double(value) - expected) <= tolerance * max(1, abs(expected)))
      }
      #expect(combined.patchScores == nil && combined.nearestPatch == nil)
    }
  }

  @Test func heldOut() throws {
    let detector = try Self.fitted(Self.members + "\ncombination: {normalisation: held_out, fraction: 0.3}")
    #expect(detector.trainingImages.map(\.name) == (0..<10).map { "image \($0)" })
    #expect(detector.trainingImages.map(\.digest) == (0..<10).map(String.init))
    let seen = Set(detector.members[0].trainingImages.map(\.digest))
    #expect(seen.count == 7 && detector.members[1].trainingImages == detector.members[0].trainingImages)
    let held = try (0..<10).filter { !seen.contains(String($0)) }.map { try Self.image($0) }
    #expect(detector.members.map(\.bank.count) == [(7 * 16 + 2) / 3, 7 * 4 / 2])
    try Self.check(
      detector, members: detector.members,
      unseen: detector.members.map { member in try held.map { try member.predict($0) } })
  }

  @Test func crossValidation() throws {
    let yaml = Self.members + "\ncombination: {normalisation: cross_validation, folds: 3}"
    let detector = try Self.fitted(yaml)
    let description = try Self.description(yaml)
    let rounds = try HoldOut(.crossValidation, folds: 3).rounds(count: 10, seed: 0)
    #expect(rounds.count == 3 && rounds.flatMap(\.held).sorted() == Array(0..<10))
    let unseen = try description.pipelines.map { pipeline in
      try rounds.flatMap { round in
        let member = try Pipeline(pipeline).fit(Self.images(round.fitted))
        return try round.held.map { try member.predict(Self.image($0)) }
      }
    }
    #expect(detector.members.allSatisfy { $0.trainingImages.count == 10 })
    try Self.check(detector, members: detector.members, unseen: unseen)
  }

  @Test func notAtAll() throws {
    let detector = try Self.fitted(Self.members + "\ncombination: {normalisation: none}")
    try Self.check(
      detector, members: detector.members, unseen: [[], []], scale: { _ in (origin: 0, unit: 1) })
  }

  @Test func testSetMinMax() throws {
    let detector = try Self.fitted(Self.members + "\ncombination: {normalisation: test_set_min_max}")
    let error = #expect(throws: PatchCoreError.self) { try detector.predict(Self.image(90)) }
    #expect(error?.message.contains("fit with combination.normalisation held_out") == true)
    let test = try [Self.image(90), Self.image(91, bright: true), Self.image(92)]
    let normalised = try detector.normalised(overTestSet: ImageSource(test))
    try Self.check(
      normalised, members: detector.members,
      unseen: detector.members.map { member in try test.map { try member.predict($0) } }
    ) { values in
      let least = values.min() ?? 0
      return (origin: least, unit: (values.max() ?? 0) - least)
    }
    // The bright one is the most anomalous for both members, and so has the score 1.
    #expect(try normalised.predict(test[1]).score == 1)
  }

  @Test func thresholdsNeedScoresBeforeTheTestSet() throws {
    let error = #expect(throws: PatchCoreError.self) {
      try Self.fitted(
        Self.members + "\ncombination: {normalisation: test_set_min_max}\nthresholds: {from: cross_validation}")
    }
    #expect(error?.message.contains("thresholds.from is cross_validation") == true)
  }

  @Test(arguments: ["held_out, fraction: 0.2", "cross_validation, folds: 2", "test_set_min_max", "none"])
  func anArtifactIsTheEnsemble(_ combination: String) throws {
    let yaml = Self.members + "\ncombination: {normalisation: \(combination)}"
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("patchcore-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: folder) } }
    let paths = ["one", "two", "three"].map { folder.appendingPathComponent($0).path }
    let detector = try Self.fitted(yaml)
    try detector.write(to: paths[0])
    try Self.fitted(yaml).write(to: paths[1])
    let restored = try #require(try StageCatalogue.toy.detector(contentsOf: paths[0]) as? EnsembleDetector)
    try restored.write(to: paths[2])
    let bytes = try paths.map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
    #expect(bytes[1] == bytes[0] && bytes[2] == bytes[0])
    let test = try ImageSource([Self.image(90), Self.image(91, bright: true)])
    let (before, after) = try (detector.normalised(overTestSet: test), restored.normalised(overTestSet: test))
    for number in 0..<2 {
      #expect(try before.predict(test.load(number).image) == after.predict(test.load(number).image))
    }
    #expect(restored.summary == detector.summary && restored.summary.hasPrefix("ensemble of 2 members"))
    let error = #expect(throws: PatchCoreError.self) {
      try detector.write(to: paths[0], includingWeights: false)
    }
    #expect(error?.message.contains("include the weights") == true)
  }

  @Test func imagesThatDoNotDifferHaveNoScale() throws {
    let error = #expect(throws: PatchCoreError.self) { try Self.fitted(Self.members, count: 4) }
    #expect(error?.message.contains("holds out 1 of 4 images, and one score has no deviation") == true)
    let same = ImageSource(try (0..<10).map { _ in try Self.image(1) })
    let equal = #expect(throws: PatchCoreError.self) { try Self.description(Self.members).fit(same) }
    #expect(equal?.message.contains("members.0: its 2 image scores do not differ") == true)
    let single = #expect(throws: PatchCoreError.self) { try Self.fitted(Self.members, count: 1) }
    #expect(single?.message.contains("leave none to hold out") == true)
  }

  @Test func hostileFiles() throws {
    let detector = try Self.fitted(Self.members)
    let archive = try detector.archive(includingWeights: true)
    let logger = StageContext().logger
    _ = try detector.description.restore(from: archive, logger: logger)
    func refused(_ change: (inout DetectorArchive) -> Void) {
      var changed = archive
      change(&changed)
      let error = #expect(throws: PatchCoreError.self) {
        try detector.description.restore(from: changed, logger: logger)
      }
      #expect(error?.code == .invalidArtifact)
    }
    #expect(archive.tensors.keys.contains("members.1.bank.vectors") && archive.first == "members.0.bank.vectors")
    for name in archive.tensors.keys { refused { $0.tensors[name] = nil } }
    for name in ["members.0.scale", "members.1.weights", "members.1.bank"] { refused { $0.notes[name] = nil } }
    for text in ["nan", "0", "-1", "inf", "x"] { refused { $0.notes["members.1.scale"]?["map_unit"] = text } }
    for text in ["nan", "inf", ""] { refused { $0.notes["members.0.scale"]?["score_origin"] = text } }
    for held: [Int32] in [[], [1, 0], [3, 3], [-1], [10], Array(0..<10)] {
      refused { $0.tensors["ensemble.held"] = Tensor(held, shape: [held.count]) }
    }
    // Members then name more images than are left.
    refused { $0.trainingImages.removeLast(4) }
    refused { $0.weightsIncluded = false }
  }
}
