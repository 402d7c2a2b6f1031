import Foundation
import TensorFiles

/// Bytes that end where a page begins that cannot be read: reading past the end stops the test at once.
final class GuardedBytes {
  private let address: UnsafeMutableRawPointer
  private let size: Int
  private let bytes: UnsafeRawBufferPointer

  private init(_ contents: [UInt8]) {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let room = (contents.count + page - 1) / page * page
    size = room + page
    let mapping = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let mapping, mapping != MAP_FAILED else { fatalError("no memory for \(size) bytes") }
    address = mapping
    let start = mapping + (room - contents.count)
    if !contents.isEmpty { start.copyMemory(from: contents, byteCount: contents.count) }
    guard mprotect(mapping + room, page, PROT_NONE) == 0 else { fatalError("no guard page") }
    bytes = UnsafeRawBufferPointer(start: start, count: contents.count)
  }

  deinit { munmap(address, size) }

  /// A storage of these bytes.
  static func storage(_ contents: [UInt8]) -> TensorStorage {
    let guarded = GuardedBytes(contents)
    return TensorStorage(borrowing: guarded.bytes, from: guarded)
  }
}
