/// The type of a tensor's elements, all little-endian.
public enum ElementType: String, Sendable, CaseIterable {
  case bool = "BOOL"
  case uint8 = "U8"
  case int8 = "I8"
  case int32 = "I32"
  case int64 = "I64"
  case float16 = "F16"
  case bfloat16 = "BF16"
  case float32 = "F32"
  case float64 = "F64"

  /// Bytes per element.
  public var byteWidth: Int {
    switch self {
    case .bool, .uint8, .int8: 1
    case .float16, .bfloat16: 2
    case .int32, .float32: 4
    case .int64, .float64: 8
    }
  }
}

/// A named-by-others, row-major array of one element type: what tensor files hold.
///
/// A view: `storage` may be a mapped file that several tensors share.
public struct Tensor: Sendable {
  /// The type of each element.
  public let elementType: ElementType
  /// The dimensions, outermost first; empty for a scalar.
  public let shape: [Int]
  /// The owner of the bytes.
  public let storage: TensorStorage
  /// Where this tensor's bytes begin in `storage`.
  public let byteOffset: Int

  /// A view of `storage`.
  ///
  /// - Precondition: the bytes that shape and type demand lie within the storage.
  public init(elementType: ElementType, shape: [Int], storage: TensorStorage, byteOffset: Int = 0) {
    self.elementType = elementType
    self.shape = shape
    self.storage = storage
    self.byteOffset = byteOffset
    precondition(byteOffset >= 0 && byteOffset + byteCount <= storage.byteCount, "tensor exceeds its storage")
  }

  /// Number of elements.
  public var count: Int { shape.reduce(1, *) }
  /// Number of bytes.
  public var byteCount: Int { count * elementType.byteWidth }

  /// Calls `body` with the tensor's bytes.
  public func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeRawBufferPointer(rebasing: storage.bytes[byteOffset..<byteOffset + byteCount]))
  }
}

extension Tensor {
  private init(elementType: ElementType, shape: [Int], copying source: UnsafeRawBufferPointer) {
    let storage = TensorStorage(uninitialisedByteCount: source.count)
    if source.count > 0 { storage.mutableBytes.copyMemory(from: source) }
    self.init(elementType: elementType, shape: shape, storage: storage)
  }

  /// A float32 tensor that holds a copy of `values`.
  public init(_ values: [Float], shape: [Int]) {
    precondition(values.count == shape.reduce(1, *), "element count differs from shape")
    self = values.withUnsafeBytes { Tensor(elementType: .float32, shape: shape, copying: $0) }
  }

  /// An int64 tensor that holds a copy of `values`.
  public init(_ values: [Int64], shape: [Int]) {
    precondition(values.count == shape.reduce(1, *), "element count differs from shape")
    self = values.withUnsafeBytes { Tensor(elementType: .int64, shape: shape, copying: $0) }
  }

  /// An int32 tensor that holds a copy of `values`.
  public init(_ values: [Int32], shape: [Int]) {
    precondition(values.count == shape.reduce(1, *), "element count differs from shape")
    self = values.withUnsafeBytes { Tensor(elementType: .int32, shape: shape, copying: $0) }
  }

  /// A one-dimensional uint8 tensor that holds a copy of `bytes`.
  public init(_ bytes: [UInt8]) {
    self = bytes.withUnsafeBytes { Tensor(elementType: .uint8, shape: [bytes.count], copying: $0) }
  }

  /// The elements converted to `Float`, whatever the element type.
  public func floats() -> [Float] {
    withBytes { bytes in
      func convert<T>(_ type: T.Type, _ transform: (T) -> Float) -> [Float] {
        (0..<count).map { transform(bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<T>.size, as: T.self)) }
      }
      return switch elementType {
      case .bool, .uint8: convert(UInt8.self) { Float($0) }
      case .int8: convert(Int8.self) { Float($0) }
      case .int32: convert(Int32.self) { Float($0) }
      case .int64: convert(Int64.self) { Float($0) }
      case .float16: convert(Float16.self) { Float($0) }
      case .bfloat16: convert(UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
      case .float32: convert(Float.self) { $0 }
      case .float64: convert(Double.self) { Float($0) }
      }
    }
  }

  /// The elements of an integer tensor; `nil` if the type is not an integer type.
  public func integers() -> [Int]? {
    withBytes { bytes in
      switch elementType {
      case .bool, .uint8: bytes.map { Int($0) }
      case .int8: bytes.map { Int(Int8(bitPattern: $0)) }
      case .int32: (0..<count).map { Int(bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Int32.self)) }
      case .int64: (0..<count).map { Int(bytes.loadUnaligned(fromByteOffset: $0 * 8, as: Int64.self)) }
      default: nil
      }
    }
  }
}
