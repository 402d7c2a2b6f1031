#if OneDNN
import Compute
import Foundation
import PatchCore
import Testing

/// Which threads compute a single image.
///
/// Serialised because the number of threads is one setting of the program.
@Suite(.serialized) struct NetworkThreadTests {
  /// Seconds that the calling thread computed in `body`.
  private func ownSeconds(_ body: () throws -> Void) rethrows -> Double {
    func now() -> Double {
      var time = timespec()
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
      return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
    let start = now()
    try body()
    return now() - start
  }

  /// One of several images that go side by side leaves the other threads to them, even if one is idle just now.
  ///
  /// Where several threads compute an image, the calling one waits.
  @Test func anImageAmongOthersIsComputedByItsOwnThread() throws {
    let before = ThreadCount.current
    defer { ThreadCount.set(before) }
    var generator = SeededGenerator(seed: 3)
    let (table, shape) = (PrecisionNetworkTests.square, PrecisionNetworkTests.squareInput)
    let weights = randomWeights(table, &generator)
    let image = randomImages(1, shape, &generator)
    func network(_ threads: Int) throws -> any CompiledNetwork {
      ThreadCount.set(threads)
      return try OneDNNEngine().compile(table, weights: weights, input: shape, precision: .float32, taps: ["c"])
    }
    let alone = try network(1)
    _ = try alone.run(image)
    let expected = try ownSeconds { for _ in 0..<20 { _ = try alone.run(image) } }
    let several = try network(2)
    try ThreadCount.withOne {
      _ = try several.run(image)
      let found = try ownSeconds { for _ in 0..<20 { _ = try several.run(image) } }
      #expect(found > expected / 4, "\(found) of \(expected) seconds")
    }
  }
}
#endif
