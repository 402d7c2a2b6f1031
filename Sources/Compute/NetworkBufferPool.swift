import Foundation
import Synchronization

/// Blocks of memory of one size, lent to one caller at a time and kept for the next.
///
/// A class because it owns native memory, freed when the pool goes. Memory fresh from the system costs a page fault
/// for every 4 KiB, more than many layers take to compute.
final class NetworkBufferPool: Sendable {
  private struct Block: @unchecked Sendable {
    // Only the borrower touches the bytes; the pool hands the address from one to the next under its lock.
    let base: UnsafeMutableRawPointer
  }

  private static let alignment = 64
  private let byteCount: Int
  private let free = Mutex<[Block]>([])

  init(byteCount: Int) { self.byteCount = byteCount }

  deinit { free.withLock { $0.forEach { $0.base.deallocate() } } }

  /// Calls `body` with a block whose contents are undefined.
  func withBuffer<R>(_ body: (UnsafeMutableRawPointer) throws -> R) rethrows -> R {
    let block =
      free.withLock { $0.popLast() }
      ?? Block(base: .allocate(byteCount: max(byteCount, 1), alignment: Self.alignment))
    defer { free.withLock { $0.append(block) } }
    return try body(block.base)
  }
}
