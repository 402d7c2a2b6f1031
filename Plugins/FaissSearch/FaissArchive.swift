#if FAISS
import CFaiss
import PatchCore
import TensorFiles

/// Reads what a kind kept, as strictly as any input: FAISS would follow every number it is given.
struct FaissArchive {
  let kind: String
  let archive: StageArchive

  /// The error of an archive that cannot be used.
  static func damaged(_ kind: String, _ reason: String) -> PatchCoreError {
    PatchCoreError(
      .invalidArtifact, stage: NeighbourIndexRole.name,
      "the stored \(kind) index is damaged, or belongs to another bank or other settings: \(reason); fit again")
  }

  func damaged(_ reason: String) -> PatchCoreError { Self.damaged(kind, reason) }

  /// The tensor of a name and type, with the shape given, `nil` for any length.
  func tensor(_ name: String, _ type: ElementType, _ shape: [Int?]) throws -> Tensor {
    let tensor = try archive.tensor(name)
    guard tensor.elementType == type, tensor.shape.count == shape.count,
      zip(tensor.shape, shape).allSatisfy({ $1 == nil || $0 == $1 })
    else {
      let expected = shape.map { $0.map(String.init) ?? "any" }.joined(separator: ", ")
      throw damaged(
        "the tensor \(name) is \(tensor.elementType.rawValue) \(tensor.shape), expected \(type.rawValue) [\(expected)]")
    }
    return tensor
  }

  /// The numbers of an I32 tensor, each within a range.
  func numbers(_ name: String, _ shape: [Int?], in range: Range<Int32>) throws -> [Int32] {
    let values = try tensor(name, .int32, shape).withBytes { bytes in
      (0..<bytes.count / 4).map { Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self)) }
    }
    if let wrong = values.first(where: { !range.contains($0) }) {
      throw damaged("\(name) holds \(wrong), expected \(range.lowerBound) to \(range.upperBound - 1)")
    }
    return values
  }

  /// The bank as FAISS takes it: in 32 bits, a copy of one that is kept in fewer.
  ///
  /// Refuses a bank with a NaN or an infinity.
  static func usable(_ bank: Matrix) throws -> Matrix {
    if let row = bank.firstRowNotFinite() {
      throw PatchCoreError(
        .notFinite, stage: NeighbourIndexRole.name,
        "row \(row) of the memory bank holds a NaN or an infinity; check the weights and the images")
    }
    return try bank.converted(to: .float32)
  }
}
#endif
