#if FAISS
import PatchCore

/// FAISS's file format for this one kind of index, walked field by field before FAISS reads it.
///
/// FAISS's reader believes what it reads: sizes that are wrong make it allocate without bound, row numbers that are
/// wrong would lead outside the bank. Everything in the format follows from the shape except the centroids, the
/// lengths of the lists, the codes and the row numbers; these are checked to be finite, to add up, and to name every
/// row once.
struct IVFPQFormat {
  private let shape: IVFPQShape

  init(_ shape: IVFPQShape) { self.shape = shape }

  func check(_ bytes: UnsafeRawBufferPointer) throws {
    var cursor = Cursor(bytes: bytes)
    try cursor.expect(tag: "IwPQ", "kind of index")
    try header(&cursor, rows: shape.rows)
    try cursor.expect(UInt64(shape.lists), "number of lists")
    try cursor.expect(UInt64(1), "number of probes")
    try quantiser(&cursor)
    try cursor.expect(UInt8(0), "direct map")
    try cursor.expect(UInt64(0), "length of the direct map")
    try codebooks(&cursor)
    try invertedLists(&cursor)
    guard cursor.offset == bytes.count else {
      throw Self.damaged("it has \(bytes.count) bytes, but its content ends after \(cursor.offset)")
    }
  }

  private func header(_ cursor: inout Cursor, rows: Int) throws {
    try cursor.expect(UInt32(shape.dimension), "dimension")
    try cursor.expect(UInt64(rows), "number of rows")
    try cursor.expect(UInt64(1 << 20), "reserved field")
    try cursor.expect(UInt64(1 << 20), "reserved field")
    try cursor.expect(UInt8(1), "trained flag")
    try cursor.expect(UInt32(1), "metric")
  }

  private func quantiser(_ cursor: inout Cursor) throws {
    try cursor.expect(tag: "IxF2", "kind of coarse quantiser")
    try header(&cursor, rows: shape.lists)
    try cursor.expect(UInt64(shape.lists * shape.dimension), "number of centroid elements")
    try cursor.finiteFloats(shape.lists * shape.dimension, "centroids")
  }

  private func codebooks(_ cursor: inout Cursor) throws {
    try cursor.expect(UInt8(1), "residual flag")
    try cursor.expect(UInt64(shape.codeSize), "bytes per code")
    try cursor.expect(UInt64(shape.dimension), "dimension of the codebooks")
    try cursor.expect(UInt64(shape.subQuantisers), "number of sub-quantisers")
    try cursor.expect(UInt64(shape.bits), "bits per sub-quantiser")
    try cursor.expect(UInt64(shape.codebookSize * shape.dimension), "number of codebook elements")
    try cursor.finiteFloats(shape.codebookSize * shape.dimension, "codebooks")
  }

  private func invertedLists(_ cursor: inout Cursor) throws {
    try cursor.expect(tag: "ilar", "kind of lists")
    try cursor.expect(UInt64(shape.lists), "number of lists")
    try cursor.expect(UInt64(shape.codeSize), "bytes per code")
    let sizes = try listSizes(&cursor)
    var isKnown = [Bool](repeating: false, count: shape.rows)
    for size in sizes where size > 0 {
      try cursor.skip(size * shape.codeSize, "codes")
      for _ in 0..<size {
        let row = try cursor.read(UInt64.self, "row number")
        guard row < shape.rows, !isKnown[Int(row)] else {
          throw Self.damaged("it names row \(row) twice or beyond the \(shape.rows) rows of the bank")
        }
        isKnown[Int(row)] = true
      }
    }
  }

  /// The length of each list.
  ///
  /// FAISS writes pairs of list and length if more than half of the lists are empty.
  private func listSizes(_ cursor: inout Cursor) throws -> [Int] {
    var sizes = [Int](repeating: 0, count: shape.lists)
    var total = 0
    func set(_ list: UInt64, _ size: UInt64) throws {
      guard list < shape.lists, size <= shape.rows - total else {
        throw Self.damaged("its lists hold more than the \(shape.rows) rows of the bank")
      }
      sizes[Int(list)] = Int(size)
      total += Int(size)
    }
    if try cursor.accept(tag: "full") {
      try cursor.expect(UInt64(shape.lists), "number of list lengths")
      for list in 0..<shape.lists { try set(UInt64(list), try cursor.read(UInt64.self, "list length")) }
    } else {
      try cursor.expect(tag: "sprs", "layout of the lists")
      let numbers = try cursor.read(UInt64.self, "number of list lengths")
      guard numbers.isMultiple(of: 2), numbers <= 2 * UInt64(shape.lists) else {
        throw Self.damaged("it gives lengths for \(numbers / 2) of \(shape.lists) lists")
      }
      var previous: UInt64?
      for _ in 0..<numbers / 2 {
        let list = try cursor.read(UInt64.self, "list")
        guard previous.map({ $0 < list }) ?? true else { throw Self.damaged("its lists are out of order") }
        previous = list
        try set(list, try cursor.read(UInt64.self, "list length"))
      }
    }
    guard total == shape.rows else {
      throw Self.damaged("its lists hold \(total) rows, the bank has \(shape.rows)")
    }
    return sizes
  }

  fileprivate static func damaged(_ reason: String) -> PatchCoreError {
    FaissArchive.damaged(FaissIVFPQConfiguration.kind, reason)
  }
}

/// Little-endian numbers in a row of bytes, never read past the end.
private struct Cursor {
  let bytes: UnsafeRawBufferPointer
  private(set) var offset = 0

  init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  mutating func skip(_ count: Int, _ what: String) throws {
    guard count <= bytes.count - offset else {
      throw IVFPQFormat.damaged("it ends after \(bytes.count) bytes, within its \(what)")
    }
    offset += count
  }

  mutating func read<T: FixedWidthInteger>(_ type: T.Type, _ what: String) throws -> T {
    let start = offset
    try skip(MemoryLayout<T>.size, what)
    return T(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: T.self))
  }

  mutating func expect<T: FixedWidthInteger>(_ value: T, _ what: String) throws {
    let found = try read(T.self, what)
    guard found == value else { throw IVFPQFormat.damaged("its \(what) is \(found), expected \(value)") }
  }

  mutating func accept(tag: String) throws -> Bool {
    let start = offset
    try skip(4, "tag \(tag)")
    if bytes[start..<offset].elementsEqual(tag.utf8) { return true }
    offset = start
    return false
  }

  mutating func expect(tag: String, _ what: String) throws {
    guard try accept(tag: tag) else { throw IVFPQFormat.damaged("its \(what) is not \(tag)") }
  }

  mutating func finiteFloats(_ count: Int, _ what: String) throws {
    let start = offset
    try skip(count * 4, what)
    for index in 0..<count {
      let value = bytes.loadUnaligned(fromByteOffset: start + index * 4, as: Float.self)
      guard value.isFinite else { throw IVFPQFormat.damaged("its \(what) hold a NaN or an infinity") }
    }
  }
}
#endif
