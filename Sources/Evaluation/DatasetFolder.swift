import Foundation
import ImageFiles
import PatchCore

/// A folder of a data set: its images and folders, ordered by the bytes of their names.
struct DatasetFolder {
  /// The full path.
  let path: String
  /// Names of the image files.
  let images: [String]
  /// Names of the folders.
  let folders: [String]
  /// Names of the files that are no images.
  let others: [String]

  /// Lists a folder.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidDataset` if the folder is missing, is a file or holds a broken link.
  init(_ path: String) throws {
    self.path = path
    let names = try Self.names(in: path)
    var images: [String] = [], folders: [String] = [], others: [String] = []
    for name in names where !name.hasPrefix(".") {
      var status = stat()
      guard stat(path + "/" + name, &status) == 0 else {
        let reason = String(cString: strerror(errno))
        throw PatchCoreError(
          .invalidDataset, "\(path)/\(name) cannot be read (\(reason)); repair the link or remove it")
      }
      switch status.st_mode & S_IFMT {
      case S_IFDIR: folders.append(name)
      case S_IFREG: if Self.isImage(name) { images.append(name) } else { others.append(name) }
      default: others.append(name)
      }
    }
    self.images = images.sorted(by: Self.precedes)
    self.folders = folders.sorted(by: Self.precedes)
    self.others = others.sorted(by: Self.precedes)
  }

  private static func names(in path: String) throws -> [String] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw PatchCoreError(.invalidDataset, "\(path): there is no such folder")
    }
    guard isFolder.boolValue else {
      throw PatchCoreError(.invalidDataset, "\(path) is a file; give the folder that holds the images")
    }
    do {
      return try FileManager.default.contentsOfDirectory(atPath: path)
    } catch {
      throw PatchCoreError(.invalidDataset, "\(path) cannot be listed: \(error)", cause: error)
    }
  }

  /// The paths of all images in the folder and the folders in it, relative to it.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidDataset` as `init`, or if links lead in a circle.
  static func imagesBelow(_ path: String) throws -> [String] {
    var found: [String] = []
    try collect(path, prefix: "", above: [], into: &found)
    return found.sorted(by: precedes)
  }

  private static func collect(_ path: String, prefix: String, above: [String], into found: inout [String]) throws {
    let real = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    guard !above.contains(real) else {
      throw PatchCoreError(.invalidDataset, "\(path) is a link to a folder that holds it; remove the link")
    }
    let folder = try DatasetFolder(path)
    found += folder.images.map { prefix + $0 }
    for name in folder.folders {
      try collect(path + "/" + name, prefix: prefix + name + "/", above: above + [real], into: &found)
    }
  }

  /// Whether a file's name has the extension of an image.
  static func isImage(_ name: String) -> Bool {
    let split = splitExtension(name)
    return !split.stem.isEmpty && ImageFile.extensions.contains(split.lowercasedExtension)
  }

  /// A name without its extension, and the extension in lower case.
  static func splitExtension(_ name: String) -> (stem: String, lowercasedExtension: String) {
    guard let dot = name.lastIndex(of: ".") else { return (name, "") }
    return (String(name[..<dot]), name[name.index(after: dot)...].lowercased())
  }

  /// Whether a path stands before another by its bytes.
  static func precedes(_ left: String, _ right: String) -> Bool { left.utf8.lexicographicallyPrecedes(right.utf8) }

  /// The last part of a path.
  static func lastComponent(of path: String) -> String {
    URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent
  }

  /// An error that says what a folder without images holds and which files are read.
  ///
  /// - Throws: as `init`, if the folder cannot be listed at all.
  static func noImages(in path: String, what: String = "no images") throws -> PatchCoreError {
    let read = extensionsRead
    let folder = try DatasetFolder(path)
    let contents = folder.others + folder.folders.map { $0 + "/" }
    guard !contents.isEmpty else {
      return PatchCoreError(.invalidDataset, "\(path) holds \(what): it is empty; \(read)")
    }
    return PatchCoreError(.invalidDataset, "\(path) holds \(what), only \(listing(contents)); \(read)")
  }

  /// Which files are read, for messages.
  static var extensionsRead: String { "files ending in \(ImageFile.extensions.joined(separator: ", ")) are read" }

  /// The first names of a list and how many more there are.
  static func listing(_ names: [String], limit: Int = 5) -> String {
    let rest = names.count - limit
    return names.prefix(limit).joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
  }
}
