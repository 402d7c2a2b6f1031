import Foundation
import Logging
import PatchCore
import TensorFiles

/// A detector's test patches, embedded once, and what any neighbour index makes of them.
public struct IndexTrial: Sendable {
  /// A test image: its patches, its size and its truth.
  private struct Subject: Sendable {
    let sample: DatasetSample
    let embeddings: PatchEmbeddings
    let geometry: PreprocessingGeometry
    let defects: DefectMask?
    let coverage: DefectCoverage
  }

  private let detector: FittedDetector
  private let dataset: Dataset
  private let subjects: [Subject]

  /// Embeds the test images of a data set.
  ///
  /// - Parameters:
  ///   - detector: the detector whose bank and scorer are used.
  ///   - dataset: the data set; the description's split is applied to it.
  ///   - progress: told how far the work is; throws when it should stop.
  /// - Throws: `PatchCoreError` with code `.invalidDataset` if a test image is among the training images or there is
  ///   nothing to test, and whatever a stage throws.
  /// - Complexity: holds the embeddings of all test images, in files once they exceed half the machine's memory.
  public init(_ detector: FittedDetector, dataset: Dataset, progress: ProgressReporter = .silent) throws {
    let dataset = try dataset.splitting(detector.description.split, seed: detector.description.seed)
    let samples = dataset.test
    guard !samples.isEmpty else {
      throw PatchCoreError(
        .invalidDataset,
        "\(dataset.root): has no test images; give a data set with defects, or a model fitted with "
          + "split: {nominal_test_fraction: 0.2}")
    }
    try detector.refuseTrainingImages(dataset, samples, progress)
    var subjects: [Subject] = []
    var heapBytes = 0
    let source = ImageSource(files: samples.map(\.path), relativeTo: dataset.root)
    try detector.embed(source, progress: progress) { number, image, embeddings in
      let geometry = try detector.description.preprocess.geometry(for: image)
      let truth = try detector.defects(samples[number], dataset, geometry)
      heapBytes += embeddings.vectors.count * MemoryLayout<Float>.size
      let isTooMuch = heapBytes > MemoryBudget.ofThisMachine.bytes
      subjects.append(
        Subject(
          sample: samples[number],
          embeddings: isTooMuch
            ? PatchEmbeddings(vectors: try Self.spooled([embeddings.vectors]), grid: embeddings.grid) : embeddings,
          geometry: geometry, defects: truth?.defects, coverage: truth?.coverage ?? DefectCoverage()))
    }
    self.detector = detector
    self.dataset = dataset
    self.subjects = subjects
  }

  /// Number of test patches.
  public var patches: Int { subjects.reduce(0) { $0 + $1.embeddings.grid.count } }

  /// The embeddings of all test patches, image after image.
  ///
  /// - Returns: `n x d`, in a temporary file that nobody else sees.
  /// - Throws: `PatchCoreError` with code `.invalidFile` if the disk has no room.
  public func embeddings() throws -> Matrix { try Self.spooled(subjects.map(\.embeddings.vectors)) }

  private static func spooled(_ parts: [Matrix]) throws -> Matrix {
    var result = try Matrix.spooled(
      rows: parts.reduce(0) { $0 + $1.rows }, columns: parts.first?.columns ?? 0,
      inDirectory: NSTemporaryDirectory())
    var offset = 0
    result.withUnsafeMutableBufferPointer { target in
      for part in parts {
        part.withUnsafeBufferPointer { source in
          _ = UnsafeMutableBufferPointer(rebasing: target[offset...]).update(fromContentsOf: source)
        }
        offset += part.count
      }
    }
    return result
  }

  /// Builds each index over the detector's bank and searches with it for every test patch, image by image.
  ///
  /// - Parameters:
  ///   - indexes: the indexes, an exact one first.
  ///   - rule: when a row may be recommended.
  ///   - progress: told how far the work is; throws when it should stop.
  ///   - logger: where indexes report.
  /// - Returns: a row for each index, in order.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` if the first index is not exact or one does not suit the
  ///   bank, before any is built; and whatever a stage throws.
  public func compare(
    _ indexes: [StageDescription<NeighbourIndexRole>], rule: IndexComparison.Rule = IndexComparison.Rule(),
    progress: ProgressReporter = .silent, logger: Logger = Logger(label: "patchcore")
  ) throws -> IndexComparison {
    guard indexes.first?.configuration.isExact == true else {
      throw PatchCoreError(
        .invalidConfiguration, stage: NeighbourIndexRole.name,
        "the first index is the one that the others are compared with; name an exact one, such as {kind: exact}")
    }
    for index in indexes {
      try index.configuration.check(rows: detector.bank.count, dimension: detector.bank.dimension)
    }
    var builds: [Build] = []
    var rows: [IndexComparison.Row] = []
    var truth: Outcome?
    for (number, description) in indexes.enumerated() {
      let activity = "\(description.kind), \(number + 1) of \(indexes.count)"
      let build = try index(description.configuration, builds, logger)
      if !build.isShared { builds.append(build) }
      let outcome = try search(build.index, activity, progress)
      rows.append(try row(description, build, outcome, against: truth ?? outcome))
      if truth == nil { truth = outcome }
    }
    return IndexComparison(
      bankRows: detector.bank.count, dimension: detector.bank.dimension, testImages: subjects.count,
      testPatches: patches, threads: ThreadCount.current, rows: rows, rule: rule)
  }
}

extension IndexTrial {
  /// A built index, and what building it took.
  private struct Build {
    let configuration: any NeighbourIndexConfiguration
    let index: any NeighbourIndex
    let archive: StageArchive
    let seconds: Double
    let isShared: Bool
  }

  /// What a search for all patches found.
  private struct Outcome {
    var nearestRows: [Int32] = []
    var scores: [Float] = []
    var milliseconds: [Double] = []
    var imageAUROC: Double?
    var pixelAUROC: Double?
  }

  private func index(
    _ configuration: any NeighbourIndexConfiguration, _ builds: [Build], _ logger: Logger
  ) throws -> Build {
    let context = detector.indexContext(logger)
    if let build = builds.first(where: { configuration.buildsSameIndex(as: $0.configuration) }) {
      return Build(
        configuration: configuration,
        index: try configuration.restoreIndex(from: build.archive, over: detector.bank.vectors, context),
        archive: build.archive, seconds: build.seconds, isShared: true)
    }
    let start = ContinuousClock.now
    let index = try configuration.makeIndex(over: detector.bank.vectors, context)
    let seconds = (ContinuousClock.now - start).inSeconds
    return Build(
      configuration: configuration, index: index, archive: try index.archive(), seconds: seconds, isShared: false)
  }

  private func search(
    _ index: any NeighbourIndex, _ activity: String, _ progress: ProgressReporter
  ) throws -> Outcome {
    var outcome = Outcome()
    var evaluator = Evaluator(dataset)
    // What is touched for the first time is slower; no image should pay for it.
    if let first = subjects.first { _ = try index.search(first.embeddings.vectors, k: 1) }
    for (number, subject) in subjects.enumerated() {
      try progress.report(activity, number, of: subjects.count)
      let recorder = SearchRecorder(index)
      let scores = try detector.score(subject.embeddings, with: recorder)
      let (found, seconds) = recorder.record
      guard let found, found.queries == subject.embeddings.grid.count else {
        throw PatchCoreError(
          .shapeMismatch, stage: ScorerRole.name,
          "\(detector.description.scorer.kind) does not search for all patches of an image at once; its indexes cannot "
            + "be compared")
      }
      outcome.nearestRows += (0..<found.queries).map { found.rows[$0 * found.k] }
      outcome.milliseconds.append(seconds * 1000)
      outcome.scores.append(scores.imageScore)
      try evaluator.add(
        subject.sample, score: scores.imageScore, map: detector.map(of: scores, geometry: subject.geometry),
        defects: subject.defects, coverage: subject.coverage)
    }
    try progress.report(activity, subjects.count, of: subjects.count)
    let report = try evaluator.report(detector: try detector.reportSummary)
    (outcome.imageAUROC, outcome.pixelAUROC) = (report.imageAUROC, report.pixelAUROC)
    return outcome
  }

  private func row(
    _ description: StageDescription<NeighbourIndexRole>, _ build: Build, _ outcome: Outcome, against truth: Outcome
  ) throws -> IndexComparison.Row {
    let drifts = zip(outcome.scores, truth.scores).map { score, exact in
      // A score of 0 has no relative change: staying is 0, leaving it 1.
      score == exact ? 0 : exact == 0 ? 1 : Double(abs(score - exact)) / Double(abs(exact))
    }
    let times = outcome.milliseconds.sorted()
    let median = (times[(times.count - 1) / 2] + times[times.count / 2]) / 2
    return IndexComparison.Row(
      name: try description.yaml(), settings: try description.jsonValue(), recallAt1: recall(outcome, truth),
      largestScoreDrift: drifts.max() ?? 0,
      meanScoreDrift: drifts.reduce(0, +) / Double(max(1, drifts.count)), imageAUROC: outcome.imageAUROC,
      pixelAUROC: outcome.pixelAUROC, millisecondsPerImage: median, buildSeconds: build.seconds,
      sharesBuild: build.isShared, bytes: build.archive.tensors.values.reduce(0) { $0 + $1.byteCount },
      library: Self.library(build.archive))
  }

  private func recall(_ outcome: Outcome, _ truth: Outcome) -> Double {
    var hits = 0, patch = 0
    for subject in subjects {
      for query in 0..<subject.embeddings.grid.count {
        let found = outcome.nearestRows[patch], exact = truth.nearestRows[patch]
        patch += 1
        if found == exact || squaredDistance(subject, query, found) == squaredDistance(subject, query, exact) {
          hits += 1
        }
      }
    }
    return Double(hits) / Double(patch)
  }

  private func squaredDistance(_ subject: Subject, _ query: Int, _ row: Int32) -> Float {
    subject.embeddings.vectors.withRow(query) { query in
      detector.bank.vectors.withRow(Int(row)) { row in
        var sum = 0.0
        for column in query.indices {
          let difference = Double(query[column]) - Double(row[column])
          sum += difference * difference
        }
        return Float(sum)
      }
    }
  }

  /// The library that an index notes in its archive, at whatever depth.
  private static func library(_ archive: StageArchive) -> String? {
    func note(_ key: String) -> String? {
      archive.notes.first { $0.key == key || $0.key.hasSuffix("." + key) }?.value
    }
    return note("faiss_version").map { version in
      let isWide = note("faiss_options")?.contains("AVX") ?? false
      return "FAISS \(version), " + (isWide ? "AVX build" : "SSE build")
    }
  }
}
