import Foundation
import PatchCore
import TensorFiles
import Testing

/// The images, weights and reference results that are too large or not ours to ship.
enum ReferenceData {
  static let variable = "PATCHCORE_TEST_DATA"

  /// The folder that the variable names; `nil` if it is not set.
  static let folder: String? = {
    let value = ProcessInfo.processInfo.environment[variable] ?? ""
    return value.isEmpty ? nil : value
  }()

  /// The full path of a file or folder.
  ///
  /// - Throws: `Missing` if it is not there: whoever sets the variable wants the comparison, so nothing is skipped.
  static func path(_ relative: String) throws -> String {
    guard let folder else { throw Missing(what: "the environment variable \(variable)") }
    let path = folder + "/" + relative
    guard FileManager.default.fileExists(atPath: path) else { throw Missing(what: path) }
    return path
  }

  /// The array of a `.npy` file.
  static func tensor(_ relative: String) throws -> Tensor { try NumpyFile(contentsOf: path(relative)).tensor }

  /// A JSON file.
  static func json<Value: Decodable>(_ relative: String) throws -> Value {
    try JSONDecoder().decode(Value.self, from: Data(contentsOf: URL(fileURLWithPath: path(relative))))
  }

  struct Missing: Error, CustomStringConvertible {
    var what: String
    var description: String { "\(what) is missing; \(ReferenceData.variable) must name the whole test data" }
  }
}

extension Trait where Self == ConditionTrait {
  /// Skips with a message where the test data is not at hand.
  static var needsReferenceData: Self {
    .enabled(
      if: ReferenceData.folder != nil,
      "set \(ReferenceData.variable) to the folder that holds data/, reference/ and weights/")
  }
}
