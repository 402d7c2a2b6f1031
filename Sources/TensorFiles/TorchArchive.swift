/// A checkpoint in the zip format: `NAME/data.pkl` beside one entry `NAME/data/KEY` for each storage.
struct TorchArchive {
  private let storage: TensorStorage
  private let file: String
  private let archive: ZipArchive
  private let prefix: String
  /// What the pickle built.
  let object: PickleObject

  init(storage: TensorStorage, file: String) throws(TensorFileError) {
    self.storage = storage
    self.file = file
    archive = try ZipArchive(storage: storage, file: file)
    let names = archive.names
    let pickles = names.filter { $0 == "data.pkl" || $0.hasSuffix("/data.pkl") }
    guard pickles.count == 1, let pickle = pickles.first, let place = try archive.place(of: pickle) else {
      throw TensorFileError(
        file: file,
        message: "is a zip archive with \(pickles.count) entries data.pkl instead of one, so no PyTorch "
          + "checkpoint; save it with torch.save(model.state_dict(), path)")
    }
    prefix = String(pickle.dropLast("data.pkl".count))
    guard !names.contains(prefix + "constants.pkl") else {
      throw TensorFileError(
        file: file,
        message: "is a TorchScript program, not a checkpoint; in Python, "
          + "torch.save(torch.jit.load(path).state_dict(), other)")
    }
    if let order = try archive.place(of: prefix + "byteorder") {
      var cursor = ByteCursor(storage, file: file, range: order)
      let text = try cursor.text(order.count, for: "the byte order")
      guard text == "little" else {
        throw TensorFileError(
          file: file,
          message: "has the byte order \(text.prefix(16)), expected little; "
            + "save it on a little-endian machine")
      }
    }
    var reader = PickleReader(storage, file: file, range: place)
    object = try reader.read()
  }

  /// The places of all storages that the pickle names.
  func storages() throws(TensorFileError) -> TorchStorages {
    var places: [String: Range<Int>] = [:]
    for key in object.storages.map(\.key) where places[key] == nil {
      guard let place = try archive.place(of: "\(prefix)data/\(key)") else {
        throw TensorFileError(file: file, message: "lacks the storage data/\(key); the file is damaged, copy it again")
      }
      places[key] = place
    }
    return TorchStorages(storage: storage, file: file, places: places)
  }
}
