import Foundation
import Logging
import PatchCore

/// Finds and checks the weights of a suite's networks.
///
/// A class because what was loaded once to be checked is remembered; used from one thread.
final class SuiteWeights {
  /// What became of a description's networks.
  struct Outcome {
    /// The description with every network's weights named.
    var tree: ConfigurationNode
    /// Where each network's weights come from.
    var origins: [WeightsOrigin] = []
    /// Why the description cannot be run; `nil` if it can.
    var problem: String?
  }

  private let folder: String?
  private let files: [String]
  private let allowsRandom: Bool
  private let catalogue: StageCatalogue
  private let logger: Logger
  /// All architectures of the suite, so that a file goes to the longest name that it begins with.
  private let architectures: [String]
  private var checked: [String: Result<WeightsOrigin, PatchCoreError>] = [:]

  init(
    folder: String?, allowsRandom: Bool, architectures: [String], catalogue: StageCatalogue, logger: Logger
  ) throws {
    self.folder = folder
    self.allowsRandom = allowsRandom
    self.architectures = architectures
    self.catalogue = catalogue
    self.logger = logger
    guard let folder else {
      files = []
      return
    }
    files = try DatasetFolder(folder).others.filter {
      ["pth", "pt", "safetensors"].contains(DatasetFolder.splitExtension($0).lowercasedExtension)
    }
  }

  /// Names the weights of every network in a resolved description, and loads them once to see that they hold its layers.
  func complete(_ tree: ConfigurationNode, context: StageContext) throws -> Outcome {
    var outcome = Outcome(tree: tree)
    var problems: [String] = []
    outcome.tree = try tree.changingExtractors { node in
      let whole = try node.completedExtractor(catalogue)
      let (chosen, origin, problem) = try weights(of: whole, context)
      if let origin, !outcome.origins.contains(origin) { outcome.origins.append(origin) }
      if let problem, !problems.contains(problem) { problems.append(problem) }
      guard let weights = chosen["weights"] else { return node }
      return node.setting("weights", weights)
    }
    if !problems.isEmpty { outcome.problem = problems.joined(separator: "; ") }
    return outcome
  }

  private func weights(
    of node: ConfigurationNode, _ context: StageContext
  ) throws -> (ConfigurationNode, WeightsOrigin?, problem: String?) {
    var chosen = node
    var problem: String?
    if let weights = node["weights"], weights.isNull {
      let name = node["architecture"]?.text ?? node["kind"]?.text ?? ""
      switch file(for: name) {
      case .success(let file):
        chosen = node.setting("weights", .value(file, at: ["file"], origin: .option("--weights"), isText: true))
      case .failure(let error): problem = error.message
      }
    }
    if problem == nil {
      switch try check(chosen, context) {
      case .success(let origin): return (chosen, origin, nil)
      case .failure(let error): problem = error.message
      }
    }
    guard allowsRandom, let missing = problem, node["weights"] != nil else { return (chosen, nil, problem) }
    logger.info("random weights: \(missing)")
    chosen = node.setting("weights", .value("random", at: [], origin: .option("--random-weights"), isText: true))
    return (chosen, try check(chosen, context).get(), nil)
  }

  /// The file whose name begins with the architecture's, ended by what is no letter or digit.
  private func file(for architecture: String) -> Result<String, PatchCoreError> {
    func begins(_ file: String, with name: String) -> Bool {
      guard file.hasPrefix(name) else { return false }
      return file.dropFirst(name.count).first.map { !$0.isLetter && !$0.isNumber } ?? true
    }
    let found = files.filter { file in
      let longest = architectures.filter { begins(file, with: $0) }.max { $0.count < $1.count }
      return begins(file, with: architecture) && (longest ?? architecture).count <= architecture.count
    }
    guard let folder else {
      return .failure(
        PatchCoreError(
          .invalidWeights,
          "\(architecture) has no weights; give --weights DIR with a file \(architecture)*.pth, .pt or .safetensors"))
    }
    guard let first = found.first else {
      return .failure(
        PatchCoreError(
          .invalidWeights,
          "there is no file \(architecture)*.pth, .pt or .safetensors in "
            + "\(DatasetFolder.lastComponent(of: folder))"))
    }
    guard found.count == 1 else {
      return .failure(
        PatchCoreError(
          .invalidWeights,
          "\(DatasetFolder.lastComponent(of: folder)) holds several files for \(architecture): "
            + "\(found.joined(separator: ", ")); leave one"))
    }
    return .success(folder + "/" + first)
  }

  /// Loads a network's weights; a file that lacks a layer is refused here and not in the middle of the suite.
  private func check(_ node: ConfigurationNode, _ context: StageContext) throws -> Result<WeightsOrigin, PatchCoreError>
  {
    let key = node.yaml
    if let known = checked[key] { return known }
    let result: Result<WeightsOrigin, PatchCoreError>
    do {
      let stage = try node.decoded(as: StageDescription<ExtractorRole>.self, catalogue: catalogue)
      result = .success(try stage.configuration.makeExtractor(context).weights)
    } catch var error as PatchCoreError where [.invalidWeights, .invalidFile].contains(error.code) {
      // Results name no path that differs from machine to machine.
      if let file = node["weights"]?["file"]?.text {
        error.message = error.message.replacing(file, with: DatasetFolder.lastComponent(of: file))
      }
      result = .failure(error)
    }
    checked[key] = result
    return result
  }
}
