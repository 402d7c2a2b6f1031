import Foundation
import PatchCore
import Synchronization
import TensorFiles
import Testing

/// Fit, predict, write and read, with stages that can be followed by hand.
@Suite struct PipelineTests {
  private let folder = NSTemporaryDirectory() + "patchcore-pipeline-\(UUID().uuidString)"

  init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

  /// A grey ramp with an optional bright square of 4 pixels.
  private func image(_ seed: Int, brightSquareAt square: (x: Int, y: Int)? = nil, side: Int = 16) throws -> Image {
    var bytes = [UInt8](repeating: 0, count: side * side * 3)
    for y in 0..<side {
      for x in 0..<side {
        let isBright = square.map { (0..<4).contains(x - $0.x) && (0..<4).contains(y - $0.y) } ?? false
        for channel in 0..<3 {
          bytes[(y * side + x) * 3 + channel] = isBright ? 250 : UInt8((x + y + 2 * seed + channel * 5) % 40)
        }
      }
    }
    return try Image(width: side, height: side, format: .rgb8, bytes: bytes)
  }

  private func fitted(_ yaml: String = "") throws -> FittedDetector {
    let description = try PipelineDescription(yaml: yaml, catalogue: .toy)
    return try Pipeline(description).fit(ImageSource((0..<10).map { try image($0) }))
  }

  @Test func findsTheBrightSquare() throws {
    let detector = try fitted()
    let good = try detector.predict(image(3))
    let bad = try detector.predict(image(3, brightSquareAt: (8, 4)))
    #expect(bad.score > 10 * good.score)
    #expect(bad.patchScores?.decidingPatch == 1 * 4 + 2)
    #expect(bad.map.height == 16 && bad.map.width == 16)
    let peak = bad.map.values.indices.max { bad.map.values[$0] < bad.map.values[$1] } ?? 0
    #expect((8..<12).contains(peak % 16) && (4..<8).contains(peak / 16))
    #expect(detector.bank.count == 10 * 16 / 2)
    #expect(detector.trainingImages.map(\.name).contains(try #require(bad.nearestPatch).image))
  }

  @Test func batchesGiveWhatSingleImagesGive() throws {
    let detector = try fitted()
    let images = try (0..<21).map { try image($0, brightSquareAt: $0 % 3 == 0 ? ($0 % 12, 5) : nil) }
    var seen: [Int] = []
    try detector.predict(ImageSource(images)) { number, _, prediction in
      seen.append(number)
      let alone = try detector.predict(images[number])
      #expect(alone == prediction)
    }
    #expect(seen == Array(0..<21))
  }

  @Test func imagesOfOtherSizesGoThrough() throws {
    let detector = try fitted()
    let images = try [16, 24, 24, 16].map { try image(1, side: $0) }
    var sizes: [Int] = []
    try detector.predict(ImageSource(images)) { _, _, prediction in sizes.append(prediction.map.width) }
    #expect(sizes == [16, 24, 24, 16])
  }

  @Test func eightTasksGetTheResultsOfOne() async throws {
    let detector = try fitted()
    let images = try (0..<8).map { try image($0, brightSquareAt: ($0, $0)) }
    let alone = try images.map { try detector.predict($0) }
    let together = try await withThrowingTaskGroup(of: (Int, Prediction).self) { group in
      for (number, image) in images.enumerated() {
        group.addTask { (number, try await detector.predict(image)) }
      }
      var results = [Prediction?](repeating: nil, count: images.count)
      for try await (number, prediction) in group { results[number] = prediction }
      return results
    }
    #expect(together == alone)
  }

  @Test func anArtifactIsTheDetector() throws {
    let detector = try fitted("neighbour_index: {kind: wrapped}\nmap: {sigma: 2}")
    let path = folder + "/model.safetensors"
    try detector.write(to: path)
    let read = try FittedDetector(contentsOf: path, catalogue: .toy)
    #expect(read.trainingImages == detector.trainingImages)
    #expect(read.bank.origin == detector.bank.origin)
    #expect(read.bank.locations == detector.bank.locations)
    #expect(try read.description.yaml() == detector.description.yaml())
    for seed in 0..<4 {
      let image = try image(seed, brightSquareAt: (seed, 2 * seed))
      #expect(try read.predict(image) == detector.predict(image))
    }
    let again = folder + "/again.safetensors"
    try read.write(to: again)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data(contentsOf: URL(fileURLWithPath: again)))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == [
        "again.safetensors", "model.safetensors",
      ])
  }

  @Test func theBankStandsOnSixtyFourBytes() throws {
    let path = folder + "/aligned.safetensors"
    try fitted().write(to: path)
    let file = try SafetensorsFile(contentsOf: path)
    let bank = try #require(file.tensors["bank.vectors"])
    #expect(bank.byteOffset % 64 == 0)
    #expect(bank.elementType == .float32)
  }

  @Test func damagedArtifactsAreRefused() throws {
    let path = folder + "/damaged.safetensors"
    try fitted().write(to: path)
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    func error(_ data: Data) throws -> PatchCoreError? {
      try data.write(to: URL(fileURLWithPath: path))
      do {
        _ = try FittedDetector(contentsOf: path, catalogue: .toy)
        return nil
      } catch let error as PatchCoreError {
        return error
      }
    }
    // Any flipped bit of the data section changes its digest; a flipped bit of the header breaks the header or the
    // manifest, or changes text that the digest and the strict description cover.
    for position in stride(from: 8, to: whole.count, by: 97) {
      var copy = whole
      copy[position] ^= 0x10
      if let error = try error(copy) { #expect(error.code != .notFinite) } else { #expect(position < whole.count / 2) }
    }
    var flipped = whole
    flipped[whole.count - 5] ^= 1
    #expect(try error(flipped)?.message.contains("damaged") == true)
    for length in stride(from: 0, to: whole.count, by: 211) {
      #expect(try error(whole.prefix(length))?.code == .invalidArtifact, "truncated to \(length)")
    }
    let other = try #require(String(data: whole, encoding: .isoLatin1))
    let newer = other.replacingOccurrences(of: #"\"format_version\":3"#, with: #"\"format_version\":9"#)
    #expect(newer != other)
    let message = try error(#require(newer.data(using: .isoLatin1)))?.message ?? "accepted"
    #expect(message.contains("format version 9") && message.contains("reads 2 to 3"), "\(message)")
  }

  @Test func aPluginThatIsMissingIsNamed() throws {
    let path = folder + "/plugin.safetensors"
    try fitted("neighbour_index: {kind: wrapped}").write(to: path)
    var small = StageCatalogue()
    small.register(try StageCatalogue.toy.preset(named: "toy"))
    small.register(CellExtractorConfiguration.self)
    small.register(ChannelsLastConfiguration.self)
    small.register(EverySubsamplerConfiguration.self)
    small.register(FarthestScorerConfiguration.self)
    small.registerUnavailable("wrapped", role: NeighbourIndexRole.name, remedy: "build with the trait Wrapped")
    let error = #expect(throws: PatchCoreError.self) { try FittedDetector(contentsOf: path, catalogue: small) }
    #expect(error?.code == .notInThisBuild)
    #expect(error?.message.contains("wrapped is not in this build; build with the trait Wrapped") == true)
  }

  @Test func fittingStopsWhenAsked() throws {
    struct Stop: Error {}
    let description = try PipelineDescription(yaml: "", catalogue: .toy)
    let source = ImageSource(try (0..<40).map { try image($0) })
    let events = Mutex<[Int]>([])
    #expect(throws: Stop.self) {
      try Pipeline(description).fit(
        source,
        progress: ProgressReporter { event in
          events.withLock { $0.append(event.completed) }
          if event.completed >= 16 { throw Stop() }
        })
    }
    #expect(events.withLock { $0 } == Array(0...16))
  }

  @Test func imagesThatDoNotFitAreNamed() throws {
    let description = try PipelineDescription(yaml: "", catalogue: .toy)
    let mixed = ImageSource([try image(0), try image(1), try image(2, side: 20)])
    let error = #expect(throws: PatchCoreError.self) { try Pipeline(description).fit(mixed) }
    #expect(error?.message.contains("image 2 comes out at 20 x 20 pixels and image 0 at 16 x 16") == true)
    #expect(throws: PatchCoreError.self) { try Pipeline(description).fit(ImageSource([])) }
    let tiny = #expect(throws: PatchCoreError.self) {
      try Pipeline(description).fit(ImageSource([try image(0, side: 2)]))
    }
    #expect(tiny?.code == .shapeMismatch)
  }

  @Test func mapsCanGoBackToTheOriginal() throws {
    let detector = try fitted("map: {size: original}\npreprocess: {crop: 8}")
    let image = try image(0, brightSquareAt: (6, 6))
    let prediction = try detector.predict(image)
    #expect(prediction.map.height == 16 && prediction.map.width == 16)
    let lowest = prediction.map.values.min()
    for y in 0..<16 {
      for x in 0..<16 where !(4..<12).contains(x) || !(4..<12).contains(y) {
        #expect(prediction.map.values[y * 16 + x] == lowest)
      }
    }
    let small = try fitted("preprocess: {crop: 8}").predict(image)
    for y in 0..<8 {
      for x in 0..<8 { #expect(prediction.map.values[(y + 4) * 16 + x + 4] == small.map.values[y * 8 + x]) }
    }
  }

  @Test func aSubsamplerKeepsItsPromise() throws {
    var catalogue = StageCatalogue.toy
    catalogue.register(ShortConfiguration.self)
    let description = try PipelineDescription(yaml: "subsampler: {kind: short}", catalogue: catalogue)
    let error = #expect(throws: PatchCoreError.self) { try Pipeline(description).fit(ImageSource([image(0)])) }
    #expect(error?.stage == "subsampler")
    #expect(error?.message.contains("a bank of 1 x 3 where its bankSize(forCandidates:) promised 16 x 3") == true)
  }
}

/// `short`: promises every candidate and returns the first.
private struct ShortConfiguration: SubsamplerConfiguration {
  static let kind = "short"
  func makeSubsampler(_ context: StageContext) throws -> any Subsampler { Short() }

  struct Short: Subsampler {
    func bankSize(forCandidates n: Int) throws -> Int { n }
    func subsample(_ candidates: PatchEmbeddings, progress: ProgressReporter) throws -> MemoryBank {
      MemoryBank(selecting: [0], from: candidates)
    }
  }
}
