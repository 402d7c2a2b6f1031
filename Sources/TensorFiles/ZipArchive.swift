import Foundation

/// The entries of a zip archive that are stored without compression, as PyTorch writes them.
///
/// Checksums are not compared: PyTorch does not either, and it would read a mapped file through.
struct ZipArchive {
  private struct Entry {
    var localOffset: UInt64
    var size: UInt64
    var storedSize: UInt64
    var method: UInt16
    var isEncrypted: Bool
  }

  private static let endSize = 22
  private static let locatorSize = 20
  private static let longestComment = 65535
  private static let centralSignature: UInt32 = 0x0201_4B50
  private static let localSignature: UInt32 = 0x0403_4B50
  private static let endSignature: UInt32 = 0x0605_4B50
  private static let wideEndSignature: UInt32 = 0x0606_4B50
  private static let locatorSignature: UInt32 = 0x0706_4B50

  private let storage: TensorStorage
  private let file: String
  private var entries: [String: Entry] = [:]

  /// Reads the archive's directory.
  init(storage: TensorStorage, file: String) throws(TensorFileError) {
    self.storage = storage
    self.file = file
    let directory = try Self.directory(storage, file: file)
    var cursor = ByteCursor(storage, file: file, range: directory.place)
    for _ in 0..<directory.count {
      let (name, entry) = try Self.entry(&cursor)
      guard entries.updateValue(entry, forKey: name) == nil else {
        throw TensorFileError(file: file, message: "is damaged: its archive holds \(name) twice; copy it again")
      }
    }
    guard cursor.remaining == 0 else {
      throw TensorFileError(
        file: file, message: "is damaged: \(cursor.remaining) bytes follow the last entry of its directory")
    }
  }

  /// The names of all entries, ordered.
  var names: [String] { entries.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }

  /// The place of an entry's bytes in the file; `nil` if there is no such entry.
  func place(of name: String) throws(TensorFileError) -> Range<Int>? {
    guard let entry = entries[name] else { return nil }
    guard entry.method == 0, !entry.isEncrypted else {
      let state = entry.isEncrypted ? "encrypted" : "compressed (method \(entry.method))"
      throw TensorFileError(
        file: file,
        message: "holds \(name) \(state), which cannot be mapped; "
          + "load it in Python and torch.save it again")
    }
    guard entry.size == entry.storedSize else {
      throw TensorFileError(
        file: file, message: "is damaged: \(name) has \(entry.size) bytes but \(entry.storedSize) stored")
    }
    guard let offset = Int(exactly: entry.localOffset), let size = Int(exactly: entry.size),
      offset <= storage.byteCount
    else {
      throw TensorFileError(
        file: file, message: "is truncated: \(name) lies at byte \(entry.localOffset) of \(storage.byteCount)")
    }
    var cursor = ByteCursor(storage, file: file, range: offset..<storage.byteCount)
    guard try cursor.integer(UInt32.self, for: name) == Self.localSignature else {
      throw TensorFileError(file: file, message: "is damaged: no entry begins at byte \(offset), where \(name) should")
    }
    _ = try cursor.take(22, for: name)
    let nameLength = Int(try cursor.integer(UInt16.self, for: name))
    let extraLength = Int(try cursor.integer(UInt16.self, for: name))
    _ = try cursor.take(nameLength + extraLength, for: name)
    return try cursor.take(size, for: name)
  }

  private static func directory(
    _ storage: TensorStorage, file: String
  ) throws(TensorFileError) -> (place: Range<Int>, count: Int) {
    guard let end = endRecord(storage) else {
      throw TensorFileError(
        file: file,
        message: "is a truncated zip archive (\(storage.byteCount) bytes without a directory); "
          + "copy it again")
    }
    var cursor = ByteCursor(storage, file: file, range: end + 4..<storage.byteCount)
    _ = try cursor.take(6, for: "the archive's end")
    var count = UInt64(try cursor.integer(UInt16.self, for: "the archive's end"))
    var size = UInt64(try cursor.integer(UInt32.self, for: "the archive's end"))
    var offset = UInt64(try cursor.integer(UInt32.self, for: "the archive's end"))
    var limit = end
    if end >= locatorSize, signature(storage, at: end - locatorSize) == locatorSignature {
      var locator = ByteCursor(storage, file: file, range: end - locatorSize + 8..<end)
      let wide = try locator.integer(UInt64.self, for: "the archive's end")
      guard let start = Int(exactly: wide), start <= end - locatorSize,
        signature(storage, at: start) == wideEndSignature
      else { throw TensorFileError(file: file, message: "is damaged: its zip64 directory is not at byte \(wide)") }
      var record = ByteCursor(storage, file: file, range: start..<end)
      _ = try record.take(32, for: "the archive's end")
      count = try record.integer(UInt64.self, for: "the archive's end")
      size = try record.integer(UInt64.self, for: "the archive's end")
      offset = try record.integer(UInt64.self, for: "the archive's end")
      limit = start
    }
    // An entry of the directory has at least 46 bytes, so the count cannot make the loop long.
    guard size <= UInt64(limit), offset <= UInt64(limit) - size, count <= size / 46 else {
      throw TensorFileError(
        file: file,
        message: "is damaged: a directory of \(count) entries and \(size) bytes at byte \(offset) does not "
          + "fit in \(limit) bytes; copy it again")
    }
    return (Int(offset)..<Int(offset + size), Int(count))
  }

  /// Where the record that ends the archive begins.
  private static func endRecord(_ storage: TensorStorage) -> Int? {
    let last = storage.byteCount - endSize
    guard last >= 0 else { return nil }
    for position in stride(from: last, through: max(0, last - longestComment), by: -1)
    where signature(storage, at: position) == endSignature {
      let comment = storage.bytes.loadUnaligned(fromByteOffset: position + 20, as: UInt16.self)
      if position + endSize + Int(UInt16(littleEndian: comment)) == storage.byteCount { return position }
    }
    return nil
  }

  private static func signature(_ storage: TensorStorage, at position: Int) -> UInt32? {
    guard position >= 0, position + 4 <= storage.byteCount else { return nil }
    return UInt32(littleEndian: storage.bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
  }

  private static func entry(_ cursor: inout ByteCursor) throws(TensorFileError) -> (String, Entry) {
    let purpose = "the archive's directory"
    guard try cursor.integer(UInt32.self, for: purpose) == centralSignature else {
      throw TensorFileError(file: cursor.file, message: "is damaged: its archive's directory holds something else")
    }
    _ = try cursor.take(4, for: purpose)
    let flags = try cursor.integer(UInt16.self, for: purpose)
    let method = try cursor.integer(UInt16.self, for: purpose)
    _ = try cursor.take(8, for: purpose)
    var storedSize = UInt64(try cursor.integer(UInt32.self, for: purpose))
    var size = UInt64(try cursor.integer(UInt32.self, for: purpose))
    let nameLength = Int(try cursor.integer(UInt16.self, for: purpose))
    let extraLength = Int(try cursor.integer(UInt16.self, for: purpose))
    let commentLength = Int(try cursor.integer(UInt16.self, for: purpose))
    _ = try cursor.take(8, for: purpose)
    var offset = UInt64(try cursor.integer(UInt32.self, for: purpose))
    let name = try cursor.text(nameLength, for: purpose)
    let extra = try cursor.take(extraLength, for: purpose)
    _ = try cursor.take(commentLength, for: purpose)

    // Extra field 1 (zip64) holds, in this order, those of the three numbers that did not fit.
    var fields = ByteCursor(cursor.storage, file: cursor.file, range: extra)
    while fields.remaining >= 4 {
      let kind = try fields.integer(UInt16.self, for: purpose)
      let length = Int(try fields.integer(UInt16.self, for: purpose))
      let place = try fields.take(length, for: purpose)
      guard kind == 1 else { continue }
      var wide = ByteCursor(cursor.storage, file: cursor.file, range: place)
      if size == UInt64(UInt32.max) { size = try wide.integer(UInt64.self, for: purpose) }
      if storedSize == UInt64(UInt32.max) { storedSize = try wide.integer(UInt64.self, for: purpose) }
      if offset == UInt64(UInt32.max) { offset = try wide.integer(UInt64.self, for: purpose) }
    }
    return (
      name,
      Entry(localOffset: offset, size: size, storedSize: storedSize, method: method, isEncrypted: flags & 1 != 0)
    )
  }
}
