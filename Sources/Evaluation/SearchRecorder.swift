import PatchCore
import Synchronization

/// Passes a scorer's searches on to an index, and keeps what the last one found and how long all took.
///
/// A class, because the scorer's copy and the reader's are one.
final class SearchRecorder: NeighbourIndex {
  private let index: any NeighbourIndex
  private let state = Mutex<(found: Neighbours?, time: Duration)>((nil, .zero))

  init(_ index: any NeighbourIndex) { self.index = index }

  var count: Int { index.count }
  var dimension: Int { index.dimension }

  func search(_ queries: Matrix, k: Int) throws -> Neighbours {
    let start = ContinuousClock.now
    let found = try index.search(queries, k: k)
    let time = ContinuousClock.now - start
    state.withLock { $0 = (found, $0.time + time) }
    return found
  }

  /// What the last search found, and the seconds of all.
  var record: (found: Neighbours?, seconds: Double) {
    state.withLock { ($0.found, $0.time.inSeconds) }
  }
}
