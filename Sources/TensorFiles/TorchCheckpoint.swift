import Foundation

/// The tensors of a PyTorch checkpoint, read as data: no code of the file is ever run.
///
/// Both formats of `torch.save` are read, the zip archive (since 1.6) and the legacy one. The file must hold a
/// dictionary of tensors, or a dictionary that holds one under `state_dict` or `model`, as training scripts save it;
/// names stay as they are. Anything that could call a function is refused by name. Contiguous tensors of a zip archive
/// are views of the mapped file; tensors of other strides are copied to row-major order, and storages at odd addresses,
/// which the legacy format is full of, to aligned memory.
public struct TorchCheckpoint: Sendable {
  /// The keys under which training scripts keep the `state_dict`.
  private static let wrappers = ["state_dict", "model"]

  /// The tensors by name.
  public let tensors: [String: Tensor]
  /// The keys of what is not a tensor, such as `epoch` or `optimizer`; ordered.
  public let ignored: [String]

  /// Maps a file and reads its tensors' descriptions.
  ///
  /// - Parameter path: The file.
  /// - Throws: `TensorFileError` naming the global, instruction or tensor that is refused.
  public init(contentsOf path: String) throws(TensorFileError) {
    try self.init(storage: .mapping(fileAt: path), name: path)
  }

  /// Reads a checkpoint that is in memory.
  ///
  /// - Parameters:
  ///   - storage: The bytes of the whole file; the tensors share them.
  ///   - name: What errors call it.
  /// - Throws: `TensorFileError` naming the global, instruction or tensor that is refused.
  public init(storage: TensorStorage, name: String) throws(TensorFileError) {
    let signature = FileSignature(storage)
    if signature.isZip {
      let archive = try TorchArchive(storage: storage, file: name)
      try self.init(archive.object, source: archive.storages(), file: name)
    } else if signature.isLegacyCheckpoint {
      let legacy = try LegacyTorchFile(storage: storage, file: name)
      try self.init(legacy.object, source: legacy.storages(), file: name)
    } else {
      throw TensorFileError(
        file: name,
        message: "is no PyTorch checkpoint, but \(signature); "
          + "save it with torch.save(model.state_dict(), path)")
    }
  }

  private init(_ object: PickleObject, source: TorchStorages, file: String) throws(TensorFileError) {
    guard let outer = object.textEntries(object.root) else {
      throw TensorFileError(
        file: file, message: "holds no dictionary of tensors at its top; save model.state_dict()")
    }
    func hasTensors(_ entries: [(key: String, value: PickleObject.Value)]) -> Bool {
      entries.contains { if case .tensor = $0.value { true } else { false } }
    }
    var entries = outer
    var ignored: [String] = []
    for key in Self.wrappers {
      guard let wrapper = outer.first(where: { $0.key == key }), let inner = object.textEntries(wrapper.value),
        hasTensors(inner)
      else { continue }
      entries = inner
      ignored = outer.map(\.key).filter { $0 != key }
      break
    }
    var source = source
    var tensors: [String: Tensor] = [:]
    for (key, value) in entries {
      guard case .tensor(let position) = value else {
        ignored.append(key)
        continue
      }
      guard tensors[key] == nil else {
        throw TensorFileError(file: file, message: "holds the tensor \(key) twice; save model.state_dict() again")
      }
      tensors[key] = try source.tensor(object.tensors[position], of: object, named: key)
    }
    guard !tensors.isEmpty else {
      throw TensorFileError(
        file: file,
        message: "holds no tensor, neither at its top nor under "
          + "\(Self.wrappers.joined(separator: " or ")); it has the keys \(outer.map(\.key).prefix(10).joined(separator: ", "))"
      )
    }
    self.tensors = tensors
    self.ignored = ignored.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
