extension ElementType {
  /// The class in PyTorch's `torch` module that stores elements of this type.
  var torchStorage: String {
    switch self {
    case .bool: "BoolStorage"
    case .uint8: "ByteStorage"
    case .int8: "CharStorage"
    case .int32: "IntStorage"
    case .int64: "LongStorage"
    case .float16: "HalfStorage"
    case .bfloat16: "BFloat16Storage"
    case .float32: "FloatStorage"
    case .float64: "DoubleStorage"
    }
  }

  /// The type that a PyTorch storage class holds; `nil` for one that is not supported.
  init?(torchStorage name: String) {
    guard let match = Self.allCases.first(where: { $0.torchStorage == name }) else { return nil }
    self = match
  }
}
