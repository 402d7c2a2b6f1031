import CKernels
import Compute
import PatchCore
import TensorFiles

/// Mean and covariance of the features at every position.
///
/// Of a covariance it keeps W, the inverse of its lower Cholesky factor: the Mahalanobis distance of x is |W (x - mean)|.
public struct PaDiMModel: BaselineModel {
  /// The shapes of the layers' maps of one image.
  public let layers: [FeatureShape]
  /// The channels kept, ascending.
  let channels: [Int]
  /// A row per position.
  let means: Matrix
  /// A row per position: the lower triangle of W, row by row.
  let factors: Matrix

  private static func packed(_ d: Int) -> Int { d * (d + 1) / 2 }

  /// Learns from nominal images.
  ///
  /// Means, covariances (divisor n - 1) and factors are computed in double precision and kept in single. One image has
  /// no covariance: it counts as 0, and only the regularisation is left.
  ///
  /// - Parameters:
  ///   - method: the settings.
  ///   - features: the layers' maps of all images.
  ///   - seed: of the choice of channels.
  ///   - progress: told how far the work is; throws when it should stop.
  /// - Throws: `PatchCoreError` if a setting does not suit, or what `progress` throws.
  /// - Complexity: O(h w d^2 (n + d)) time; the n h w d features are held at once, on disk if they exceed half the memory.
  public init(_ method: PaDiM, fittedTo features: FeatureReader, seed: UInt64, progress: ProgressReporter) throws {
    let stack = LayerStack(layers: features.layers)
    let d = try method.dimensions(among: stack.channels), n = features.count
    var generator = SeededGenerator(seed: seed)
    let channels = generator.sample(d, below: stack.channels).sorted()
    // Position after position, so that one's vectors of all images lie together.
    var vectors = try Matrix.large(rows: stack.positions, columns: n * d)
    try features.read(progress: progress) { number, maps in
      vectors.withUnsafeMutableBufferPointer { target in
        maps.withImage(0) { stack.write(channels, of: $0, to: target.baseAddress! + number * d, stride: n * d) }
      }
    }
    var means = Matrix(rows: stack.positions, columns: d)
    var factors = try Matrix.large(rows: stack.positions, columns: Self.packed(d))
    let rows = 16
    try vectors.withUnsafeBufferPointer { source in
      try means.withUnsafeMutableBufferPointer { means in
        try factors.withUnsafeMutableBufferPointer { factors in
          nonisolated(unsafe) let source = source.baseAddress!, means = means.baseAddress!
          nonisolated(unsafe) let factors = factors.baseAddress!
          // Groups of positions, between which the work can be stopped.
          let group = rows * 16
          for start in stride(from: 0, to: stack.positions, by: group) {
            try progress.report("covariances", start, of: stack.positions)
            let end = min(start + group, stack.positions)
            try parallelLoop((end - start + rows - 1) / rows) { piece in
              let whitening = GaussianWhitening(dimension: d, samples: n, ridge: method.regularisation)
              for position in start + piece * rows..<min(start + (piece + 1) * rows, end) {
                try whitening.fit(
                  source + position * n * d, mean: means + position * d, factor: factors + position * Self.packed(d))
              }
            }
          }
        }
      }
    }
    try progress.report("covariances", stack.positions, of: stack.positions)
    (layers, self.channels, self.means, self.factors) = (features.layers, channels, means, factors)
  }

  /// Scores images by the Mahalanobis distance at every position.
  ///
  /// - Parameters:
  ///   - features: the layers' maps of a batch.
  ///   - compute: without influence.
  /// - Returns: the distances, not squared; the image's score is the maximum of its map.
  /// - Throws: nothing of its own.
  public func scores(of features: [FeatureMap], compute: ComputeSettings) throws -> [(grid: [Float], image: Float?)] {
    let stack = LayerStack(layers: layers), d = channels.count, batch = features[0].batch, positions = stack.positions
    var vectors = [Float](repeating: 0, count: batch * positions * d)
    var distances = [Float](repeating: 0, count: batch * positions)
    try vectors.withUnsafeMutableBufferPointer { vectors in
      try distances.withUnsafeMutableBufferPointer { distances in
        nonisolated(unsafe) let vectors = vectors.baseAddress!, distances = distances
        try parallelLoop(batch) { image in
          features.withImage(image) { stack.write(channels, of: $0, to: vectors + image * positions * d, stride: d) }
        }
        try parallelLoop(positions) { position in
          means.withRow(position) { mean in
            factors.withRow(position) { factor in
              // A factor is read once for all images: it is the larger by far.
              for image in 0..<batch {
                let vector = vectors + (image * positions + position) * d
                for channel in 0..<d { vector[channel] -= mean[channel] }
                let squared = pc_triangle_squared_norm(factor.baseAddress!, vector, d)
                distances[image * positions + position] = Float(squared.squareRoot())
              }
            }
          }
        }
      }
    }
    return (0..<batch).map { (Array(distances[$0 * positions..<($0 + 1) * positions]), nil) }
  }

  /// The channels, means and factors.
  public func archive() -> (tensors: [String: Tensor], first: String) {
    let kept = Tensor(channels.map(Int32.init), shape: [channels.count])
    return (["channels": kept, "means": means.tensor, "factors": factors.tensor], "factors")
  }

  /// Restores what `archive` kept.
  ///
  /// - Parameters:
  ///   - method: the settings.
  ///   - archive: tensors under the names that `archive` gave them.
  ///   - layers: the shapes of the layers' maps of one image.
  ///   - images: number of training images.
  /// - Throws: `PatchCoreError` with code `.invalidArtifact` if something is missing or damaged.
  public init(_ method: PaDiM, from archive: StageArchive, layers: [FeatureShape], images: Int) throws {
    let stack = LayerStack(layers: layers), d = try method.dimensions(among: stack.channels)
    let kept = try archive.tensor("channels")
    guard kept.elementType == .int32, kept.shape == [d], let channels = kept.integers(),
      channels.allSatisfy((0..<stack.channels).contains), zip(channels, channels.dropFirst()).allSatisfy({ $0 < $1 })
    else {
      throw PatchCoreError(
        .invalidArtifact, "padim.channels must hold \(d) ascending channels of \(stack.channels); fit again")
    }
    self.layers = layers
    self.channels = channels
    means = try archive.matrix("means", of: PaDiM.name, rows: stack.positions, columns: d)
    factors = try archive.matrix("factors", of: PaDiM.name, rows: stack.positions, columns: Self.packed(d))
  }
}

extension StageArchive {
  /// A matrix of finite numbers, refused if it has another shape.
  func matrix(_ name: String, of method: String, rows: Int, columns: Int) throws -> Matrix {
    let tensor = try tensor(name)
    guard tensor.elementType == .float32, tensor.shape == [rows, columns] else {
      throw PatchCoreError(
        .invalidArtifact,
        "\(method).\(name) is \(tensor.elementType.rawValue) \(tensor.shape) and must be F32 [\(rows), \(columns)]; "
          + "fit again")
    }
    let matrix = try Matrix(tensor)
    if let row = matrix.firstRowNotFinite() {
      throw PatchCoreError(.invalidArtifact, "row \(row) of \(method).\(name) is not finite; fit again")
    }
    return matrix
  }
}
