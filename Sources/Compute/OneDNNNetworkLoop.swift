#if OneDNN
import COneDNN

/// A step of a network that a function of ours computes: so many pieces, each by itself.
struct OneDNNNetworkLoop: Sendable {
  /// Computes some of the pieces: from a map to a map, with scratch memory of its own.
  typealias Body =
    @Sendable (
      _ pieces: Range<Int>, _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer,
      _ scratch: UnsafeMutableRawPointer
    ) -> Void

  /// The pieces give the same numbers in any division among threads.
  let pieces: Int
  /// Bytes of scratch memory for each thread, a multiple of 64.
  let scratchByteCount: Int
  let body: Body

  /// Computes all pieces on up to `threads` of the OpenMP threads that oneDNN computes with.
  ///
  /// - Parameters:
  ///   - source: the map taken.
  ///   - target: the map made.
  ///   - scratch: memory for `threads` threads, at a multiple of 64 bytes.
  ///   - threads: how many threads at most.
  func run(
    from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, scratch: UnsafeMutableRawPointer, threads: Int
  ) {
    let call = Call(loop: self, source: source, target: target, scratch: scratch)
    if threads == 1 { return call.runShare(0, of: 1) }
    withUnsafePointer(to: call) { call in
      GOMP_parallel(
        { call in
          guard let call = call?.assumingMemoryBound(to: Call.self) else { return }
          // OpenMP may give fewer threads than it was asked for.
          call.pointee.runShare(Int(omp_get_thread_num()), of: Int(omp_get_num_threads()))
        }, UnsafeMutableRawPointer(mutating: call), UInt32(threads), 0)
    }
  }

  private struct Call {
    let loop: OneDNNNetworkLoop
    let source: UnsafeRawPointer
    let target: UnsafeMutableRawPointer
    let scratch: UnsafeMutableRawPointer

    func runShare(_ thread: Int, of threads: Int) {
      let pieces = loop.pieces * thread / threads..<loop.pieces * (thread + 1) / threads
      if !pieces.isEmpty { loop.body(pieces, source, target, scratch + thread * loop.scratchByteCount) }
    }
  }
}
#endif
