import Foundation

extension Tensor {
  /// The part at one position of the first dimension, such as one frame of a video.
  ///
  /// A view: nothing is copied, and of a mapped file nothing is read before the bytes are used.
  ///
  /// - Parameter position: below `shape[0]`.
  /// - Returns: a tensor of the other dimensions.
  /// - Precondition: the tensor has a first dimension and the position lies in it.
  public func slice(_ position: Int) -> Tensor {
    precondition(!shape.isEmpty && (0..<shape[0]).contains(position), "slice \(position) of \(shape)")
    let rest = Array(shape.dropFirst())
    return Tensor(
      elementType: elementType, shape: rest, storage: storage,
      byteOffset: byteOffset + position * rest.reduce(elementType.byteWidth, *))
  }

  /// The bytes that shape and type demand; `nil` if a dimension is negative or a product exceeds `Int`.
  static func byteCount(shape: [Int], elementType: ElementType) -> Int? {
    var product = 1
    for dimension in shape + [elementType.byteWidth] {
      let (next, overflow) = product.multipliedReportingOverflow(by: dimension)
      guard dimension >= 0, !overflow else { return nil }
      product = next
    }
    return product
  }

  /// A view of `storage`, or a copy in aligned memory if the address is not a multiple of the element's width.
  ///
  /// The caller has checked that the bytes lie within the storage.
  static func aligned(
    elementType: ElementType, shape: [Int], storage: TensorStorage, byteOffset: Int
  ) -> Tensor {
    let view = Tensor(elementType: elementType, shape: shape, storage: storage, byteOffset: byteOffset)
    return view.isAligned ? view : view.copied()
  }

  /// Whether the first byte's address is a multiple of the element's width.
  var isAligned: Bool {
    guard byteCount > 0, let base = storage.bytes.baseAddress else { return true }
    return (UInt(bitPattern: base) &+ UInt(byteOffset)).isMultiple(of: UInt(elementType.byteWidth))
  }

  /// The same numbers in heap memory of their own.
  private func copied() -> Tensor {
    let copy = TensorStorage(uninitialisedByteCount: byteCount)
    withBytes { copy.mutableBytes.copyMemory(from: $0) }
    return Tensor(elementType: elementType, shape: shape, storage: copy)
  }
}
