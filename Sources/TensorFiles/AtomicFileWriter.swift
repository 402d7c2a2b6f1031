import Foundation

/// Takes the bytes of a file that `AtomicFile` is writing, in order.
///
/// Small pieces are collected; large ones go to the file without a copy.
public struct AtomicFileWriter: ~Copyable {
  private static let bufferLimit = 1 << 16

  private let descriptor: Int32
  private let file: String
  private var buffer: [UInt8] = []
  private var storedCount = 0
  /// Bytes taken so far.
  public private(set) var byteCount = 0

  init(descriptor: Int32, file: String) {
    self.descriptor = descriptor
    self.file = file
  }

  /// Appends bytes.
  ///
  /// - Parameter bytes: The bytes that follow those already written.
  /// - Throws: `TensorFileError` with the system's reason, such as a full disk.
  public mutating func write(_ bytes: UnsafeRawBufferPointer) throws(TensorFileError) {
    byteCount += bytes.count
    if buffer.count + bytes.count <= Self.bufferLimit {
      buffer.append(contentsOf: bytes)
    } else {
      try flush()
      try send(bytes)
    }
  }

  /// Appends bytes.
  ///
  /// - Parameter bytes: The bytes that follow those already written.
  /// - Throws: `TensorFileError` with the system's reason, such as a full disk.
  public mutating func write(_ bytes: [UInt8]) throws(TensorFileError) {
    try bytes.withUnsafeBufferPointer { (bytes) throws(TensorFileError) in try write(UnsafeRawBufferPointer(bytes)) }
  }

  /// Appends text as UTF-8.
  ///
  /// - Parameter text: The text that follows what is already written.
  /// - Throws: `TensorFileError` with the system's reason, such as a full disk.
  public mutating func write(_ text: String) throws(TensorFileError) {
    try write(Array(text.utf8))
  }

  mutating func flush() throws(TensorFileError) {
    let pending = buffer
    buffer.removeAll(keepingCapacity: false)
    try pending.withUnsafeBufferPointer { (bytes) throws(TensorFileError) in try send(UnsafeRawBufferPointer(bytes)) }
  }

  private mutating func send(_ bytes: UnsafeRawBufferPointer) throws(TensorFileError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = Foundation.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress!, rest.count)
      if written < 0 {
        if errno == EINTR { continue }
        throw .system(file, "cannot be written beyond byte \(storedCount), nothing of it is kept")
      }
      storedCount += written
      rest = rest.dropFirst(written)
    }
  }
}
