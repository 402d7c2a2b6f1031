/// What a pickle built: values, and the containers and tensors that they refer to by position.
///
/// Positions instead of nested values: a dictionary that contains itself is harmless, and nothing recurses, however
/// deep the file nests.
struct PickleObject {
  /// One value.
  enum Value {
    case none
    case boolean(Bool)
    case integer(Int)
    /// A number that is kept for nobody: a float, or an integer beyond 64 bits.
    case otherNumber
    case text(String)
    case global(Global)
    case tuple(Int)
    case list(Int)
    case dictionary(Int)
    case storage(Int)
    case tensor(Int)
  }

  /// The names that a checkpoint may refer to.
  enum Global {
    case orderedDictionary
    case rebuildTensor
    case rebuildParameter
    case storage(ElementType)
  }

  /// A flat run of elements that tensors view.
  struct Storage {
    var elementType: ElementType
    var key: String
    /// Number of elements in the file's storage of that key.
    var count: Int
    /// The elements that tensors see.
    var window: Range<Int>
  }

  /// A tensor as a strided view of a storage; offset and strides count elements.
  struct StridedTensor {
    var storage: Int
    var offset: Int
    var shape: [Int]
    var strides: [Int]
  }

  var root = Value.none
  var tuples: [[Value]] = [[]]
  var lists: [[Value]] = []
  var dictionaries: [[(key: Value, value: Value)]] = []
  var storages: [Storage] = []
  var tensors: [StridedTensor] = []

  /// The entries of a dictionary whose keys are text, in order.
  func textEntries(_ value: Value) -> [(key: String, value: Value)]? {
    guard case .dictionary(let position) = value else { return nil }
    return dictionaries[position].compactMap { key, value in
      if case .text(let name) = key { (name, value) } else { nil }
    }
  }

  /// The numbers of a tuple of integers that are not negative.
  func sizes(_ value: Value) -> [Int]? {
    guard case .tuple(let position) = value else { return nil }
    var result: [Int] = []
    for case .integer(let size) in tuples[position] where size >= 0 { result.append(size) }
    return result.count == tuples[position].count ? result : nil
  }
}
