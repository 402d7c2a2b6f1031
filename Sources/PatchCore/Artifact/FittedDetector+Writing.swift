import TensorFiles

extension FittedDetector {
  /// What must be kept in the artifact to restore this detector: bank, index and, if wanted, the network's weights.
  ///
  /// - Parameter includingWeights: whether the network's weights are kept.
  /// - Returns: tensors and notes.
  /// - Throws: whatever a stage throws.
  public func archive(includingWeights: Bool) throws -> DetectorArchive {
    var archive = DetectorArchive(of: self, weightsIncluded: includingWeights)
    // A narrower bank could not stand first before wider elements, and needs no alignment: its rows are widened.
    archive.first = bank.vectors.format == .float32 ? Self.bankName : nil
    archive.tensors[Self.bankName] = bank.vectors.tensor
    archive.tensors[Self.scalesName] = bank.vectors.scales
    archive.tensors[Self.locationsName] = Tensor(
      bank.locations.flatMap { [Int32($0.image), Int32($0.row), Int32($0.column)] }, shape: [bank.count, 3])
    var origin = "synthesised"
    if case .rows(let rows) = bank.origin {
      origin = "rows"
      // 32 bits like the bank, which could not stand first before wider elements; 2^31 embeddings fill 8 TB.
      archive.tensors[Self.rowsName] = Tensor(rows.map(Int32.init), shape: [rows.count])
    }
    archive.notes["bank"] = ["origin": origin]
    let extractor = embedder.extractor
    archive.add(try includingWeights ? extractor.archive() : extractor.calibration(), role: ExtractorRole.name)
    archive.add(try neighbourIndex.archive(), role: NeighbourIndexRole.name)
    return archive
  }

  static let bankName = "bank.vectors"
  static let scalesName = "bank.scales"
  static let locationsName = "bank.locations"
  static let rowsName = "bank.rows"
}
