/// Runs the small part of Python's pickle language that a `state_dict` needs.
///
/// Nothing is imported or called: the few globals that occur are recognised by name, all others are refused, and so is
/// every instruction that `torch.save` does not write for tensors in containers. The language is that of Python's
/// `pickletools` module.
struct PickleReader {
  /// Values that a checkpoint may create, remembered ones and marks counted again; bounds the memory that a small file can claim.
  private static let valueLimit = 2_000_000
  private static let pickleLimit = 64 << 20
  private static let textLimit = 1 << 20
  private static let nameLimit = 256

  private var cursor: ByteCursor
  private let start: Int
  private var object = PickleObject()
  private var stack: [PickleObject.Value] = []
  private var marks: [Int] = []
  private var memo: [Int: PickleObject.Value] = [:]
  private var valueCount = 0

  /// Reads one pickle that begins at the start of `range`.
  init(_ storage: TensorStorage, file: String, range: Range<Int>) {
    let bounded = range.prefix(Self.pickleLimit)
    cursor = ByteCursor(storage, file: file, range: bounded.startIndex..<bounded.endIndex)
    start = range.lowerBound
  }

  /// Where the pickle ended, after `read`.
  var position: Int { cursor.position }

  /// Runs the pickle to its end.
  mutating func read() throws(TensorFileError) -> PickleObject {
    while true {
      let code = try cursor.integer(UInt8.self, for: "the next pickle instruction")
      guard let instruction = PickleInstruction(rawValue: code) else {
        throw refused(
          "uses the pickle instruction \(PickleInstruction.describe(code)), which no state_dict needs")
      }
      if instruction == .stop {
        object.root = try pop()
        guard stack.isEmpty, marks.isEmpty else { throw damaged("values are left over at its end") }
        return object
      }
      try run(instruction)
    }
  }

  private mutating func run(_ instruction: PickleInstruction) throws(TensorFileError) {
    switch instruction {
    case .stop: break
    case .protocolVersion:
      let version = try cursor.integer(UInt8.self, for: "the pickle protocol")
      guard (2...5).contains(version) else { throw damaged("it has the pickle protocol \(version)") }
    case .frame: _ = try cursor.integer(UInt64.self, for: "a frame's length")
    case .mark:
      try count()
      marks.append(stack.count)
    case .none: try push(.none)
    case .newTrue: try push(.boolean(true))
    case .newFalse: try push(.boolean(false))
    case .byte: try push(.integer(Int(cursor.integer(UInt8.self, for: "an integer"))))
    case .short: try push(.integer(Int(cursor.integer(UInt16.self, for: "an integer"))))
    case .word: try push(.integer(Int(cursor.integer(Int32.self, for: "an integer"))))
    case .long: try pushLong()
    case .float:
      _ = try cursor.take(8, for: "a float")
      try push(.otherNumber)
    case .shortText: try pushText(Int(cursor.integer(UInt8.self, for: "a text's length")))
    case .text: try pushText(Int(cursor.integer(UInt32.self, for: "a text's length")))
    case .emptyTuple: try push(.tuple(0))
    case .tuple1: try pushTuple(popLast(1))
    case .tuple2: try pushTuple(popLast(2))
    case .tuple3: try pushTuple(popLast(3))
    case .tuple: try pushTuple(popToMark())
    case .emptyList:
      object.lists.append([])
      try push(.list(object.lists.count - 1))
    case .emptyDictionary: try pushDictionary()
    case .append: try append(popLast(1))
    case .appends: try append(popToMark())
    case .setItem: try setItems(popLast(2))
    case .setItems: try setItems(popToMark())
    case .put: try remember(Int(cursor.integer(UInt8.self, for: "a memo number")))
    case .longPut: try remember(Int(cursor.integer(UInt32.self, for: "a memo number")))
    case .memoize: try remember(memo.count)
    case .get: try recall(Int(cursor.integer(UInt8.self, for: "a memo number")))
    case .longGet: try recall(Int(cursor.integer(UInt32.self, for: "a memo number")))
    case .global:
      let module = try cursor.line(limit: Self.nameLimit, for: "a global's module")
      let name = try cursor.line(limit: Self.nameLimit, for: "a global's name")
      try pushGlobal(module, name)
    case .stackGlobal:
      let names = try popLast(2)
      guard case .text(let module) = names[0], case .text(let name) = names[1] else {
        throw damaged("a global has no name")
      }
      try pushGlobal(module, name)
    case .persistentID: try pushStorage(pop())
    case .reduce: try call()
    case .build:
      // OrderedDict attributes, such as the `_metadata` of a state_dict: not tensors, dropped.
      _ = try pop()
      guard case .dictionary = stack.last else { throw refused("sets attributes of something that is no dictionary") }
    }
  }

  // MARK: Stack and memo

  private mutating func push(_ value: PickleObject.Value) throws(TensorFileError) {
    try count()
    stack.append(value)
  }

  private mutating func count() throws(TensorFileError) {
    valueCount += 1
    guard valueCount <= Self.valueLimit else {
      throw refused("creates more than \(Self.valueLimit) values")
    }
  }

  private mutating func pop() throws(TensorFileError) -> PickleObject.Value { try popLast(1)[0] }

  private mutating func popLast(_ count: Int) throws(TensorFileError) -> [PickleObject.Value] {
    guard stack.count - (marks.last ?? 0) >= count else { throw damaged("an instruction lacks its operands") }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popToMark() throws(TensorFileError) -> [PickleObject.Value] {
    guard let mark = marks.popLast() else { throw damaged("a mark is missing") }
    defer { stack.removeLast(stack.count - mark) }
    return Array(stack[mark...])
  }

  private mutating func remember(_ number: Int) throws(TensorFileError) {
    guard let value = stack.last, stack.count > marks.last ?? 0 else {
      throw damaged("an instruction lacks its operands")
    }
    try count()
    memo[number] = value
  }

  private mutating func recall(_ number: Int) throws(TensorFileError) {
    guard let value = memo[number] else { throw damaged("it recalls value \(number), which was never stored") }
    try push(value)
  }

  // MARK: Values

  private mutating func pushLong() throws(TensorFileError) {
    let length = Int(try cursor.integer(UInt8.self, for: "an integer"))
    let place = try cursor.take(length, for: "an integer")
    guard length <= 8 else { return try push(.otherNumber) }
    var value: UInt64 = 0
    for byte in cursor.storage.bytes[place].reversed() { value = value << 8 | UInt64(byte) }
    let unused = UInt64(64 - 8 * length)
    try push(.integer(length == 0 ? 0 : Int(Int64(bitPattern: value << unused) >> Int64(unused))))
  }

  private mutating func pushText(_ length: Int) throws(TensorFileError) {
    guard length <= Self.textLimit else {
      throw refused("holds a text of \(length) bytes, the limit is \(Self.textLimit)")
    }
    try push(.text(cursor.text(length, for: "a text")))
  }

  private mutating func pushTuple(_ values: [PickleObject.Value]) throws(TensorFileError) {
    object.tuples.append(values)
    try push(.tuple(object.tuples.count - 1))
  }

  private mutating func pushDictionary() throws(TensorFileError) {
    object.dictionaries.append([])
    try push(.dictionary(object.dictionaries.count - 1))
  }

  private mutating func append(_ values: [PickleObject.Value]) throws(TensorFileError) {
    guard case .list(let position) = stack.last else { throw refused("appends to something that is no list") }
    object.lists[position].append(contentsOf: values)
  }

  private mutating func setItems(_ values: [PickleObject.Value]) throws(TensorFileError) {
    guard case .dictionary(let position) = stack.last else { throw refused("sets items of something that is no dict") }
    guard values.count.isMultiple(of: 2) else { throw damaged("a dictionary's key lacks its value") }
    for index in stride(from: 0, to: values.count, by: 2) {
      object.dictionaries[position].append((values[index], values[index + 1]))
    }
  }

  // MARK: Globals and tensors

  private mutating func pushGlobal(_ module: String, _ name: String) throws(TensorFileError) {
    switch (module, name) {
    case ("collections", "OrderedDict"): try push(.global(.orderedDictionary))
    case ("torch._utils", "_rebuild_tensor_v2"): try push(.global(.rebuildTensor))
    case ("torch._utils", "_rebuild_parameter"): try push(.global(.rebuildParameter))
    case ("torch", _) where name.hasSuffix("Storage"):
      guard let type = ElementType(torchStorage: name) else {
        let known = ElementType.allCases.map(\.torchStorage).joined(separator: ", ")
        throw TensorFileError(
          file: cursor.file,
          message: "holds a tensor in torch.\(name); supported are \(known): convert it in Python, such as with .int()")
      }
      try push(.global(.storage(type)))
    default:
      throw refused("calls \(module).\(name)")
    }
  }

  private mutating func pushStorage(_ identifier: PickleObject.Value) throws(TensorFileError) {
    // ('storage', type, key, device, count), and in the legacy format a view (key, offset, count) or None.
    guard case .tuple(let position) = identifier, case let parts = object.tuples[position],
      parts.count == 5 || parts.count == 6, case .text("storage") = parts[0],
      case .global(.storage(let type)) = parts[1], case .text(let key) = parts[2], case .text = parts[3],
      case .integer(let count) = parts[4], count >= 0
    else { throw damaged("a storage's description is not of the known form") }
    var window = 0..<count
    if parts.count == 6, case .tuple(let place) = parts[5] {
      guard case let view = object.tuples[place], view.count == 3, case .text = view[0],
        case .integer(let offset) = view[1], case .integer(let size) = view[2],
        offset >= 0, size >= 0, offset <= count, size <= count - offset
      else { throw damaged("a view of storage \(key) is not within its \(count) elements") }
      window = offset..<offset + size
    }
    object.storages.append(.init(elementType: type, key: key, count: count, window: window))
    try push(.storage(object.storages.count - 1))
  }

  private mutating func call() throws(TensorFileError) {
    let operands = try popLast(2)
    guard case .global(let global) = operands[0], case .tuple(let position) = operands[1] else {
      throw refused("calls something that is no function")
    }
    let arguments = object.tuples[position]
    switch global {
    case .orderedDictionary:
      guard arguments.isEmpty else { throw damaged("an OrderedDict is made from arguments") }
      try pushDictionary()
    case .rebuildTensor:
      // (storage, offset, size, stride, requires_grad, hooks); a seventh would conjugate or negate the numbers.
      guard arguments.count == 6, case .storage(let storage) = arguments[0],
        case .integer(let offset) = arguments[1], offset >= 0, let shape = object.sizes(arguments[2]),
        let strides = object.sizes(arguments[3]), shape.count == strides.count
      else { throw damaged("a tensor's description is not of the known form") }
      object.tensors.append(.init(storage: storage, offset: offset, shape: shape, strides: strides))
      try push(.tensor(object.tensors.count - 1))
    case .rebuildParameter:
      guard arguments.count == 3, case .tensor = arguments[0] else {
        throw damaged("a parameter's description is not of the known form")
      }
      try push(arguments[0])
    case .storage: throw refused("calls a storage type")
    }
  }

  // MARK: Errors

  private func refused(_ reason: String) -> TensorFileError {
    TensorFileError(
      file: cursor.file,
      message: "\(reason) (byte \(cursor.position - start) of its pickle): a checkpoint must hold only tensors; "
        + "save model.state_dict()")
  }

  private func damaged(_ reason: String) -> TensorFileError {
    TensorFileError(
      file: cursor.file, message: "has a damaged pickle: \(reason) (byte \(cursor.position - start) of the pickle)")
  }
}
