import PatchCore
import TensorFiles

/// Makes a network's weights from a checkpoint's tensors: every tensor's presence, type and shape checked, batch norm
/// folded.
///
/// Tensors that the wanted layers do not need are of three kinds. Those that a complete checkpoint holds (later layers,
/// the classifier, `num_batches_tracked`) are no concern. If all others fit a relative of the architecture, the file is
/// taken for that relative's and refused: a `resnet101` holds every tensor of a `resnet50`, and would load as one and
/// compute nonsense. So it is if the file holds a relative completely and the asked-for network only in part: the first
/// layers of a `resnet50` are no part of a `resnet101`. What then remains is returned for the caller to report. It is
/// not refused, since heads of other names are common; `load_state_dict(strict=True)` would refuse it.
public struct CheckpointLoader: Sendable {
  /// The complete architecture.
  public var architecture: NetworkArchitecture
  /// The part to load.
  public var needed: NetworkArchitecture
  /// The layers wanted.
  public var layers: [String]
  /// Architectures that the file may hold by mistake.
  public var relatives: [Relative]

  /// Another architecture, and how a person gets it.
  public struct Relative: Sendable {
    /// The complete network.
    public var architecture: NetworkArchitecture
    /// What a description says to get it, such as `{kind: resnet, architecture: resnet50}`.
    public var setting: String

    /// Names a relative.
    public init(_ architecture: NetworkArchitecture, setting: String) {
      self.architecture = architecture
      self.setting = setting
    }
  }

  /// Weights and what else the file held.
  public struct Loaded: Sendable {
    /// Weights for each node that the wanted layers need.
    public var weights: NetworkWeights
    /// Names of tensors that no part of the architecture knows, sorted.
    public var unexpected: [String]
  }

  /// A loader for the part of a network that the given layers need.
  ///
  /// - Parameters:
  ///   - architecture: the complete network.
  ///   - layers: names of the layers wanted.
  ///   - relatives: architectures to compare the file with when it does not fit.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` for an unknown or repeated layer, or none.
  public init(architecture: NetworkArchitecture, layers: [String], relatives: [Relative] = []) throws {
    self.architecture = architecture
    self.needed = try architecture.pruned(to: layers)
    self.layers = layers
    // Not by the operations: forms of one network that differ in a stride have the same checkpoints.
    self.relatives = relatives.filter { $0.architecture.name != architecture.name }
  }

  /// The weights that the file's tensors make, under today's names or the architecture's former ones.
  ///
  /// - Parameters:
  ///   - tensors: the checkpoint; float16, bfloat16, float32 or float64.
  ///   - file: the file's name, for errors.
  /// - Returns: float32 weights with batch norm folded, and the names of unexpected tensors.
  /// - Throws: `PatchCoreError` with code `.invalidWeights` if tensors are missing, of another shape or type, hold
  ///   numbers that are not finite or variances below zero, or belong to a relative.
  public func load(_ tensors: [String: Tensor], file: String) throws -> Loaded {
    let tensors = architecture.renamed(tensors)
    let fit = CheckpointFit(of: tensors, to: architecture, needed: needed)
    if !fit.isExact {
      let better = try relatives.filter { relative in
        let relative = relative.architecture
        // Without layers of these names the file is known only if it is whole.
        let hasLayers = relative.layers.map(\.name).contains(all: layers)
        let needed = hasLayers ? try relative.pruned(to: layers) : relative
        return CheckpointFit(of: tensors, to: relative, needed: needed).isExact
      }
      if !fit.isComplete || !better.isEmpty {
        throw refusal(fit, file: file, better: better, tensors: tensors)
      }
    }
    // A file may end with the layers wanted, but if it is all of another network, it is that network's.
    let whole = CheckpointFit(of: tensors, to: architecture, needed: architecture)
    if !whole.isComplete {
      let holders = relatives.filter {
        CheckpointFit(of: tensors, to: $0.architecture, needed: $0.architecture).isExact
      }
      if !holders.isEmpty { throw refusal(whole, file: file, better: holders, tensors: tensors) }
    }
    return Loaded(weights: try needed.foldedWeights(from: tensors, file: file), unexpected: fit.unexpected)
  }

  private func refusal(
    _ fit: CheckpointFit, file: String, better: [Relative], tensors: [String: Tensor]
  ) -> PatchCoreError {
    var faults: [String] = []
    if !fit.missing.isEmpty {
      faults.append("\(fit.missing.count) tensors are missing (\(listing(fit.missing)))")
    }
    if !fit.unsuitable.isEmpty {
      faults.append("\(fit.unsuitable.count) tensors do not fit (\(listing(fit.unsuitable)))")
    }
    if !fit.unexpected.isEmpty {
      faults.append("\(fit.unexpected.count) tensors are unexpected (\(listing(fit.unexpected)))")
    }
    let remedy: String
    if !better.isEmpty {
      let names = better.map(\.architecture.name).joined(separator: " or ")
      let settings = better.map { "extractor: \($0.setting)" }.joined(separator: " or ")
      remedy = "these look like \(names) weights; set \(settings), or give another file"
    } else if let prefix = fit.prefix(among: tensors.keys) {
      remedy = "the file's names begin with \(prefix); save its state_dict without that prefix"
    } else {
      remedy = "give a checkpoint of this network, with the tensor names of Docs/Weights.md"
    }
    return PatchCoreError(
      .invalidWeights, stage: "extractor",
      "\(file) does not hold \(architecture.name) with \(layers.joined(separator: ", ")): "
        + "\(faults.joined(separator: "; ")); \(remedy)")
  }
}

/// The first few of many names, and how many more there are.
func listing(_ names: [String]) -> String {
  let shown = 5
  let more = names.count > shown ? " and \(names.count - shown) more" : ""
  return names.prefix(shown).joined(separator: ", ") + more
}

/// How a checkpoint's tensors compare with an architecture.
private struct CheckpointFit {
  var missing: [String] = []
  /// Tensors of another shape or type, with both.
  var unsuitable: [String] = []
  var unexpected: [String]

  var isComplete: Bool { missing.isEmpty && unsuitable.isEmpty }
  var isExact: Bool { isComplete && unexpected.isEmpty }

  init(of tensors: [String: Tensor], to architecture: NetworkArchitecture, needed: NetworkArchitecture) {
    let tensors = architecture.renamed(tensors)
    let known = architecture.knownTensorNames()
    unexpected = tensors.keys.filter { !known.contains($0) }.sorted()
    for expected in needed.expectedTensors() {
      guard let found = tensors[expected.name] else {
        missing.append(expected.name)
        continue
      }
      if found.shape != expected.shape {
        unsuitable.append("\(expected.name): shape \(expected.shape) expected, \(found.shape) found")
      } else if !found.elementType.isFloatingPoint {
        unsuitable.append("\(expected.name): floating point expected, \(found.elementType.rawValue) found")
      }
    }
  }

  /// What stands before the expected names in the file, such as `module.`.
  func prefix(among names: some Collection<String>) -> String? {
    guard let first = missing.first else { return nil }
    return names.sorted().first { $0.hasSuffix("." + first) }.map { String($0.dropLast(first.count)) }
  }
}

extension [String] {
  fileprivate func contains(all others: [String]) -> Bool { others.allSatisfy(contains) }
}
