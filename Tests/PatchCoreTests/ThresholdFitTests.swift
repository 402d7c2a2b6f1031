import Foundation
import PatchCore
import Synchronization
import TensorFiles
import Testing

/// Thresholds from images that the bank did not see, with stages that can be followed by hand.
@Suite struct ThresholdFitTests {
  private let folder = NSTemporaryDirectory() + "patchcore-thresholds-\(UUID().uuidString)"

  init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

  /// Grey noise, brighter in a square of 4 pixels if asked for.
  private func image(_ seed: Int, defect: Bool = false) throws -> Image {
    var random = SeededGenerator(seed: UInt64(seed))
    var bytes = (0..<256).map { _ in UInt8(100 + 30 * random.nextUnit()) }
    if defect { for place in 0..<16 { bytes[(4 + place / 4) * 16 + 8 + place % 4] = 250 } }
    return try Image(width: 16, height: 16, format: .grey8, bytes: bytes)
  }

  /// Each cell of the grid is one square of the map.
  private let nearest = "map: {upsampling: nearest}\n"

  private func images(_ count: Int = 10) throws -> ImageSource { ImageSource(try (0..<count).map { try image($0) }) }

  private func pipeline(_ yaml: String) throws -> Pipeline {
    Pipeline(try PipelineDescription(yaml: yaml, catalogue: .toy))
  }

  /// Highest image and pixel score of some images.
  private func maxima(_ detector: FittedDetector, _ images: ImageSource) throws -> (image: Float, pixel: Float) {
    var highest: (image: Float, pixel: Float) = (-.infinity, -.infinity)
    try detector.predict(images) { _, _, prediction in
      highest.image = max(highest.image, prediction.score)
      highest.pixel = max(highest.pixel, prediction.map.values.max() ?? -.infinity)
    }
    return highest
  }

  @Test func withoutASourceThereIsNoDecision() throws {
    let prediction = try pipeline("").fit(images()).predict(image(50, defect: true))
    #expect(prediction.decision == nil && prediction.regions.isEmpty)
    #expect(prediction.score > 0)
  }

  @Test func heldOutImagesMakeTheThresholds() throws {
    let source = try images()
    let detector = try pipeline("\(nearest)thresholds: {from: held_out, fraction: 0.3}").fit(source)
    let round = try HoldOut(.heldOut, fraction: 0.3).rounds(count: 10, seed: 0)[0]
    #expect(round.held.count == 3)
    #expect(detector.trainingImages.map(\.name) == round.fitted.map { "image \($0)" })
    let thresholds = try #require(detector.thresholds)

    // The same by hand: a fit on the rest, a look at what was held out.
    let alone = try pipeline(nearest).fit(source.selecting(round.fitted))
    let highest = try maxima(alone, source.selecting(round.held))
    #expect(thresholds.image == highest.image && thresholds.pixel == highest.pixel)
    let measurement = try #require(thresholds.measurement)
    #expect(measurement.source == .heldOut && measurement.folds == nil)
    #expect(measurement.images.map(\.name) == round.held.map { "image \($0)" })
    #expect(measurement.imageScores.count == 3 && measurement.pixelScores.count == 3 * 256)
    #expect(Set(detector.imagesSeen.map(\.name)) == Set(source.names))

    for number in round.held {
      let prediction = try detector.predict(source.load(number).image)
      #expect(prediction.decision == .nominal && prediction.regions.isEmpty)
    }
    let bad = try detector.predict(image(50, defect: true))
    #expect(bad.decision == .anomalous)
    // One cell of the grid is the defect.
    let region = try #require(bad.regions.first)
    #expect(bad.regions.count == 1)
    #expect(region.box == AnomalyRegion.Box(x: 8, y: 4, width: 4, height: 4) && region.area == 16)
    #expect(region.contour == [[8, 4], [12, 4], [12, 8], [8, 8]])
    // Scores and maps are those of the same bank without thresholds.
    let raw = try alone.predict(image(50, defect: true))
    #expect(raw.score == bad.score && raw.map == bad.map && raw.patchScores == bad.patchScores)
  }

  @Test func crossValidationPoolsTheFolds() throws {
    let source = try images(11)
    let detector = try pipeline(
      "seed: 3\nthresholds: {from: cross_validation, folds: 4, pixel_rule: {kind: mean_sigma}}"
    )
    .fit(source)
    #expect(detector.trainingImages.count == 11)
    let thresholds = try #require(detector.thresholds)
    let rounds = try HoldOut(.crossValidation, folds: 4).rounds(count: 11, seed: 3)
    #expect(rounds.count == 4)
    var highest: Float = 0
    var pixels: [Double] = []
    for round in rounds {
      let part = try pipeline("seed: 3").fit(source.selecting(round.fitted))
      try part.predict(source.selecting(round.held)) { _, _, prediction in
        highest = max(highest, prediction.score)
        pixels += prediction.map.values.map(Double.init)
      }
    }
    #expect(thresholds.image == highest)
    let mean = pixels.reduce(0, +) / Double(pixels.count)
    let deviation = (pixels.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(pixels.count - 1)).squareRoot()
    // The sums are taken in other orders.
    #expect(abs(Double(thresholds.pixel) - (mean + 3 * deviation)) < 1e-6 * mean)
    let measurement = try #require(thresholds.measurement)
    #expect(measurement.source == .crossValidation && measurement.folds == 4 && measurement.images.isEmpty)
    #expect(measurement.imageScores.count == 11)
    // The detector itself is the one of all images.
    let plain = try pipeline("seed: 3").fit(source)
    #expect(plain.bank.vectors.firstRowNotFinite() == nil && plain.bank.count == detector.bank.count)
    #expect(try plain.predict(image(60)).score == detector.predict(image(60)).score)
  }

  /// Code, file and asynchronous form take one way.
  @Test func everyFormOfFitMakesTheSameThresholds() async throws {
    let pipeline = try pipeline("\(nearest)thresholds: {from: held_out, minimum_area: 17}")
    let source = try images()
    // Here the asynchronous forms would be chosen.
    func fit() throws -> FittedDetector { try pipeline.fit(source) }
    func predict(_ image: Image) throws -> Prediction { try fit().predict(image) }
    let detector = try fit()
    let later = try await pipeline.fit(source)
    let method: any MethodDescription = pipeline.description
    #expect(detector.thresholds?.minimumArea == 17)
    #expect(later.thresholds == detector.thresholds)
    #expect(try method.fit(source).thresholds == detector.thresholds)
    // One cell has 16 pixels.
    let bad = try predict(image(50, defect: true))
    #expect(bad.decision == .anomalous && bad.regions.isEmpty)
  }

  @Test func roundsAreNamedAndStopWhenAsked() throws {
    struct Stop: Error {}
    let activities = Mutex<[String]>([])
    let source = try images()
    #expect(throws: Stop.self) {
      try pipeline("thresholds: {from: cross_validation}").fit(
        source,
        progress: ProgressReporter { event in
          activities.withLock { if $0.last != event.activity { $0.append(event.activity) } }
          if event.activity == "fold 2 of 5: inspecting" { throw Stop() }
        })
    }
    #expect(
      activities.withLock { $0 } == [
        "fold 1 of 5: embedding", "fold 1 of 5: inspecting", "fold 2 of 5: embedding", "fold 2 of 5: inspecting",
      ])
  }

  @Test func tooFewImagesAreRefusedBeforeTheWork() throws {
    for (yaml, count, part) in [
      ("{from: held_out}", 1, "1 training images leave none to hold out"),
      ("{from: held_out, rule: {kind: mean_sigma}}", 5, "at least 2 unseen images, there are 1"),
    ] {
      let error = #expect(throws: PatchCoreError.self) {
        try pipeline("thresholds: \(yaml)").fit(
          images(count), progress: ProgressReporter { _ in Issue.record("work was begun") })
      }
      #expect(error?.code == .invalidDataset && error?.message.contains(part) == true, "\(error?.message ?? "")")
    }
  }

  @Test func copiesOfFittedImagesMakeNoThreshold() throws {
    // Each image twice, so that at least one copy of some held-out image is fitted with.
    let doubled = ImageSource(try (0..<10).map { try image($0 / 2) })
    let detector = try pipeline("thresholds: {from: held_out, fraction: 0.5}").fit(doubled)
    let fitted = Set(detector.trainingImages.map(\.digest))
    let measured = try #require(detector.thresholds?.measurement?.images)
    #expect(measured.allSatisfy { !fitted.contains($0.digest) })
    #expect(measured.count < 5)
    let same = ImageSource(try (0..<4).map { _ in try image(1) })
    let error = #expect(throws: PatchCoreError.self) { try pipeline("thresholds: {from: cross_validation}").fit(same) }
    #expect(error?.message.contains("at least 1 unseen images, there are 0") == true)
  }

  @Test func otherImagesMakeThresholdsLater() throws {
    var detector = try pipeline("thresholds: {minimum_area: 3}").fit(images())
    let others = ImageSource(try (20..<26).map { try image($0) })
    var settings = detector.method.thresholds
    settings.rule = .falsePositiveRate(.init(rate: 0.5))
    let thresholds = try detector.measuredThresholds(on: others, settings: settings)
    #expect(thresholds.measurement?.source == .images && thresholds.minimumArea == 3)
    detector.thresholds = thresholds
    var anomalous = 0
    try detector.predict(others) { _, _, prediction in anomalous += prediction.decision == .anomalous ? 1 : 0 }
    #expect(anomalous == 3)
    // Thresholds that are there do not change new ones.
    #expect(try detector.measuredThresholds(on: others, settings: settings) == thresholds)
    let mixed = ImageSource(try [30, 4].map { try image($0) })
    let error = #expect(throws: PatchCoreError.self) { try detector.measuredThresholds(on: mixed) }
    #expect(error?.message.contains("image 1 (fitted as image 4) is among the 10 images") == true)
  }

  @Test func anArtifactKeepsThem() throws {
    for yaml in [
      "{from: held_out}", "{from: cross_validation, rule: {kind: quantile, q: 0.75}, pixel_rule: {kind: mean_sigma}}",
    ] {
      let detector = try pipeline("thresholds: \(yaml)").fit(images())
      let path = folder + "/model.safetensors", again = folder + "/again.safetensors"
      try detector.write(to: path)
      let read = try FittedDetector(contentsOf: path, catalogue: .toy)
      #expect(read.thresholds == detector.thresholds)
      #expect(try read.predict(image(50, defect: true)) == detector.predict(image(50, defect: true)))
      try read.write(to: again)
      #expect(FileManager.default.contentsEqual(atPath: path, andPath: again))
    }
  }

  @Test func replacingTouchesNothingElse() throws {
    var detector = try pipeline("thresholds: {minimum_area: 5}").fit(images())
    let path = folder + "/plain.safetensors", other = folder + "/other.safetensors"
    try detector.write(to: path)
    let plain = try Data(contentsOf: URL(fileURLWithPath: path))
    #expect(try Thresholds.minimumArea(inArtifact: path) == 5)
    let thresholds = Thresholds(image: 12.5, pixel: 0.1, minimumArea: 2)
    try Thresholds.replace(by: thresholds, inArtifact: path, writingTo: other)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == plain)
    #expect(try FittedDetector(contentsOf: other, catalogue: .toy).thresholds == thresholds)
    #expect(try Thresholds.minimumArea(inArtifact: other) == 2)
    // The same bytes as of a detector that was given them.
    detector.thresholds = thresholds
    try detector.write(to: path)
    #expect(FileManager.default.contentsEqual(atPath: path, andPath: other))
    // In place, and back.
    try Thresholds.replace(by: nil, inArtifact: other, writingTo: other)
    #expect(try Data(contentsOf: URL(fileURLWithPath: other)) == plain)
    #expect(throws: PatchCoreError.self) {
      try Thresholds.replace(by: Thresholds(image: .nan, pixel: 0), inArtifact: other, writingTo: other)
    }
    var damaged = plain
    damaged[damaged.count - 3] ^= 1
    try damaged.write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: PatchCoreError.self) {
      try Thresholds.replace(by: thresholds, inArtifact: path, writingTo: path)
    }
    #expect(error?.message.contains("damaged") == true)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == damaged)
  }

  @Test func descriptionsAreStrict() throws {
    for (yaml, part) in [
      ("{from: test}", "expected one of none, held_out, cross_validation"), ("{fraction: 1}", "fraction is 1.0"),
      ("{folds: 1}", "folds is 1"), ("{minimum_area: -1}", "minimum_area is -1.0"), ("{rule: maximum}", "rule"),
      ("{rule: {kind: quantile, q: 2}}", "thresholds.rule: quantile: q is 2.0"),
      ("{pixel_rule: {kind: mean}}", "there is no kind mean here"),
      ("{rule: {kind: same}}", "there is no kind same here"), ("{fold: 3}", "did you mean folds?"),
    ] {
      let error = #expect(throws: PatchCoreError.self, "\(yaml)") { try pipeline("thresholds: \(yaml)") }
      #expect(error?.message.contains(part) == true, "\(yaml): \(error?.message ?? "")")
    }
    let settings = try pipeline("thresholds: {pixel_rule: {kind: quantile}}").description.thresholds
    #expect(settings.rule == .maximum && settings.ruleOfPixels == .quantile(.init(q: 0.99)))
    #expect(settings.from == .none && settings.folds == 5 && settings.fraction == 0.2 && settings.minimumArea == 0)
  }
}
