import Compute
import Extractors
import FaissSearch
import Foundation
import PatchCore
import Synchronization
import Testing

// Tests in a process of their own need Swift 6.2.
#if compiler(>=6.2)
/// How many threads there are, in a process where nothing else computes, when many threads call at once.
@Suite struct ThreadUseTests {
  /// Threads that call.
  private static let callers = 12
  /// Threads of a process that are not for computing: the main one, Swift's and Dispatch's for its tasks, the sampling
  /// one, and the idle pool of OpenBLAS.
  private static var others: Int { 4 + 2 * ProcessInfo.processInfo.activeProcessorCount }

  /// Calls from many threads at once, each several times, and again from new threads: no pool may stay behind.
  ///
  /// A call waits for its turn, as every prediction of a detector does.
  private static func check(_ threads: Int, _ rounds: Int, _ work: @escaping @Sendable () throws -> Void) throws {
    ThreadCount.set(threads)
    let call: @Sendable () throws -> Void = { try ThreadCount.computing(work) }
    try call()
    let sample = ThreadSample {
      for _ in 0..<2 {
        let failures = Mutex(0)
        let group = DispatchGroup()
        for _ in 0..<callers {
          group.enter()
          Thread.detachNewThread {
            for _ in 0..<rounds {
              do { try call() } catch { failures.withLock { $0 += 1 } }
            }
            group.leave()
          }
        }
        group.wait()
        #expect(failures.withLock { $0 } == 0)
      }
    }
    #expect(sample.looks > 5, "too short to say anything")
    // OpenMP's pool, once, and the thread that it serves.
    #expect(sample.most <= callers + others + threads, "\(threads) threads: \(sample.most)")
  }

  private static func checkNetwork(_ engine: ComputeSettings.Engine) throws {
    let shape = FeatureShape(channels: 3, height: 224, width: 224)
    for threads in [1, 2, 4] {
      ThreadCount.set(threads)
      let extractor = try CompactConfiguration().makeExtractor(StageContext(compute: ComputeSettings(engine: engine)))
      let image = FeatureMap(batch: 1, shape: shape)
      try check(threads, 10) { _ = try extractor.extract(image) }
    }
  }

  @Test func networksKeepToTheThreads() async {
    await #expect(processExitsWith: .success) {
      try Self.checkNetwork(.openblas)
      #if OneDNN
      try Self.checkNetwork(.onednn)
      #endif
    }
  }

  @Test func tasksKeepToTheThreadsAndWaitWithoutAny() async {
    await #expect(processExitsWith: .success) {
      ThreadCount.set(2)
      let counts = Counts()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<64 {
          group.addTask {
            try await ThreadCount.computingApart { try parallelLoop(4) { _ in counts.work() } }
          }
        }
        try await group.waitForAll()
      }
      #expect(counts.mostBusy.load(ordering: .relaxed) == 2)
      #expect(counts.mostThreads.load(ordering: .relaxed) <= Self.others + 2)
    }
  }

  /// Pieces at work at once, and threads of the process meanwhile; a class, because tasks share it.
  private final class Counts: Sendable {
    let busy = Atomic(0)
    let mostBusy = Atomic(0)
    let mostThreads = Atomic(0)

    func work() {
      mostBusy.max(busy.wrappingAdd(1, ordering: .relaxed).newValue, ordering: .relaxed)
      let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
      mostThreads.max(threads.count, ordering: .relaxed)
      usleep(2000)
      busy.wrappingSubtract(1, ordering: .relaxed)
    }
  }

  /// A piece whose threads start loops of their own waits for them; they must not wait for its end in turn.
  @Test func threadsOfAPieceGetTheirTurn() async {
    await #expect(processExitsWith: .success) {
      ThreadCount.set(1)
      let sum = Atomic(0)
      try parallelLoop(1) { _ in
        let ended = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
          do { try parallelLoop(3) { sum.wrappingAdd($0, ordering: .relaxed) } } catch { Issue.record(error) }
          ended.signal()
        }
        ended.wait()
      }
      #expect(sum.load(ordering: .relaxed) == 3)
    }
  }

  #if FAISS
  @Test func searchAndTrainingKeepToTheThreads() async {
    await #expect(processExitsWith: .success) {
      let bank = FaissTestData.clustered(rows: 3000, dimension: 32, centres: 20, seed: 4)
      let queries = FaissTestData.clustered(rows: 100, dimension: 32, centres: 20, seed: 5)
      let context = StageContext(seed: 1, compute: ComputeSettings(engine: .openblas))
      let kinds: [any NeighbourIndexConfiguration] = [
        FaissFlatConfiguration(), FaissIVFPQConfiguration(lists: 4, subQuantisers: 4, bits: 6, probes: 2),
      ]
      for threads in [1, 2] {
        for kind in kinds {
          let index = try kind.makeIndex(over: bank, context)
          try Self.check(threads, 20) { _ = try index.search(queries, k: 3) }
        }
        try Self.check(threads, 1) { _ = try kinds[1].makeIndex(over: bank, context) }
      }
    }
  }
  #endif
}
#endif
