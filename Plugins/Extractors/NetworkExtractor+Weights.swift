import ConvNet
import Foundation
import PatchCore
import TensorFiles

extension NetworkExtractor {
  /// Loads the weights of a file, or draws them from the stage's seed.
  ///
  /// Tensors that no part of the network knows are logged.
  init(architecture: NetworkArchitecture, layers: [String], weights: WeightsSource, _ context: StageContext) throws {
    switch weights {
    case .random:
      try self.init(
        architecture: architecture, layers: layers,
        parameters: try .random(for: architecture, layers: layers, seed: context.seed),
        weights: WeightsOrigin(name: "random"), compute: context.compute, mayMeasure: context.mayMeasure,
        logger: context.logger)
    case .file(let path):
      let tensors: [String: Tensor]
      do {
        tensors = try TensorFile.tensors(contentsOf: path)
      } catch {
        throw PatchCoreError(.invalidFile, stage: "extractor", error)
      }
      let origin = WeightsOrigin(
        name: URL(fileURLWithPath: path).lastPathComponent, digest: try Digest.sha256(ofFile: path))
      try self.init(
        architecture: architecture, layers: layers, tensors: tensors, file: path, weights: origin, context)
    }
  }

  /// Takes the weights from a checkpoint's tensors.
  init(
    architecture: NetworkArchitecture, layers: [String], tensors: [String: Tensor], file: String,
    weights: WeightsOrigin, _ context: StageContext
  ) throws {
    let loaded = try CheckpointLoader(architecture: architecture, layers: layers, relatives: Self.networks)
      .load(tensors, file: file)
    if !loaded.unexpected.isEmpty {
      context.logger.warning(
        """
        \(file) holds tensors that \(architecture.name) does not know, ignored (\(loaded.unexpected.count)): \
        \(loaded.unexpected.joined(separator: ", "))
        """)
    }
    try self.init(
      architecture: architecture, layers: layers, parameters: loaded.weights, weights: weights,
      compute: context.compute, mayMeasure: context.mayMeasure, logger: context.logger)
  }

  /// Restores the weights that `archive()` kept.
  ///
  /// - Returns: an extractor with the calibration kept beside them, if its precision needs one.
  static func restored(
    architecture: NetworkArchitecture, layers: [String], archive: StageArchive, _ context: StageContext
  ) throws -> any FeatureExtractor {
    guard let name = archive.notes["weights"] else {
      throw PatchCoreError(
        .invalidArtifact, stage: "extractor", "the artifact does not say where its weights come from; fit again")
    }
    let table = try architecture.pruned(to: layers).table
    return try NetworkExtractor(
      architecture: architecture, layers: layers, parameters: try NetworkWeights(archive: archive, table: table),
      weights: WeightsOrigin(name: name, digest: archive.notes["digest"]), compute: context.compute,
      mayMeasure: context.mayMeasure, logger: context.logger
    ).calibrated(from: archive)
  }

  /// Every network of this package, so that a file of another one than asked for is recognised.
  private static var networks: [CheckpointLoader.Relative] {
    ResNet.allCases.map { .init($0.architecture, setting: "{kind: resnet, architecture: \($0.rawValue)}") }
      + DenseNet.allCases.map { .init($0.architecture, setting: "{kind: densenet, architecture: \($0.rawValue)}") }
      + [.init(CompactNetwork.architecture, setting: "{kind: compact}")]
  }
}
