#if FAISS
import CFaiss
import PatchCore
import TensorFiles

/// A native index.
///
/// A class because it owns native memory, freed when the last reference goes. `@unchecked Sendable`: the pointer never changes, and once built the native index is only read.
final class FaissHandle: @unchecked Sendable {
  private let pointer: OpaquePointer

  private init(_ pointer: OpaquePointer) { self.pointer = pointer }

  deinit { cfaiss_free_index(pointer) }

  /// Trains an index on the bank and adds the bank's rows.
  static func building(over bank: Matrix, shape: IVFPQShape, seed: UInt64) throws -> FaissHandle {
    // FAISS takes a 32-bit seed and adds 1 to it; 30 bits stay clear of overflow.
    let settings = cfaiss_settings(
      lists: shape.lists, sub_quantisers: shape.subQuantisers, bits: shape.bits,
      seed: Int32(truncatingIfNeeded: seed >> 34))
    var pointer: OpaquePointer?
    try bank.withUnsafeBufferPointer { values in
      try call("building the index") {
        cfaiss_build(values.baseAddress, shape.rows, shape.dimension, settings, &pointer, $0, $1)
      }
    }
    return try FaissHandle(nonNil(pointer))
  }

  /// Reads an index from bytes that `IVFPQFormat` has checked.
  static func reading(_ bytes: UnsafeRawBufferPointer) throws -> FaissHandle {
    var pointer: OpaquePointer?
    try call("reading the index") {
      cfaiss_read(bytes.assumingMemoryBound(to: UInt8.self).baseAddress, bytes.count, &pointer, $0, $1)
    }
    return try FaissHandle(nonNil(pointer))
  }

  /// The index in FAISS's format, as a tensor of bytes.
  func written() throws -> Tensor {
    var bytes: UnsafeMutablePointer<UInt8>?
    var count = 0
    try Self.call("writing the index") { cfaiss_write(pointer, &bytes, &count, $0, $1) }
    defer { cfaiss_free_bytes(bytes) }
    let storage = TensorStorage(byteCount: count)
    storage.mutableBytes.copyMemory(from: UnsafeRawBufferPointer(start: bytes, count: count))
    return Tensor(elementType: .uint8, shape: [count], storage: storage)
  }

  /// Searches for a block of queries on the calling thread.
  func search(
    _ queries: UnsafeBufferPointer<Float>, count: Int, k: Int, probes: Int, bank: UnsafeBufferPointer<Float>,
    rows: UnsafeMutablePointer<Int32>, squaredDistances: UnsafeMutablePointer<Float>
  ) throws {
    try Self.call("searching") {
      cfaiss_search(
        pointer, bank.baseAddress, queries.baseAddress, count, k, probes, rows, squaredDistances, $0, $1)
    }
  }

  private static func call(
    _ activity: String, _ body: (UnsafeMutablePointer<CChar>, Int) -> CInt
  ) throws {
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

  private static func nonNil(_ pointer: OpaquePointer?) throws -> OpaquePointer {
    guard let pointer else {
      throw PatchCoreError(.nativeFailure, stage: NeighbourIndexRole.name, "FAISS returned no index")
    }
    return pointer
  }
}
#endif
