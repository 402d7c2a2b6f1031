import Foundation

/// Writes a file whole or not at all.
///
/// The bytes go to `.NAME.partial-PID` in the folder of the target, are synced, and take the target's name in one
/// step; then the folder is synced. On any failure (a full disk, an error or a cancellation thrown by the body) the
/// temporary file is removed and the target stays as it was. A process that a signal ends midway leaves the temporary
/// file: it may be deleted whenever no process of that number is writing.
public enum AtomicFile {
  private static let nameLimit = 200
  private static let attempts = 100

  /// Writes a file through `body`, and puts it in place once `body` returns.
  ///
  /// A symbolic link is followed, so that its target is replaced and the link stays.
  ///
  /// - Parameters:
  ///   - path: The file to create or replace; its folder must exist.
  ///   - body: Writes the contents in order.
  /// - Throws: `TensorFileError` if the file cannot be written; any error that `body` throws.
  public static func write(to path: String, _ body: (inout AtomicFileWriter) throws -> Void) throws {
    let target = try resolved(path)
    let (folder, name) = split(target)
    let (temporary, descriptor) = try createTemporary(in: folder, for: name, path: path)
    var isInPlace = false
    defer { if !isInPlace { unlink(temporary) } }
    do {
      defer { close(descriptor) }
      var writer = AtomicFileWriter(descriptor: descriptor, file: path)
      try body(&writer)
      try writer.flush()
      guard fsync(descriptor) == 0 else { throw TensorFileError.system(path, "cannot be synced to disk") }
    }
    guard rename(temporary, target) == 0 else { throw TensorFileError.system(path, "cannot be put in place") }
    isInPlace = true
    try sync(folder: folder, path: path)
  }

  /// The file that a path stands for; refuses what a rename would destroy, such as a device.
  private static func resolved(_ path: String) throws(TensorFileError) -> String {
    guard !path.isEmpty else { throw TensorFileError(file: path, message: "is no path; name the file to write") }
    var status = stat()
    guard stat(path, &status) == 0 else { return path }
    guard status.st_mode & S_IFMT == S_IFREG else {
      let kind = status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "not a regular file"
      throw TensorFileError(file: path, message: "is \(kind) and cannot be replaced; name a file")
    }
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK else { return path }
    guard let real = realpath(path, nil) else { throw .system(path, "cannot be resolved") }
    defer { free(real) }
    return String(cString: real)
  }

  private static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return (".", path) }
    let name = String(path[path.utf8.index(after: slash)...])
    return (slash == path.utf8.startIndex ? "/" : String(path[..<slash]), name)
  }

  private static func createTemporary(
    in folder: String, for name: String, path: String
  ) throws(TensorFileError) -> (path: String, descriptor: Int32) {
    guard !name.isEmpty else { throw TensorFileError(file: path, message: "names a folder; name a file") }
    // Room for the ending below the 255 bytes that a file name may have.
    let stem = "\(folder)/.\(String(decoding: name.utf8.prefix(nameLimit), as: UTF8.self)).partial-\(getpid())"
    // A second writer of this process, or what a process of the same number left, holds the plain name.
    for attempt in 0..<attempts {
      let candidate = attempt == 0 ? stem : "\(stem)-\(attempt)"
      let descriptor = open(candidate, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor >= 0 { return (candidate, descriptor) }
      guard errno == EEXIST else { throw .system(path, "cannot be created in \(folder)") }
    }
    throw TensorFileError(file: path, message: "cannot be created: \(attempts) files \(stem)* exist; delete them")
  }

  private static func sync(folder: String, path: String) throws(TensorFileError) {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    // Without leave to read the folder the file still stands complete; only its name is synced later.
    guard descriptor >= 0 else {
      guard errno == EACCES else { throw .system(path, "was written, but its folder cannot be opened") }
      return
    }
    defer { close(descriptor) }
    // Some file systems know no sync of folders and say EINVAL.
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw .system(path, "was written, but its folder cannot be synced")
    }
  }
}
