import Foundation
import PatchCore

/// Times of another build of FAISS on the same indexes, as `Tests/Benchmarks/faiss_peer.py` writes them.
struct IndexPeer: Decodable {
  /// One index.
  struct Row: Decodable {
    /// The index as the comparison's JSON names it.
    let name: String
    /// The median time of the search for all patches of an image, in milliseconds.
    let millisecondsPerImage: Double
    /// The time of the build, in seconds.
    let buildSeconds: Double

    private enum CodingKeys: String, CodingKey {
      case name = "yaml"
      case millisecondsPerImage = "milliseconds_per_image"
      case buildSeconds = "build_seconds"
    }
  }

  /// The library, its version and its instruction set.
  let library: String
  /// Threads that searched.
  let threads: Int
  let indexes: [Row]

  /// Reads a file.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidFile` if it cannot be read or lacks a key.
  init(contentsOf path: String) throws {
    do {
      self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    } catch let error as DecodingError {
      throw PatchCoreError(
        .invalidFile,
        "\(path): is no output of Tests/Benchmarks/faiss_peer.py, which has library, threads and indexes with yaml, "
          + "milliseconds_per_image and build_seconds; run it again", cause: error)
    } catch {
      throw PatchCoreError(.invalidFile, "\(path): cannot be read: \(error.localizedDescription)", cause: error)
    }
  }
}
