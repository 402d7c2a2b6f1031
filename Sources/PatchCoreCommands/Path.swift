/// Parts of paths as text.
///
/// Not Foundation's, which traps on the parent of a path of one character.
enum Path {
  /// The folder of a path: all before the last `/`, empty if there is none.
  static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "" }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The file name: all after the last `/`.
  static func name(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
  }

  /// The path without its extension; a dot that begins a file name begins no extension.
  static func withoutExtension(_ path: String) -> String {
    let name = name(of: path)
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return path }
    return String(path.dropLast(name.distance(from: dot, to: name.endIndex)))
  }

  /// A path in a folder.
  static func join(_ folder: String, _ path: String) -> String {
    folder.isEmpty || folder.hasSuffix("/") ? folder + path : folder + "/" + path
  }
}
