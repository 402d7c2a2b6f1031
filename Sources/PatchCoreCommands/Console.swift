import Foundation
import Logging
import PatchCore
import Synchronization

/// The two streams of the process: results on standard output, everything else on standard error.
enum Console {
  /// The reader of standard output left (`patchcore stages | head -1`): its wish, and the end of the work.
  struct OutputClosed: Error {}

  /// Writes a line to standard output.
  ///
  /// - Throws: `OutputClosed` if nobody reads it any more, `PatchCoreError` if it cannot be written.
  static func print(_ line: String) throws { try print(Data((line + "\n").utf8)) }

  /// Writes bytes to standard output.
  ///
  /// - Throws: `OutputClosed` if nobody reads it any more, `PatchCoreError` if it cannot be written.
  static func print(_ data: Data) throws {
    let failure = write(data, to: STDOUT_FILENO)
    if failure == EPIPE { throw OutputClosed() }
    guard failure == 0 else {
      throw PatchCoreError(
        .invalidFile,
        "standard output: cannot be written: \(String(cString: strerror(failure))); send it elsewhere")
    }
  }

  /// Writes a line to standard error.
  static func error(_ line: String) { errorText(line + "\n") }

  /// Writes text to standard error; there is nowhere to report a failure to.
  static func errorText(_ text: String) { _ = write(Data(text.utf8), to: STDERR_FILENO) }

  /// Writes all bytes, and returns the error number, 0 for none.
  private static func write(_ data: Data, to descriptor: Int32) -> Int32 {
    data.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let written = Foundation.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if written >= 0 {
          rest = rest.dropFirst(written)
        } else if errno != EINTR {
          return errno
        }
      }
      return 0
    }
  }
}

/// Prints what stages report as plain lines on standard error.
struct ConsoleLogHandler: LogHandler {
  let isQuiet: Bool
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level {
    get { isQuiet ? .warning : .info }
    set {}
  }

  init(isQuiet: Bool) { self.isQuiet = isQuiet }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    Console.error(event.level >= .warning ? "\("\(event.level)".capitalized): \(event.message)" : "\(event.message)")
  }
}

/// Shows progress: one line that is rewritten on a terminal, a plain line per tenth elsewhere.
final class ProgressPrinter: Sendable {
  private struct State {
    var activity = ""
    var tenth = -1
    var lastDrawn = ContinuousClock.now
    var isLineOpen = false
  }

  private let isQuiet: Bool
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let interruption: Interruption
  private let state = Mutex(State())

  init(isQuiet: Bool, interruption: Interruption) {
    self.isQuiet = isQuiet
    self.interruption = interruption
  }

  /// A reporter for the library that draws here and stops on Ctrl-C.
  var reporter: ProgressReporter {
    ProgressReporter { event in
      try self.interruption.check()
      self.show(event)
    }
  }

  /// Ends a line that is still open.
  func end() {
    state.withLock { state in
      if state.isLineOpen { Console.errorText("\n") }
      state.isLineOpen = false
    }
  }

  private func show(_ event: ProgressReporter.Event) {
    guard !isQuiet, event.total > 0 else { return }
    state.withLock { state in
      let isNew = event.activity != state.activity
      let isDone = event.completed >= event.total
      if isNew { (state.activity, state.tenth) = (event.activity, -1) }
      if isTerminal {
        let now = ContinuousClock.now
        guard isNew || isDone || now - state.lastDrawn > .milliseconds(100) else { return }
        if isNew, state.isLineOpen { Console.errorText("\n") }
        state.lastDrawn = now
        let percent = event.completed * 100 / event.total
        Console.errorText("\r\u{1B}[K\(event.activity) \(event.completed) of \(event.total) (\(percent)%)")
        state.isLineOpen = true
        if isDone {
          Console.errorText("\n")
          (state.isLineOpen, state.activity) = (false, "")
        }
      } else {
        let tenth = event.completed * 10 / event.total
        guard tenth > state.tenth else { return }
        state.tenth = tenth
        Console.error("\(event.activity) \(event.completed) of \(event.total)")
        if isDone { state.activity = "" }
      }
    }
  }
}
