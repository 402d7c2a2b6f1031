/// The pickle instructions that occur in a `state_dict`, by their code; the name in Python's `pickletools` follows.
enum PickleInstruction: UInt8 {
  case mark = 0x28  // MARK
  case emptyTuple = 0x29  // EMPTY_TUPLE
  case stop = 0x2E  // STOP
  case float = 0x47  // BINFLOAT
  case word = 0x4A  // BININT
  case byte = 0x4B  // BININT1
  case short = 0x4D  // BININT2
  case none = 0x4E  // NONE
  case persistentID = 0x51  // BINPERSID
  case reduce = 0x52  // REDUCE
  case text = 0x58  // BINUNICODE
  case emptyList = 0x5D  // EMPTY_LIST
  case append = 0x61  // APPEND
  case build = 0x62  // BUILD
  case global = 0x63  // GLOBAL
  case appends = 0x65  // APPENDS
  case get = 0x68  // BINGET
  case longGet = 0x6A  // LONG_BINGET
  case put = 0x71  // BINPUT
  case longPut = 0x72  // LONG_BINPUT
  case setItem = 0x73  // SETITEM
  case tuple = 0x74  // TUPLE
  case setItems = 0x75  // SETITEMS
  case emptyDictionary = 0x7D  // EMPTY_DICT
  case protocolVersion = 0x80  // PROTO
  case tuple1 = 0x85  // TUPLE1
  case tuple2 = 0x86  // TUPLE2
  case tuple3 = 0x87  // TUPLE3
  case newTrue = 0x88  // NEWTRUE
  case newFalse = 0x89  // NEWFALSE
  case long = 0x8A  // LONG1
  case shortText = 0x8C  // SHORT_BINUNICODE
  case stackGlobal = 0x93  // STACK_GLOBAL
  case memoize = 0x94  // MEMOIZE
  case frame = 0x95  // FRAME

  private static let refusedNames: [UInt8: String] = [
    0x30: "POP", 0x31: "POP_MARK", 0x32: "DUP", 0x42: "BINBYTES", 0x43: "SHORT_BINBYTES", 0x46: "FLOAT", 0x49: "INT",
    0x4C: "LONG", 0x50: "PERSID", 0x53: "STRING", 0x54: "BINSTRING", 0x55: "SHORT_BINSTRING", 0x56: "UNICODE",
    0x64: "DICT", 0x67: "GET", 0x69: "INST", 0x6C: "LIST", 0x6F: "OBJ", 0x70: "PUT", 0x81: "NEWOBJ", 0x82: "EXT1",
    0x83: "EXT2", 0x84: "EXT4", 0x8B: "LONG4", 0x8D: "BINUNICODE8", 0x8E: "BINBYTES8", 0x8F: "EMPTY_SET",
    0x90: "ADDITEMS", 0x91: "FROZENSET", 0x92: "NEWOBJ_EX", 0x96: "BYTEARRAY8", 0x97: "NEXT_BUFFER",
    0x98: "READONLY_BUFFER",
  ]

  /// A refused code and its name, for errors.
  static func describe(_ code: UInt8) -> String {
    "\(refusedNames[code] ?? "of an unknown kind") (0x\(String(code, radix: 16)))"
  }
}
