import Foundation

/// A file of numbers beside the script that made it.
enum Fixture {
  static func decode<T: Decodable>(_ type: T.Type, _ name: String, file: String = #filePath) throws -> T {
    let folder = URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent("Fixtures")
    return try JSONDecoder().decode(type, from: Data(contentsOf: folder.appendingPathComponent(name)))
  }
}
