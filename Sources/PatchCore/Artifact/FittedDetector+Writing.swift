import Foundation
import TensorFiles

extension FittedDetector {
  /// Writes the detector to one safetensors file.
  ///
  /// The file appears whole or not at all: it is written beside its place, synced and renamed. The same detector gives
  /// the same bytes.
  ///
  /// - Parameters:
  ///   - path: the file to write; an existing one is replaced.
  ///   - includingWeights: whether the network's weights go into the file. Without them it holds their name and digest,
  ///     and whoever reads it must give the weights file again.
  ///   - progress: told how far the work is; throws when it should stop, and then no file is left.
  /// - Throws: `PatchCoreError` with code `.invalidFile` if the file cannot be written.
  public func write(to path: String, includingWeights: Bool = true, progress: ProgressReporter = .silent) throws {
    guard includingWeights || weights.digest != nil else {
      throw PatchCoreError(
        .invalidConfiguration, stage: "extractor",
        "its weights (\(weights.name)) come from no file, so an artifact cannot refer to one; include the weights")
    }
    var tensors: [String: Tensor] = [Self.bankName: bank.vectors.tensor]
    tensors[Self.locationsName] = Tensor(
      bank.locations.flatMap { [Int32($0.image), Int32($0.row), Int32($0.column)] }, shape: [bank.count, 3])
    var origin = "synthesised"
    if case .rows(let rows) = bank.origin {
      origin = "rows"
      // 32 bits like the bank, which could not stand first before wider elements; 2^31 embeddings fill 8 TB.
      tensors[Self.rowsName] = Tensor(rows.map(Int32.init), shape: [rows.count])
    }
    var notes: [String: [String: String]] = [:]
    func add(_ archive: StageArchive, role: String) {
      for (name, tensor) in archive.tensors { tensors["\(role).\(name)"] = tensor }
      if !archive.notes.isEmpty { notes[role] = archive.notes }
    }
    if includingWeights { add(try embedder.extractor.archive(), role: ExtractorRole.name) }
    add(try neighbourIndex.archive(), role: NeighbourIndexRole.name)

    let manifest = ArtifactManifest(
      description: try ConfigurationEncoder.encode(description).namingWeightsAlone().jsonValue,
      trainingImages: trainingImages,
      bankOrigin: origin, weights: weights, weightsIncluded: includingWeights, engine: fitEngine.rawValue, notes: notes,
      dataDigest: ArtifactManifest.digest(of: tensors))
    do {
      try SafetensorsFile.write(
        tensors: tensors, metadata: [ArtifactManifest.key: manifest.json()], first: Self.bankName, to: path
      ) { try progress.report("writing", $0, of: $1) }
    } catch let error as TensorFileError {
      throw PatchCoreError(.invalidFile, error)
    }
  }

  static let bankName = "bank.vectors"
  static let locationsName = "bank.locations"
  static let rowsName = "bank.rows"
}

extension ConfigurationNode {
  /// The file that a description names for its extractor's weights.
  var weightsFile: String? { self[ExtractorRole.name]?["weights"]?["file"]?.text }

  /// The description with the weights file's name in place of its path, which differs from machine to machine.
  fileprivate func namingWeightsAlone() throws -> ConfigurationNode {
    guard let path = weightsFile else { return self }
    let name = ConfigurationNode(.scalar((path as NSString).lastPathComponent, quoted: true), origin: .standard)
    let weights = ConfigurationNode.mapping([("file", name)])
    return try ConfigurationNode.mapping([(ExtractorRole.name, .mapping([("weights", weights)]))]).merged(over: self)
  }
}
