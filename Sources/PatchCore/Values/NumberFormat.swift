import TensorFiles

/// How the numbers of a matrix are kept; whoever reads them gets 32-bit floats.
public enum NumberFormat: String, Sendable, Hashable, Codable, CaseIterable {
  /// 32 bits, as they were computed.
  case float32
  /// The upper 16 bits of a 32-bit float, rounded to nearest, ties to even: 8 significant bits.
  ///
  /// Off by at most 2^-9 of each number. Finite numbers stay finite.
  case bfloat16
  /// 256 equal steps from the least to the greatest number of a row, and two 32-bit floats for each row.
  ///
  /// Off by at most half a step, and the rounding of a float.
  case int8

  /// Bytes of a number.
  public var byteWidth: Int { elementType.byteWidth }

  /// Bytes of a row.
  public func bytesPerRow(_ columns: Int) -> Int { columns * byteWidth + (self == .int8 ? 8 : 0) }

  /// The element type of a tensor that holds such numbers.
  var elementType: ElementType {
    switch self {
    case .float32: .float32
    case .bfloat16: .bfloat16
    case .int8: .int8
    }
  }

  /// The format of a tensor's numbers; `nil` if matrices have none like it.
  init?(_ elementType: ElementType) {
    guard let format = Self.allCases.first(where: { $0.elementType == elementType }) else { return nil }
    self = format
  }
}
