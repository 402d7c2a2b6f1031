import Foundation
import Testing

/// What the built program did.
struct CommandRun {
  let status: Int32
  let output: String
  let errors: String

  /// The lines of standard output.
  var lines: [String] { output.split(separator: "\n").map(String.init) }

  /// Standard output as a JSON object.
  func json() throws -> [String: Any] { try JSON.object(Data(output.utf8)) }
}

/// Reads JSON for tests that look at single keys.
enum JSON {
  static func object(_ data: Data) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }
}

/// A process of the built program, with its streams in files so that no full pipe can hold it up.
struct CommandProcess {
  /// The program, which the package builds beside its tests.
  static var program: URL {
    URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
      .appendingPathComponent("patchcore")
  }

  let process = Process()
  private let output: URL
  private let errors: URL

  /// Prepares a program, the one built by default.
  init(_ arguments: [String], in folder: WorkFolder, program: URL = Self.program) throws {
    let name = UUID().uuidString
    output = folder.url(".streams/\(name).out")
    errors = folder.url(".streams/\(name).err")
    for file in [output, errors] { try folder.write(Data(), to: ".streams/\(file.lastPathComponent)") }
    process.executableURL = program
    process.arguments = arguments
    process.currentDirectoryURL = folder.url("")
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
  }

  /// What the process wrote to standard error until now.
  func errorsSoFar() throws -> String { String(decoding: try Data(contentsOf: errors), as: UTF8.self) }

  /// Waits for the end, which must not be a signal's.
  func finish() throws -> CommandRun {
    process.waitUntilExit()
    #expect(process.terminationReason == .exit, "ended by signal \(process.terminationStatus)")
    return CommandRun(
      status: process.terminationStatus, output: String(decoding: try Data(contentsOf: output), as: UTF8.self),
      errors: try errorsSoFar())
  }
}
