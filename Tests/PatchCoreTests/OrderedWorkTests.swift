import Foundation
import PatchCore
import Synchronization
import Testing

// Tests in a process of their own need Swift 6.2.
#if compiler(>=6.2)
/// Images one beside the other: order, what is held, errors, and results that do not depend on threads.
///
/// Each in a process of its own, because the number of threads is one setting of the process.
@Suite struct OrderedWorkTests {
  private struct Failure: Error, Equatable { var number: Int }

  /// Counts what the pieces do; a class because closures that escape cannot capture an atomic.
  private final class Count: Sendable {
    let begun = Atomic(0)
    let running = Atomic(0)
    let delivered = Atomic(0)
    /// The most pieces that were begun and not handed on.
    let most = Atomic(0)

    func begin() {
      running.add(1, ordering: .sequentiallyConsistent)
      let begun = begun.add(1, ordering: .sequentiallyConsistent).newValue
      let held = begun - delivered.load(ordering: .sequentiallyConsistent)
      var seen = most.load(ordering: .sequentiallyConsistent)
      while held > seen {
        let (exchanged, original) = most.compareExchange(
          expected: seen, desired: held, ordering: .sequentiallyConsistent)
        if exchanged { break }
        seen = original
      }
    }

    func finish() { running.subtract(1, ordering: .sequentiallyConsistent) }
  }

  @Test func resultsComeInOrder() async {
    await #expect(processExitsWith: .success) {
      for threads in [1, 2, 5] {
        ThreadCount.set(threads)
        for count in [0, 1, 2, 40] {
          let calls = Calls(count)
          var results: [Int] = []
          try inOrder(count) { number in
            calls.add(number)
            // Later pieces are often done before earlier ones.
            if number % 3 == 0 { Thread.sleep(forTimeInterval: 0.002) }
            return number * number
          } deliver: { number, square in
            #expect(square == number * number)
            results.append(number)
          }
          #expect(results == Array(0..<count))
          #expect(calls.all == [Int](repeating: 1, count: count))
        }
      }
    }
  }

  /// How often each piece was done.
  private final class Calls: Sendable {
    let list: Mutex<[Int]>
    init(_ count: Int) { list = Mutex([Int](repeating: 0, count: count)) }
    func add(_ number: Int) { list.withLock { $0[number] += 1 } }
    var all: [Int] { list.withLock { $0 } }
  }

  @Test func fewPiecesAreHeld() async {
    await #expect(processExitsWith: .success) {
      for threads in [1, 2, 5] {
        ThreadCount.set(threads)
        let count = Count()
        try inOrder(60) { _ in
          count.begin()
          count.finish()
        } deliver: { _, _ in
          // Pieces are done faster than they are taken.
          Thread.sleep(forTimeInterval: 0.001)
          count.delivered.add(1, ordering: .sequentiallyConsistent)
        }
        // The one that is being handed on counts too.
        #expect(count.most.load(ordering: .relaxed) <= 2 * threads + 1)
      }
    }
  }

  @Test func piecesOverlap() async {
    await #expect(processExitsWith: .success) {
      ThreadCount.set(2)
      let second = DispatchSemaphore(value: 0)
      // The first piece waits for the second: one after the other, they would never end.
      try inOrder(2) { number in
        if number == 1 { second.signal() }
        return number == 1 || second.wait(timeout: .now() + 60) == .success
      } deliver: { _, met in
        #expect(met)
      }
    }
  }

  @Test func theFirstErrorByNumberIsThrownInItsTurn() async {
    await #expect(processExitsWith: .success) {
      for threads in [1, 2, 5] {
        ThreadCount.set(threads)
        for _ in 0..<20 {
          let count = Count()
          var delivered: [Int] = []
          let error = #expect(throws: Failure.self) {
            try inOrder(64) { number in
              count.begin()
              defer { count.finish() }
              if number % 8 == 5 { throw Failure(number: number) }
              return number
            } deliver: { number, _ in
              delivered.append(number)
            }
          }
          #expect(error == Failure(number: 5) && delivered == Array(0..<5))
          #expect(count.running.load(ordering: .sequentiallyConsistent) == 0)
          #expect(count.begun.load(ordering: .sequentiallyConsistent) <= 6 + 2 * threads)
        }
      }
    }
  }

  @Test func whoeverTakesTheResultsMayStop() async {
    await #expect(processExitsWith: .success) {
      for threads in [1, 2, 5] {
        ThreadCount.set(threads)
        let count = Count()
        let error = #expect(throws: Failure.self) {
          try inOrder(1000) { _ in
            count.begin()
            Thread.sleep(forTimeInterval: 0.0005)
            count.finish()
          } deliver: { number, _ in
            if number == 7 { throw Failure(number: number) }
          }
        }
        #expect(error == Failure(number: 7))
        #expect(count.running.load(ordering: .sequentiallyConsistent) == 0)
        #expect(count.begun.load(ordering: .sequentiallyConsistent) <= 8 + 2 * threads)
      }
    }
  }

  @Test func threadsDoNotMultiply() async {
    await #expect(processExitsWith: .success) {
      ThreadCount.set(3)
      try inOrder(6) { _ in
        (ThreadCount.current, ThreadCount.withAll { ThreadCount.current })
      } deliver: { _, threads in
        #expect(threads == (1, 3))
      }
      // One piece alone may use them all.
      try inOrder(1) { _ in
        ThreadCount.current
      } deliver: { _, threads in
        #expect(threads == 3)
      }
      #expect(ThreadCount.current == 3)
    }
  }

  private static func image(_ seed: Int) throws -> Image {
    // Two sizes, so that neighbours differ.
    let side = seed % 3 == 0 ? 16 : 24
    return try Image(
      width: side, height: side, format: .grey8, bytes: (0..<side * side).map { UInt8(($0 * 7 + seed * 31) % 251) })
  }

  @Test func fitsAndPredictionsAreThoseOfOneThread() async {
    await #expect(processExitsWith: .success) {
      let pipeline = Pipeline(try PipelineDescription(yaml: "", catalogue: .toy))
      let nominal = ImageSource(try (0..<20).map { try Self.image(3 * $0) })
      let images = try (0..<30).map { try Self.image($0) }
      let folder = NSTemporaryDirectory() + "patchcore-ordered-\(UUID().uuidString)"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: folder) }
      var artifacts: [Data] = []
      for threads in [1, 2, 5] {
        ThreadCount.set(threads)
        let detector = try fitHere(pipeline, nominal)
        try detector.write(to: folder + "/\(threads)")
        artifacts.append(try Data(contentsOf: URL(filePath: folder + "/\(threads)")))
        var found: [Prediction] = []
        try detector.predict(ImageSource(images)) { number, entry, prediction in
          #expect(number == found.count && entry.image == images[number])
          found.append(prediction)
        }
        #expect(try found == images.map { try detector.predict($0) })
      }
      #expect(artifacts[1] == artifacts[0] && artifacts[2] == artifacts[0])
    }
  }

  @Test func aBrokenImageInTheMiddleIsNamed() async {
    await #expect(processExitsWith: .success) {
      let good = try Self.image(0)
      let source = ImageSource(names: (0..<40).map { "part-\($0).png" }) { number in
        if number == 13 { throw PatchCoreError(.invalidImage, "part-13.png: the PNG file is damaged") }
        return ImageSource.Entry(image: good, digest: "\(number)")
      }
      let pipeline = Pipeline(try PipelineDescription(yaml: "", catalogue: .toy))
      for threads in [1, 2, 5] {
        ThreadCount.set(threads)
        let fit = #expect(throws: PatchCoreError.self) { try fitHere(pipeline, source) }
        #expect(fit?.code == .invalidImage && fit?.message.contains("part-13.png") == true)
        let detector = try fitHere(pipeline, ImageSource([good]))
        var numbers: [Int] = []
        let predict = #expect(throws: PatchCoreError.self) {
          try detector.predict(source) { number, _, _ in numbers.append(number) }
        }
        #expect(predict?.message.contains("part-13.png") == true)
        #expect(numbers == Array(0..<13))
      }
    }
  }

  @Test func aFitLoadsEachImageOnce() throws {
    let good = try Self.image(0)
    let loads = Calls(20)
    let source = ImageSource(names: (0..<20).map { "\($0)" }) { number in
      loads.add(number)
      return ImageSource.Entry(image: good, digest: "\(number)")
    }
    let detector = try Pipeline(try PipelineDescription(yaml: "", catalogue: .toy)).fit(source)
    #expect(loads.all == [Int](repeating: 1, count: 20))
    #expect(detector.trainingImages.map(\.digest) == (0..<20).map { "\($0)" })
  }
}

/// The synchronous form, which an asynchronous closure does not choose by itself.
private func fitHere(_ pipeline: Pipeline, _ images: ImageSource) throws -> FittedDetector { try pipeline.fit(images) }
#endif
