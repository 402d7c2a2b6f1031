import Foundation
import PatchCore
import Testing

/// A folder of files that exists as long as the test runs.
struct TemporaryTree {
  let root: String

  /// Makes empty files at the given paths; a path that ends in `/` makes a folder.
  static func with(_ paths: [String], _ body: (TemporaryTree) throws -> Void) throws {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent("patchcore-\(UUID().uuidString)").path
    defer {
      do { try FileManager.default.removeItem(atPath: root) } catch { Issue.record(error) }
    }
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    let tree = TemporaryTree(root: root)
    for path in paths { try tree.add(path) }
    try body(tree)
  }

  func add(_ path: String) throws {
    let full = root + "/" + path
    let folder = path.hasSuffix("/") ? full : URL(fileURLWithPath: full).deletingLastPathComponent().path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    if !path.hasSuffix("/") { try Data().write(to: URL(fileURLWithPath: full)) }
  }

  func link(_ path: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(atPath: root + "/" + path, withDestinationPath: target)
  }
}

/// The error that `body` throws; records an issue if it is none of ours or its message lacks a part.
@discardableResult
func expectError(
  _ code: PatchCoreError.Code, containing parts: [String], _ location: SourceLocation = #_sourceLocation,
  _ body: () throws -> Void
) -> PatchCoreError? {
  do {
    try body()
  } catch let error as PatchCoreError {
    #expect(error.code == code, sourceLocation: location)
    for part in parts {
      #expect(error.message.contains(part), "\(error.message)", sourceLocation: location)
    }
    return error
  } catch {
    Issue.record("another error: \(error)", sourceLocation: location)
    return nil
  }
  Issue.record("no error; expected one that contains \(parts)", sourceLocation: location)
  return nil
}
