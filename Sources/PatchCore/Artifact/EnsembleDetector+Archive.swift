import Logging
import TensorFiles

extension EnsembleDetector {
  private static let heldName = "ensemble.held"
  private static func prefix(_ member: Int) -> String { "members.\(member)" }

  /// What must be kept in the artifact to restore this ensemble: all that its members keep, and their scales.
  ///
  /// - Parameter includingWeights: must be true.
  /// - Returns: tensors and notes, a member's under `members.` and its number.
  /// - Throws: `PatchCoreError` if the weights are to be left out, or whatever a stage throws.
  public func archive(includingWeights: Bool) throws -> DetectorArchive {
    guard includingWeights else { throw EnsembleDescription.refusalToReferenceWeights }
    var archive = DetectorArchive(of: self)
    for (number, member) in members.enumerated() {
      let prefix = Self.prefix(number)
      let part = try member.archive(includingWeights: true)
      archive.add(part, under: prefix)
      if number == 0 { archive.first = part.first.map { "\(prefix).\($0)" } }
      if let scales, description.combination.isMeasuredInTheFit {
        archive.notes["\(prefix).scale"] = scales[number].notes
      }
    }
    if !held.isEmpty { archive.tensors[Self.heldName] = Tensor(held.map(Int32.init), shape: [held.count]) }
    return archive
  }

  /// Restores an ensemble from what `archive` kept.
  init(_ description: EnsembleDescription, from archive: DetectorArchive, logger: Logger) throws {
    guard archive.weightsIncluded else {
      throw PatchCoreError(
        .invalidArtifact, "\(archive.file): is an ensemble without its networks' weights; fit again")
    }
    let held = try Self.held(in: archive, description)
    let heldSet = Set(held)
    var fitted = archive
    fitted.trainingImages = archive.trainingImages.enumerated().filter { !heldSet.contains($0.offset) }.map(\.element)
    let members = try description.eachMember { number, pipeline in
      try FittedDetector(pipeline, from: fitted.part(Self.prefix(number)), logger: logger)
    }
    let scales: [EnsembleScale]? =
      switch description.combination {
      case .none: members.map { _ in .unchanged }
      case .testSetMinMax: nil
      case .heldOut, .crossValidation:
        try members.indices.map {
          try EnsembleScale(notes: archive.notes["\(Self.prefix($0)).scale"] ?? [:], member: $0, file: archive.file)
        }
      }
    self.init(
      description: description, members: members, scales: scales, trainingImages: archive.trainingImages, held: held,
      thresholds: archive.thresholds)
  }

  private static func held(in archive: DetectorArchive, _ description: EnsembleDescription) throws -> [Int] {
    guard case .heldOut = description.combination else { return [] }
    let tensor = try archive.tensor(heldName)
    let count = archive.trainingImages.count
    guard tensor.elementType == .int32, tensor.shape.count == 1, let held = tensor.integers(),
      (1..<max(count, 1)).contains(held.count), held.allSatisfy((0..<count).contains),
      zip(held, held.dropFirst()).allSatisfy({ $0 < $1 })
    else {
      throw PatchCoreError(
        .invalidArtifact,
        "\(archive.file): \(heldName) must hold ascending numbers of some of its \(count) training images; fit again")
    }
    return held
  }
}

extension EnsembleDescription {
  /// Why an ensemble's artifact always holds the weights.
  public static let refusalToReferenceWeights = PatchCoreError(
    .invalidConfiguration, stage: "extractor",
    "an ensemble has several networks, and one --weights could not give them back; include the weights in the artifact")
}

extension EnsembleCombination {
  /// Whether the scales come from the fit and are kept in the artifact.
  fileprivate var isMeasuredInTheFit: Bool {
    switch self {
    case .heldOut, .crossValidation: true
    case .testSetMinMax, .none: false
    }
  }
}

extension DetectorArchive {
  /// Adds all that a part of this detector keeps, names after a prefix and a dot, and what its weights are.
  fileprivate mutating func add(_ part: DetectorArchive, under prefix: String) {
    for (name, tensor) in part.tensors { tensors["\(prefix).\(name)"] = tensor }
    for (name, note) in part.notes { notes["\(prefix).\(name)"] = note }
    var weights = ["name": part.weights.name]
    weights["digest"] = part.weights.digest
    notes["\(prefix).weights"] = weights
  }

  /// What was added under a prefix.
  fileprivate func part(_ prefix: String) throws -> DetectorArchive {
    guard let weights = notes["\(prefix).weights"], let name = weights["name"] else {
      throw PatchCoreError(.invalidArtifact, "\(file): lacks the note \(prefix).weights; fit again")
    }
    var part = self
    func below<Value>(_ all: [String: Value]) -> [String: Value] {
      Dictionary(
        uniqueKeysWithValues: all.filter { $0.key.hasPrefix(prefix + ".") }
          .map { (String($0.key.dropFirst(prefix.count + 1)), $0.value) })
    }
    part.tensors = below(tensors)
    part.notes = below(notes)
    part.weights = WeightsOrigin(name: name, digest: weights["digest"])
    part.thresholds = nil
    return part
  }
}

extension EnsembleScale {
  /// The scale as text, in the fewest digits that read back the same.
  fileprivate var notes: [String: String] {
    [
      "score_origin": "\(score.origin)", "score_unit": "\(score.unit)", "map_origin": "\(map.origin)",
      "map_unit": "\(map.unit)",
    ]
  }

  fileprivate init(notes: [String: String], member: Int, file: String) throws {
    func number(_ key: String) throws -> Double {
      guard let number = notes[key].flatMap(Double.init), number.isFinite, !key.hasSuffix("unit") || number > 0 else {
        throw PatchCoreError(
          .invalidArtifact,
          "\(file): members.\(member).scale has the \(key) \(notes[key] ?? "(none)"), which is no scale; fit again")
      }
      return number
    }
    self.init(
      score: Axis(origin: try number("score_origin"), unit: try number("score_unit")),
      map: Axis(origin: try number("map_origin"), unit: try number("map_unit")))
  }
}
