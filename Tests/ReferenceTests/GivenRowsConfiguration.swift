import PatchCore
import TensorFiles

/// `given_rows`: the bank is the candidates that a `.npy` file of row numbers names, in its order.
///
/// A plugin as another package would write it, registered beside the standard ones.
struct GivenRowsConfiguration: SubsamplerConfiguration {
  static let kind = "given_rows"

  var file = ""

  func makeSubsampler(_ context: StageContext) throws -> any Subsampler {
    let tensor = try NumpyFile(contentsOf: file).tensor
    guard tensor.shape.count == 1, let rows = tensor.integers() else {
      throw PatchCoreError(
        .invalidFile, stage: "subsampler",
        "\(file) holds \(tensor.elementType.rawValue) \(tensor.shape); give a row of integers")
    }
    return GivenRows(rows: rows)
  }

  private struct GivenRows: Subsampler {
    let rows: [Int]

    func bankSize(forCandidates n: Int) throws -> Int {
      if let row = rows.first(where: { !(0..<n).contains($0) }) {
        throw PatchCoreError(
          .shapeMismatch, stage: "subsampler",
          "row \(row) is asked for, there are \(n) candidates; give the images that the rows were chosen from")
      }
      return rows.count
    }

    func subsample(_ candidates: PatchEmbeddings, progress: ProgressReporter) throws -> MemoryBank {
      _ = try bankSize(forCandidates: candidates.vectors.rows)
      try progress.report("subsampling", 0, of: 1)
      return MemoryBank(selecting: rows, from: candidates)
    }
  }
}
