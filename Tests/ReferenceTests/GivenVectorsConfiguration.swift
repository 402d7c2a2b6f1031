import Compute
import PatchCore
import TensorFiles

/// `given_vectors`: the bank is the array of a `.npy` file, whatever the candidates are.
struct GivenVectorsConfiguration: SubsamplerConfiguration {
  static let kind = "given_vectors"

  var file = ""

  func makeSubsampler(_ context: StageContext) throws -> any Subsampler {
    GivenVectors(vectors: try Matrix(NumpyFile(contentsOf: file).tensor), engine: try context.compute.makeEngine())
  }

  private struct GivenVectors: Subsampler {
    let vectors: Matrix
    let engine: any ComputeEngine

    func bankSize(forCandidates n: Int) throws -> Int { vectors.rows }

    func subsample(_ candidates: PatchEmbeddings, progress: ProgressReporter) throws -> MemoryBank {
      try progress.report("subsampling", 0, of: 1)
      let nearest = try engine.nearest(queries: vectors, bank: candidates.vectors, k: 1)
      return MemoryBank(
        vectors: vectors, origin: .synthesised,
        locations: nearest.rows.map { candidates.grid.location(ofRow: Int($0)) })
    }
  }
}
