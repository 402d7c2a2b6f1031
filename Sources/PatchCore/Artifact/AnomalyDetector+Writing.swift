import Foundation
import TensorFiles

extension AnomalyDetector {
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
    let archive = try archive(includingWeights: includingWeights)
    guard includingWeights || weights.digest != nil else {
      throw PatchCoreError(
        .invalidConfiguration, stage: "extractor",
        "its weights (\(weights.name)) come from no file, so an artifact cannot refer to one; include the weights")
    }
    let manifest = try ArtifactManifest(
      method: type(of: method).name,
      description: ConfigurationEncoder.encode(method).namingWeightsAlone().jsonValue, archive: archive)
    do {
      try SafetensorsFile.write(
        tensors: archive.tensors, metadata: [ArtifactManifest.key: manifest.json()], first: archive.first, to: path
      ) { try progress.report("writing", $0, of: $1) }
    } catch let error as TensorFileError {
      throw PatchCoreError(.invalidFile, error)
    }
  }
}

extension ConfigurationNode {
  /// The file that a description names for its extractor's weights.
  var weightsFile: String? { self[ExtractorRole.name]?["weights"]?["file"]?.text }

  /// The tree with the name of every weights file in place of its path, which differs from machine to machine.
  package func namingWeightsAlone() -> ConfigurationNode {
    var copy = self
    switch value {
    case .scalar: break
    case .sequence(let nodes): copy.value = .sequence(nodes.map { $0.namingWeightsAlone() })
    case .mapping(let entries):
      copy.value = .mapping(
        entries.map { key, node in
          guard key == "weights", let path = node["file"]?.text else { return (key, node.namingWeightsAlone()) }
          let name = ConfigurationNode(.scalar((path as NSString).lastPathComponent, quoted: true), origin: .standard)
          return (key, .mapping([("file", name)]))
        })
    }
    return copy
  }
}
