import Foundation
import PatchCore
import Synchronization
import Testing

extension HazelnutTests {
  /// One detector that many callers use at once gives each what it gives one alone.
  @Suite struct Concurrency {
    static let callers = 8

    let detector: FittedDetector
    let images: [Image]
    let alone: [Prediction]

    init() throws {
      let description = try HazelnutTests.description("official", engine: HazelnutTests.engines[0])
      detector = try Pipeline(description).fit(HazelnutTests.images((0..<4).map { "train/good/00\($0).png" }))
      let run: Run = try ReferenceData.json("reference/official/run.json")
      let source = try HazelnutTests.images(run.test)
      images = try (0..<source.count).map { try source.load($0).image }
      alone = try Self.predictAll(images, detector)
      #expect(Set(alone.map(\.score)).count == 10, "images that cannot be told apart would prove nothing")
    }

    @Test func eightTasks() async throws {
      try await withThrowingTaskGroup { group in
        for task in 0..<Self.callers {
          group.addTask {
            // Each begins with another image, so that different work runs side by side.
            for step in images.indices {
              let number = (step + task) % images.count
              let prediction = try await detector.predict(images[number])
              #expect(prediction == alone[number], "task \(task)")
            }
            let predictions = try Self.predictAll(images, detector)
            #expect(predictions == alone, "task \(task)")
          }
        }
        try await group.waitForAll()
      }
    }

    /// Tasks share as many threads as there are processors; these are eight threads.
    @Test func eightThreads() throws {
      let results = Mutex<[Result<[Prediction], any Error>]>([])
      let ended = DispatchSemaphore(value: 0)
      for _ in 0..<Self.callers {
        let thread = Thread {
          let result = Result { try Self.predictAll(images, detector) }
          results.withLock { $0.append(result) }
          ended.signal()
        }
        thread.start()
      }
      for _ in 0..<Self.callers { ended.wait() }
      for result in results.withLock({ $0 }) { #expect(try result.get() == alone) }
    }

    private static func predictAll(_ images: [Image], _ detector: FittedDetector) throws -> [Prediction] {
      try images.map { try detector.predict($0) }
    }
  }
}
