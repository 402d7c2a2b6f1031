import Foundation

/// The storages of a checkpoint, from which tensors are made.
struct TorchStorages {
  /// How many times the file's size may be copied for tensors that cannot be mapped.
  private static let copyLimit = 4

  private let storage: TensorStorage
  private let file: String
  private let places: [String: Range<Int>]
  /// Copies of storages at odd addresses.
  private var alignedCopies: [String: TensorStorage] = [:]
  private var copyBudget: Int

  init(storage: TensorStorage, file: String, places: [String: Range<Int>]) {
    self.storage = storage
    self.file = file
    self.places = places
    copyBudget = Self.copyLimit * storage.byteCount
  }

  /// A row-major tensor: a view where strides and alignment allow, else a copy.
  mutating func tensor(
    _ source: PickleObject.StridedTensor, of object: PickleObject, named name: String
  ) throws(TensorFileError) -> Tensor {
    let description = object.storages[source.storage]
    let type = description.elementType
    guard let byteCount = Tensor.byteCount(shape: source.shape, elementType: type) else {
      throw TensorFileError(file: file, message: "tensor \(name) has the impossible shape \(source.shape)")
    }
    guard let place = places[description.key] else {
      throw TensorFileError(file: file, message: "tensor \(name) needs storage \(description.key), which is not there")
    }
    let needed = Tensor.byteCount(shape: [description.count], elementType: type)
    guard needed == place.count else {
      throw TensorFileError(
        file: file,
        message: "tensor \(name): storage \(description.key) has \(place.count) bytes, "
          + "its \(description.count) \(type.rawValue) elements need \(needed.map(String.init) ?? "too many"); "
          + "the file is damaged, copy it again")
    }
    let window = description.window
    guard let last = Self.lastElement(source), last < window.count else {
      throw TensorFileError(
        file: file,
        message: "tensor \(name) of shape \(source.shape), strides \(source.strides) and offset "
          + "\(source.offset) exceeds its storage of \(window.count) elements")
    }
    guard byteCount > 0 else {
      return Tensor(elementType: type, shape: source.shape, storage: TensorStorage(byteCount: 0))
    }
    let (bytes, start) = try region(description.key, place: place, width: type.byteWidth, name: name)
    let offset = start + (window.lowerBound + source.offset) * type.byteWidth
    if Self.isRowMajor(source) {
      return Tensor(elementType: type, shape: source.shape, storage: bytes, byteOffset: offset)
    }
    // An expanded tensor can have any size, whatever the file's.
    guard byteCount <= place.count else {
      throw TensorFileError(
        file: file,
        message: "tensor \(name) repeats the elements of its storage (\(byteCount) bytes from "
          + "\(place.count)); save tensor.clone()")
    }
    try spend(byteCount, name: name)
    return Self.gather(source, elementType: type, byteCount: byteCount, from: bytes, at: offset)
  }

  private mutating func region(
    _ key: String, place: Range<Int>, width: Int, name: String
  ) throws(TensorFileError) -> (TensorStorage, Int) {
    if let copy = alignedCopies[key] { return (copy, 0) }
    guard let base = storage.bytes.baseAddress,
      !(UInt(bitPattern: base) + UInt(place.lowerBound)).isMultiple(of: UInt(width))
    else { return (storage, place.lowerBound) }
    try spend(place.count, name: name)
    let copy = TensorStorage(uninitialisedByteCount: place.count)
    copy.mutableBytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage.bytes[place]))
    alignedCopies[key] = copy
    return (copy, 0)
  }

  private mutating func spend(_ count: Int, name: String) throws(TensorFileError) {
    copyBudget -= count
    guard copyBudget >= 0 else {
      throw TensorFileError(
        file: file,
        message: "tensor \(name): making tensors contiguous would take more than "
          + "\(Self.copyLimit) times the file's \(storage.byteCount) bytes; save contiguous tensors")
    }
  }

  /// The greatest position in the storage that a tensor reaches, -1 if it has no elements; `nil` beyond `Int`.
  private static func lastElement(_ tensor: PickleObject.StridedTensor) -> Int? {
    guard !tensor.shape.contains(0) else { return -1 }
    var last = tensor.offset
    for (size, stride) in zip(tensor.shape, tensor.strides) {
      let (reach, overflowed) = (size - 1).multipliedReportingOverflow(by: stride)
      let (sum, exceeded) = last.addingReportingOverflow(reach)
      guard !overflowed, !exceeded else { return nil }
      last = sum
    }
    return last
  }

  private static func isRowMajor(_ tensor: PickleObject.StridedTensor) -> Bool {
    var expected = 1
    for (size, stride) in zip(tensor.shape, tensor.strides).reversed() where size != 1 {
      guard stride == expected else { return false }
      expected *= size
    }
    return true
  }

  /// Copies a strided tensor, all of whose elements were found to lie in the storage, to row-major order.
  private static func gather(
    _ source: PickleObject.StridedTensor, elementType: ElementType, byteCount: Int, from storage: TensorStorage,
    at offset: Int
  ) -> Tensor {
    let result = TensorStorage(uninitialisedByteCount: byteCount)
    switch elementType.byteWidth {
    case 1: copy(source, UInt8.self, from: storage, at: offset, to: result)
    case 2: copy(source, UInt16.self, from: storage, at: offset, to: result)
    case 4: copy(source, UInt32.self, from: storage, at: offset, to: result)
    default: copy(source, UInt64.self, from: storage, at: offset, to: result)
    }
    return Tensor(elementType: elementType, shape: source.shape, storage: result)
  }

  private static func copy<T: FixedWidthInteger>(
    _ source: PickleObject.StridedTensor, _ type: T.Type, from storage: TensorStorage, at offset: Int,
    to result: TensorStorage
  ) {
    let width = MemoryLayout<T>.size
    let (from, to) = (storage.bytes, result.mutableBytes)
    let inner = source.shape.last ?? 1
    let step = (source.strides.last ?? 1) * width
    var index = [Int](repeating: 0, count: max(0, source.shape.count - 1))
    var row = offset
    for first in stride(from: 0, to: to.count, by: inner * width) {
      for column in 0..<inner {
        let element = from.loadUnaligned(fromByteOffset: row + column * step, as: T.self)
        to.storeBytes(of: element, toByteOffset: first + column * width, as: T.self)
      }
      for dimension in index.indices.reversed() {
        index[dimension] += 1
        row += source.strides[dimension] * width
        if index[dimension] < source.shape[dimension] { break }
        row -= source.shape[dimension] * source.strides[dimension] * width
        index[dimension] = 0
      }
    }
  }
}
