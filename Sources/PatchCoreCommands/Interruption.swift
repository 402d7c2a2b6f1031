import Dispatch
import Foundation
import Synchronization

/// Notes Ctrl-C and a polite kill, so that work ends between two steps and leaves nothing half-written.
///
/// A second signal ends the process at once.
///
/// A class because it owns signal sources. `@unchecked Sendable`: the sources are set once in `init` and only cancelled.
final class Interruption: @unchecked Sendable {
  private let isAsked: AtomicFlag
  private let sources: [any DispatchSourceSignal]

  /// Listens from now on.
  init() {
    let flag = AtomicFlag()
    isAsked = flag
    sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        flag.raise()
        signal(number, SIG_DFL)
        Console.error("\nstopping; once more to stop at once")
      }
      source.resume()
      return source
    }
  }

  /// Throws `CancellationError` once a signal came.
  func check() throws {
    if isAsked.isRaised { throw CancellationError() }
  }

  /// Stops listening.
  func end() {
    for source in sources { source.cancel() }
    for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
  }
}

/// A flag that can be raised once, from any thread.
private final class AtomicFlag: Sendable {
  private let value = Atomic<Bool>(false)
  var isRaised: Bool { value.load(ordering: .relaxed) }
  func raise() { value.store(true, ordering: .relaxed) }
}
