import Foundation

/// Bytes with one owner: heap memory aligned to 64 bytes, or a mapped file.
///
/// A class because it owns native memory, freed when the last reference goes.
///
/// `@unchecked Sendable`: the address and length never change after `init`. Whoever writes through
/// `mutableBytes` must hold the only reference (`Matrix` and `FeatureMap` copy on write).
public final class TensorStorage: @unchecked Sendable {
  private enum Owner {
    case heap
    case mapping
    case spool
    case borrowed(AnyObject)
  }

  private let base: UnsafeMutableRawPointer?
  private let owner: Owner
  /// Number of bytes.
  public let byteCount: Int
  /// Whether the bytes may be written: heap memory and spooled files, but not files mapped for reading.
  public let isWritable: Bool

  /// The alignment of every allocation and the multiple to which tensor data is placed in files.
  public static let alignment = 64

  /// Zero-filled heap memory, aligned to 64 bytes.
  public convenience init(byteCount: Int) {
    self.init(uninitialisedByteCount: byteCount)
    if let base { memset(base, 0, byteCount) }
  }

  /// Heap memory, aligned to 64 bytes, that the caller fills at once.
  package init(uninitialisedByteCount byteCount: Int) {
    precondition(byteCount >= 0, "negative size")
    var pointer: UnsafeMutableRawPointer?
    if byteCount > 0 {
      let status = posix_memalign(&pointer, Self.alignment, byteCount)
      precondition(status == 0, "out of memory: \(byteCount) bytes")
    }
    base = pointer
    owner = .heap
    self.byteCount = byteCount
    isWritable = true
  }

  private init(mapping: UnsafeMutableRawPointer?, byteCount: Int, isSpool: Bool = false) {
    base = mapping
    owner = isSpool ? .spool : .mapping
    self.byteCount = byteCount
    isWritable = isSpool
  }

  /// Bytes owned by another object, which is kept alive.
  public init(borrowing bytes: UnsafeRawBufferPointer, from owner: AnyObject) {
    base = UnsafeMutableRawPointer(mutating: bytes.baseAddress)
    self.owner = .borrowed(owner)
    byteCount = bytes.count
    isWritable = false
  }

  /// Maps a whole file for reading.
  ///
  /// - Throws: `TensorFileError` if the file cannot be opened or mapped.
  public static func mapping(fileAt path: String) throws(TensorFileError) -> TensorStorage {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(path, "cannot be opened") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .system(path, "cannot be read") }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw TensorFileError(file: path, message: "is not a regular file")
    }
    let size = Int(status.st_size)
    guard size > 0 else { return TensorStorage(mapping: nil, byteCount: 0) }
    guard let address = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
      throw .system(path, "cannot be mapped into memory")
    }
    return TensorStorage(mapping: address, byteCount: size)
  }

  /// Zero-filled bytes in an unlinked temporary file, for data larger than memory.
  ///
  /// The space is reserved before the file is mapped, so that a full disk is an error here and not a bus error later.
  ///
  /// - Throws: `TensorFileError` naming the folder if the space cannot be reserved.
  public static func spooling(byteCount: Int, inDirectory directory: String) throws(TensorFileError) -> TensorStorage {
    var template = Array((directory + "/patchcore-spool-XXXXXX").utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw .system(directory, "cannot hold a temporary file") }
    defer { close(descriptor) }
    unlink(template)
    guard byteCount > 0 else { return TensorStorage(byteCount: 0) }
    let reserved = posix_fallocate(descriptor, 0, byteCount)
    guard reserved == 0 else {
      errno = reserved
      throw .system(directory, "has no room for \(byteCount) bytes of embeddings; free space or set TMPDIR")
    }
    guard let address = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), address != MAP_FAILED
    else { throw .system(directory, "cannot map a temporary file") }
    return TensorStorage(mapping: address, byteCount: byteCount, isSpool: true)
  }

  /// The bytes.
  ///
  /// Valid as long as this object lives.
  public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: byteCount) }

  /// The bytes for writing.
  ///
  /// Only the holder of the sole reference may use them.
  public var mutableBytes: UnsafeMutableRawBufferPointer {
    precondition(isWritable, "storage is mapped for reading")
    return UnsafeMutableRawBufferPointer(start: base, count: byteCount)
  }

  /// Whether the bytes lie in a temporary file because memory is short.
  public var isSpool: Bool {
    if case .spool = owner { true } else { false }
  }

  /// Gives the memory behind mapped bytes back to the system, which reads them again from the file when they are used.
  ///
  /// What was written to a spool is kept by the system and goes to the file. Heap memory and the program's own bytes stay.
  /// Safe while others use the bytes.
  ///
  /// - Parameter range: positions of bytes; the pages they lie on are given back whole.
  public func releasePages(_ range: Range<Int>) {
    switch owner {
    case .heap, .borrowed: return
    case .mapping, .spool: break
    }
    let range = range.clamped(to: 0..<byteCount)
    guard let base, !range.isEmpty else { return }
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    // A mapping begins on a page.
    let first = range.lowerBound / page * page
    madvise(base + first, range.upperBound - first, MADV_DONTNEED)
  }

  deinit {
    switch owner {
    case .heap: free(base)
    case .mapping, .spool: if let base { munmap(base, byteCount) }
    case .borrowed: break
    }
  }
}
