/// A checkpoint in the format before PyTorch 1.6: five pickles in a row, then the storages.
///
/// The pickles are a magic number, the format's version, facts about the machine, the object, and the list of storage
/// keys; each storage is its number of elements (8 bytes) and its bytes.
struct LegacyTorchFile {
  private static let version = 1001

  private let storage: TensorStorage
  private let file: String
  private let places: [String: Range<Int>]
  /// What the object's pickle built.
  let object: PickleObject

  init(storage: TensorStorage, file: String) throws(TensorFileError) {
    self.storage = storage
    self.file = file
    var position = 0
    func next() throws(TensorFileError) -> PickleObject {
      var reader = PickleReader(storage, file: file, range: position..<storage.byteCount)
      let object = try reader.read()
      position = reader.position
      return object
    }
    _ = try next()
    let version = try next()
    guard case .integer(Self.version) = version.root else {
      throw TensorFileError(file: file, message: "has a legacy checkpoint's magic number but not its version 1001")
    }
    let machine = try next()
    for case ("little_endian", .boolean(false)) in machine.textEntries(machine.root) ?? [] {
      throw TensorFileError(file: file, message: "was written on a big-endian machine; save it on a little-endian one")
    }
    let object = try next()
    let keys = try next()
    guard case .list(let list) = keys.root else {
      throw TensorFileError(file: file, message: "is damaged: its storage keys are not a list")
    }
    var described: [String: PickleObject.Storage] = [:]
    for storage in object.storages {
      if let other = described.updateValue(storage, forKey: storage.key),
        other.elementType != storage.elementType || other.count != storage.count
      {
        throw TensorFileError(
          file: file,
          message: "is damaged: storage \(storage.key) has \(other.count) "
            + "\(other.elementType.rawValue) and \(storage.count) \(storage.elementType.rawValue) elements")
      }
    }
    var cursor = ByteCursor(storage, file: file, range: position..<storage.byteCount)
    var places: [String: Range<Int>] = [:]
    for key in keys.lists[list] {
      guard case .text(let key) = key, let storage = described[key] else {
        throw TensorFileError(file: file, message: "is damaged: it lists a storage that no tensor uses")
      }
      let count = try cursor.integer(Int64.self, for: "the size of storage \(key)")
      guard count == storage.count,
        let size = Tensor.byteCount(shape: [storage.count], elementType: storage.elementType)
      else {
        throw TensorFileError(
          file: file,
          message: "is damaged: storage \(key) has \(count) elements, "
            + "its description \(storage.count)")
      }
      places[key] = try cursor.take(size, for: "storage \(key)")
    }
    guard cursor.remaining == 0 else {
      throw TensorFileError(
        file: file, message: "is damaged: \(cursor.remaining) bytes follow its last storage; copy it again")
    }
    self.object = object
    self.places = places
  }

  /// The places of all storages that the pickle names.
  func storages() -> TorchStorages { TorchStorages(storage: storage, file: file, places: places) }
}
