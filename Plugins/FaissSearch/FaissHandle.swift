#if FAISS
import CFaiss
import PatchCore
import TensorFiles

/// A native index of any kind.
///
/// A class because it owns native memory, freed when the last reference goes. `@unchecked Sendable`: the pointer never
/// changes, and once built the native index is only read.
final class FaissHandle: @unchecked Sendable {
  /// The native index, for the functions that copy a kind's parts out of it.
  let pointer: OpaquePointer

  private init(_ pointer: OpaquePointer?) throws {
    guard let pointer else {
      throw PatchCoreError(.nativeFailure, stage: NeighbourIndexRole.name, "FAISS returned no index")
    }
    self.pointer = pointer
  }

  deinit { cfaiss_free_index(pointer) }

  /// A native call: is given the bank, a place for the index, and room for a message; returns 0 for success.
  typealias Maker = (cfaiss_bank, inout OpaquePointer?, UnsafeMutablePointer<CChar>, Int) -> CInt

  /// Makes an index over a bank.
  static func making(_ activity: String, over bank: Matrix, _ make: Maker) throws -> FaissHandle {
    var pointer: OpaquePointer?
    try bank.withNative { bank in try call(activity) { make(bank, &pointer, $0, $1) } }
    return try FaissHandle(pointer)
  }

  /// FAISS's 32-bit seed; it adds 1 to it, and 30 bits stay clear of overflow.
  static func nativeSeed(_ seed: UInt64) -> CInt { CInt(truncatingIfNeeded: seed >> 34) }

  /// Searches for a block of queries on the calling thread.
  func search(
    _ queries: UnsafeBufferPointer<Float>, count: Int, k: Int, depth: Int, bank: cfaiss_bank,
    rows: UnsafeMutablePointer<Int32>, squaredDistances: UnsafeMutablePointer<Float>
  ) throws {
    try Self.call("searching") {
      cfaiss_search(pointer, bank, queries.baseAddress, count, k, depth, rows, squaredDistances, $0, $1)
    }
  }

  /// Calls a native function that may fail with a message.
  static func call(_ activity: String, _ body: (UnsafeMutablePointer<CChar>, Int) -> CInt) throws {
    try withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { message in
      message.initialize(repeating: 0)
      guard let text = message.baseAddress else { return }
      guard body(text, message.count) == 0 else {
        throw PatchCoreError(
          .nativeFailure, stage: NeighbourIndexRole.name,
          "FAISS failed in \(activity): \(String(cString: text)); use neighbour_index: {kind: exact} if it persists")
      }
    }
  }
}

extension Matrix {
  /// Calls the body with the rows as the bridge takes them.
  func withNative<R>(_ body: (cfaiss_bank) throws -> R) rethrows -> R {
    try withUnsafeBufferPointer {
      try body(cfaiss_bank(values: $0.baseAddress, rows: rows, dimension: columns))
    }
  }
}
#endif
