import Foundation
import PatchCore
import TensorFiles

/// The result of one run on one category with one seed, kept so that an interrupted suite goes on.
struct SuiteRecord: Codable, Sendable {
  static let currentVersion = 1

  var formatVersion = SuiteRecord.currentVersion
  /// The row, category and seed, for people; the file's name says what was computed.
  var run: String
  var category: String
  var seed: UInt64
  /// Rows of the bank; `nil` for a method without one.
  var bankRows: Int?
  /// The evaluation's report.
  var report: JSONValue

  private enum CodingKeys: String, CodingKey {
    case formatVersion = "format_version"
    case run, category, seed, report
    case bankRows = "bank_rows"
  }
}

/// The folder of a suite's records.
struct SuiteRecords {
  private let folder: String

  /// The folder `runs` in the output folder, made if it is not there.
  init(in output: String) throws {
    folder = output + "/runs"
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw PatchCoreError(.invalidFile, "\(folder): the folder cannot be made", cause: error)
    }
  }

  /// What a result depends on, as the name of its file.
  static func key(
    _ resolved: ResolvedDescription, weights: [WeightsOrigin], data: String, category: String, isTimed: Bool,
    version: String
  ) throws -> String {
    let parts = [
      "record \(SuiteRecord.currentVersion)", "patchcore \(version)", "timed \(isTimed)",
      try ConfigurationNode(encoding: resolved.method).namingWeightsAlone().lines,
      weights.map { "\($0.name) \($0.digest ?? "")" }.joined(separator: "\n"), category, data,
    ]
    return Digest.sha256(Array(parts.joined(separator: "\n\n").utf8))
  }

  /// The record of a key; `nil` if there is none that can be used.
  func read(_ key: String) -> SuiteRecord? {
    guard let data = FileManager.default.contents(atPath: path(key)) else { return nil }
    do {
      let record = try JSONDecoder().decode(SuiteRecord.self, from: data)
      return record.formatVersion == SuiteRecord.currentVersion ? record : nil
    } catch {
      // A file that somebody changed is as good as none: the run is done again.
      return nil
    }
  }

  /// Writes a record whole or not at all.
  func write(_ record: SuiteRecord, _ key: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let data = try encoder.encode(record) + Data("\n".utf8)
    do {
      try AtomicFile.write(to: path(key)) { writer in try data.withUnsafeBytes { try writer.write($0) } }
    } catch let error as TensorFileError {
      throw PatchCoreError(.invalidFile, error)
    }
  }

  private func path(_ key: String) -> String { "\(folder)/\(key).json" }
}
