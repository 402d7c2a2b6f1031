import Foundation

/// A file of numbers beside the script that made it.
enum Fixture {
  static func decode<T: Decodable>(_ type: T.Type, _ name: String, file: String = #filePath) throws -> T {
    let path = folder(file) + "/" + name
    return try JSONDecoder().decode(type, from: Data(contentsOf: URL(fileURLWithPath: path)))
  }

  static func folder(_ file: String = #filePath) -> String {
    URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent("Fixtures").path
  }
}
