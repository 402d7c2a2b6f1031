import Foundation
import Testing

/// A program of Examples, run as a user runs it.
struct ExampleProgram {
  /// What a run left.
  struct Outcome {
    let status: Int32
    let output: String
    let errors: String
    /// Lines of the output.
    var lines: [String] { output.split(separator: "\n").map(String.init) }
  }

  let name: String

  /// The folder of Examples.
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Examples")

  /// Programs are built beside the test bundle.
  private var executable: URL {
    get throws {
      let bundle = try #require(Bundle.main.executableURL).resolvingSymlinksInPath()
      return bundle.deletingLastPathComponent().appendingPathComponent(name)
    }
  }

  /// Runs the program and waits.
  func run(_ arguments: [String] = []) throws -> Outcome {
    let folder = try TemporaryFolder()
    let (output, errors) = (folder.path("output"), folder.path("errors"))
    let process = Process()
    process.executableURL = try executable
    process.arguments = arguments
    for file in [output, errors] { try Data().write(to: URL(fileURLWithPath: file)) }
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errors))
    try process.run()
    process.waitUntilExit()
    return Outcome(
      status: process.terminationStatus, output: try String(contentsOfFile: output, encoding: .utf8),
      errors: try String(contentsOfFile: errors, encoding: .utf8))
  }
}

/// A folder that is removed when nobody holds it any more.
final class TemporaryFolder: Sendable {
  private let url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)

  init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }

  deinit {
    do {
      try FileManager.default.removeItem(at: url)
    } catch {
      Issue.record("\(url.path) cannot be removed: \(error)")
    }
  }

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }
}
