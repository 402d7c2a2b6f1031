import Foundation
import Logging
import PatchCore
import Synchronization

/// The feature maps of images that several runs of a suite look at, kept in a file while a category is worked on.
///
/// The file has no name from the start, so nothing is left behind however the process ends. Once it holds as many bytes
/// as it may, or the disk is full, further maps are computed each time. A class because it owns the file's descriptor;
/// safe to use from many threads.
final class SuiteFeatures: Sendable {
  /// Where the map of an image's layer stands.
  struct Place: Sendable {
    var offset: Int
    var shape: FeatureShape
  }

  private struct State {
    var end = 0
    var isFull = false
    var places: [String: [String: Place]] = [:]
    var extractor: (key: String, value: any FeatureExtractor)?
    var computed = 0
    var reused = 0
  }

  private let descriptor: Int32
  private let limit: Int
  private let logger: Logger
  private let state = Mutex(State())

  /// Opens the file.
  ///
  /// - Parameters:
  ///   - folder: where it lies; it must exist.
  ///   - limit: the most bytes it may hold.
  ///   - logger: told when the file is full.
  /// - Throws: `PatchCoreError` with code `.invalidFile` if it cannot be made.
  init(folder: String, limit: Int, logger: Logger) throws {
    self.limit = limit
    self.logger = logger
    let path = "\(folder)/.features-\(getpid())"
    descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw PatchCoreError(
        .invalidFile,
        "\(path): cannot be made: \(String(cString: strerror(errno))); give --feature-cache 0 to do without it")
    }
    unlink(path)
  }

  deinit { close(descriptor) }

  /// Images whose maps were computed, and those whose maps were read back.
  var counts: (computed: Int, reused: Int) { state.withLock { ($0.computed, $0.reused) } }

  /// Forgets all maps and gives their space back.
  func removeAll() {
    state.withLock { state in
      (state.end, state.isFull, state.places) = (0, false, [:])
      // Should the file keep its length, it is written over from its beginning.
      _ = ftruncate(descriptor, 0)
    }
  }

  /// The extractor made last, if it is the one asked for; otherwise a new one.
  func extractor(_ key: String, _ make: () throws -> any FeatureExtractor) rethrows -> any FeatureExtractor {
    if let kept = state.withLock({ $0.extractor }), kept.key == key { return kept.value }
    // Weights are large: the old ones go before the new ones come.
    state.withLock { $0.extractor = nil }
    let made = try make()
    state.withLock { $0.extractor = (key, made) }
    return made
  }

  /// Where the maps of an image stand; `nil` unless all the layers are there.
  func places(of key: String, layers: [String]) -> [Place]? {
    state.withLock { state in
      guard let known = state.places[key] else { return nil }
      let places = layers.compactMap { known[$0] }
      return places.count == layers.count ? places : nil
    }
  }

  /// Notes how many images were computed and read.
  func count(computed: Int, reused: Int) {
    state.withLock { state in
      state.computed += computed
      state.reused += reused
    }
  }

  /// Keeps an image's map of one layer, if there is room.
  func store(_ values: UnsafeBufferPointer<Float>, shape: FeatureShape, layer: String, of key: String) {
    let bytes = UnsafeRawBufferPointer(values)
    let offset: Int? = state.withLock { state in
      guard !state.isFull, state.places[key]?[layer] == nil else { return nil }
      guard state.end + bytes.count <= limit else {
        state.isFull = true
        logger.info("the features kept have reached \(limit) bytes; further ones are computed each time")
        return nil
      }
      defer { state.end += bytes.count }
      return state.end
    }
    guard let offset else { return }
    let failure = transfer(bytes.count, offset) { pwrite(descriptor, bytes.baseAddress?.advanced(by: $0), $1, $2) }
    guard let failure else {
      state.withLock { $0.places[key, default: [:]][layer] = Place(offset: offset, shape: shape) }
      return
    }
    state.withLock { $0.isFull = true }
    logger.warning("no more features are kept: \(String(cString: strerror(failure)))")
  }

  /// Reads a map back.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidFile` if the disk fails.
  func read(_ place: Place, into values: UnsafeMutableBufferPointer<Float>) throws {
    let bytes = UnsafeMutableRawBufferPointer(values)
    let failure = transfer(bytes.count, place.offset) { pread(descriptor, bytes.baseAddress?.advanced(by: $0), $1, $2) }
    if let failure {
      throw PatchCoreError(
        .invalidFile, "kept features cannot be read back: \(String(cString: strerror(failure))); give --feature-cache 0"
      )
    }
  }

  /// Moves all bytes, however many a call takes; the error number of a failure, `nil` for none.
  private func transfer(
    _ count: Int, _ offset: Int, _ move: (_ done: Int, _ rest: Int, _ offset: off_t) -> Int
  ) -> Int32? {
    var done = 0
    while done < count {
      let moved = move(done, count - done, off_t(offset + done))
      if moved > 0 {
        done += moved
      } else if moved == 0 {
        return EIO
      } else if errno != EINTR {
        return errno
      }
    }
    return nil
  }
}
