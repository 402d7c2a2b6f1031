#if FAISS
import PatchCore

/// What the configurations of FAISS's indexes share.
public protocol FaissIndexConfiguration: NeighbourIndexConfiguration {}

extension FaissIndexConfiguration {
  /// A copy of a bank that is kept in fewer than 32 bits, which FAISS does not read.
  public func workingBytes(rows: Int, dimension: Int, format: NumberFormat) -> Int {
    format == .float32 ? 0 : rows * NumberFormat.float32.bytesPerRow(dimension)
  }
}
#endif
