import Foundation
import PatchCore
import Synchronization
import TensorFiles
import Testing

/// Threads, cancellation and the memory that a fit works in.
@Suite struct WorkTests {
  private let folder = NSTemporaryDirectory() + "patchcore-work-\(UUID().uuidString)"

  init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

  private func image(_ seed: Int) throws -> Image {
    try Image(width: 16, height: 16, format: .grey8, bytes: (0..<256).map { UInt8(($0 * 7 + seed * 31) % 251) })
  }

  private func pipeline() throws -> Pipeline { Pipeline(try PipelineDescription(yaml: "", catalogue: .toy)) }

  @Test(arguments: [0, 1, 2, 1000]) func everyPieceIsCalledOnce(count: Int) throws {
    let calls = Mutex([Int](repeating: 0, count: count))
    try parallelLoop(count) { piece in calls.withLock { $0[piece] += 1 } }
    #expect(calls.withLock { $0 } == [Int](repeating: 1, count: count))
  }

  @Test func loopsNest() throws {
    let sum = Atomic(0)
    try parallelLoop(20) { outer in
      try parallelLoop(20) { inner in
        try parallelLoop(3) { _ in sum.wrappingAdd(20 * outer + inner, ordering: .relaxed) }
      }
    }
    #expect(sum.load(ordering: .relaxed) == 3 * 400 * 399 / 2)
  }

  @Test func theFirstErrorByNumberIsThrown() throws {
    struct Failure: Error, Equatable { var piece: Int }
    for _ in 0..<50 {
      let error = #expect(throws: Failure.self) {
        try parallelLoop(64) { piece in if piece % 8 == 5 { throw Failure(piece: piece) } }
      }
      #expect(error == Failure(piece: 5))
    }
  }

  @Test(arguments: [true, false]) func aCancelledTaskStopsFitting(offItsThread: Bool) async throws {
    let pipeline = try pipeline()
    let image = try image(1)
    let stop = Stop()
    let source = ImageSource(names: (0..<800).map { "\($0)" }) { number in
      if number == 16 { stop.task.withLock { $0?.cancel() } }
      stop.loaded.add(1, ordering: .relaxed)
      return ImageSource.Entry(image: image, digest: "")
    }
    let task = Task {
      if offItsThread { _ = try await pipeline.fit(source) } else { try fitHere(pipeline, source) }
    }
    stop.task.withLock { $0 = task }
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(stop.loaded.load(ordering: .relaxed) < 800)
  }

  /// The synchronous form, which an asynchronous function does not choose by itself.
  private func fitHere(_ pipeline: Pipeline, _ source: ImageSource) throws { _ = try pipeline.fit(source) }

  @Test func aCancelledTaskStopsInspecting() async throws {
    let detector = try await pipeline().fit(ImageSource([image(1)]))
    let image = try image(2)
    let stop = Stop()
    let source = ImageSource(names: (0..<800).map { "\($0)" }) { _ in ImageSource.Entry(image: image, digest: "") }
    let task = Task {
      try detector.predict(source) { number, _, _ in
        if number == 20 { withUnsafeCurrentTask { $0?.cancel() } }
        stop.loaded.add(1, ordering: .relaxed)
      }
    }
    await #expect(throws: CancellationError.self) { try await task.value }
    // No image is handed on after the one that the task was cancelled at.
    #expect(stop.loaded.load(ordering: .relaxed) == 21)
  }

  @Test func aCancelledTaskDoesNotPredict() async throws {
    let detector = try await pipeline().fit(ImageSource([image(1)]))
    let image = try image(2)
    let stages = Stop()
    let clock = StageClock { _, _ in stages.loaded.add(1, ordering: .relaxed) }
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      _ = try await detector.predict(image, clock: clock)
    }
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(stages.loaded.load(ordering: .relaxed) == 0)
  }

  /// What a task and those who watch it share; a class because closures that escape cannot capture an atomic.
  private final class Stop: Sendable {
    let task = Mutex<Task<Void, any Error>?>(nil)
    let loaded = Atomic<Int>(0)
  }

  @Test func aFitOnDiskEqualsAFitInMemory() throws {
    let pictures = try (0..<20).map { try image($0) }
    let name = URL(filePath: folder).lastPathComponent
    let mapped = Atomic(false)
    let images = ImageSource(names: pictures.indices.map { "\($0)" }) { number in
      // The file has no name any more, and still it is mapped while images are embedded.
      if number == 19 {
        // A handle reads to the end; what reads a file whole takes this one for shorter than it is.
        let maps = try FileHandle(forReadingFrom: URL(filePath: "/proc/self/maps")).readToEnd() ?? Data()
        mapped.store(maps.range(of: Data(name.utf8)) != nil, ordering: .relaxed)
      }
      return ImageSource.Entry(image: pictures[number], digest: "\(number)")
    }
    // On one thread: others set their number, which a plan depends on.
    try ThreadCount.withOne {
      var pipeline = try pipeline()
      try pipeline.fit(images).write(to: folder + "/heap")
      #expect(mapped.load(ordering: .relaxed) == false)
      let plan = try pipeline.plan(images: 20, width: pictures[0].width, height: pictures[0].height)
      pipeline.memory = MemoryBudget(bytes: plan.bytesInMemory - 1)
      pipeline.spoolFolder = folder
      try pipeline.fit(images).write(to: folder + "/spool")
      #expect(mapped.load(ordering: .relaxed) == true)
    }
    #expect(try Data(contentsOf: URL(filePath: folder + "/heap")) == Data(contentsOf: URL(filePath: folder + "/spool")))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["heap", "spool"])
  }

  @Test func aFolderThatCannotHoldTheEmbeddingsIsNamed() throws {
    var pipeline = try pipeline()
    let image = try image(1)
    let plan = try pipeline.plan(images: 1, width: image.width, height: image.height)
    pipeline.memory = MemoryBudget(bytes: plan.bytesInMemory - 1)
    pipeline.spoolFolder = folder + "/absent"
    let error = #expect(throws: PatchCoreError.self) { try pipeline.fit(ImageSource([image])) }
    #expect(error?.code == .invalidFile && error?.message.contains("/absent") == true)
    // No disk holds 2^60 bytes.
    let full = #expect(throws: PatchCoreError.self) {
      try Matrix.spooled(rows: 1 << 29, columns: 1 << 29, inDirectory: folder)
    }
    #expect(full?.message.contains("has no room for \(1 << 60) bytes of embeddings; free space or set TMPDIR") == true)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
  }
}
