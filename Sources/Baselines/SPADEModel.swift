import Compute
import PatchCore
import TensorFiles

/// The feature maps of all training images, and the means of the last one.
public struct SPADEModel: BaselineModel {
  /// The shapes of the layers' maps of one image.
  public let layers: [FeatureShape]
  let settings: SPADE
  /// A row per image: the maps of all layers but the last, one after another in CHW order.
  let maps: Matrix
  /// A row per image: the means of the last layer's channels.
  let pooled: Matrix

  private var stack: LayerStack { LayerStack(layers: layers.dropLast()) }

  /// Keeps the maps of nominal images.
  ///
  /// - Parameters:
  ///   - method: the settings.
  ///   - features: the layers' maps of all images.
  ///   - seed: without influence; nothing is random.
  ///   - progress: told how far the work is; throws when it should stop.
  /// - Throws: `PatchCoreError` if the disk has no room for maps that exceed half the memory, or what `progress` throws.
  public init(_ method: SPADE, fittedTo features: FeatureReader, seed: UInt64, progress: ProgressReporter) throws {
    let layers = features.layers
    let width = layers.dropLast().reduce(0) { $0 + $1.count }
    var maps = try Matrix.large(rows: features.count, columns: width)
    var pooled = Matrix(rows: features.count, columns: layers[layers.count - 1].channels)
    try features.read(progress: progress) { number, image in
      image.withImage(0) { sources in
        maps.withUnsafeMutableBufferPointer { target in
          var place = number * width
          for (layer, source) in zip(layers.dropLast(), sources) {
            (target.baseAddress! + place).update(from: source, count: layer.count)
            place += layer.count
          }
        }
        let means = Self.means(sources[sources.count - 1], layers[layers.count - 1])
        pooled.withUnsafeMutableBufferPointer {
          ($0.baseAddress! + number * means.count).update(from: means, count: means.count)
        }
      }
    }
    (self.layers, settings, self.maps, self.pooled) = (layers, method, maps, pooled)
  }

  /// The mean of each channel, summed in double precision.
  private static func means(_ map: UnsafePointer<Float>, _ shape: FeatureShape) -> [Float] {
    let plane = shape.height * shape.width
    return (0..<shape.channels).map { channel in
      Float((0..<plane).reduce(0.0) { $0 + Double(map[channel * plane + $1]) } / Double(plane))
    }
  }

  /// Scores images by the mean Euclidean distance to the nearest images and, position by position, positions of theirs.
  ///
  /// - Parameters:
  ///   - features: the layers' maps of a batch.
  ///   - compute: the engine that leaves out far rows; distances do not depend on it.
  /// - Returns: distances, not squared.
  /// - Throws: `PatchCoreError` if the engine is not in this build.
  /// - Complexity: O(K (h w)^2 c) for each image, c = channels of a position.
  public func scores(of features: [FeatureMap], compute: ComputeSettings) throws -> [(grid: [Float], image: Float?)] {
    let engine = try compute.makeEngine(), stack = stack, last = layers[layers.count - 1]
    let all = Array(0..<stack.channels)
    func joined(_ pointers: [UnsafePointer<Float>]) -> Matrix {
      var matrix = Matrix(rows: stack.positions, columns: stack.channels)
      matrix.withUnsafeMutableBufferPointer {
        stack.write(all, of: pointers, to: $0.baseAddress!, stride: stack.channels)
      }
      return matrix
    }
    return try (0..<features[0].batch).map { image in
      let (means, queries) = features.withImage(image) { pointers in
        (Self.means(pointers[pointers.count - 1], last), joined(pointers))
      }
      let images = try engine.nearest(
        queries: Matrix(rows: 1, columns: last.channels, means), bank: pooled, k: settings.neighbours)
      // The nearest so far of each position, squared and ascending.
      var nearest = [[Float]](repeating: [], count: stack.positions)
      for row in images.rows {
        let bank = maps.withRow(Int(row)) { values in
          var place = 0
          return joined(
            layers.dropLast().map { layer in
              defer { place += layer.count }
              return values.baseAddress! + place
            })
        }
        let found = try engine.nearest(queries: queries, bank: bank, k: settings.pixelNeighbours)
        for position in 0..<stack.positions {
          let new = found.squaredDistances[position * found.k..<(position + 1) * found.k]
          nearest[position] = Array((nearest[position] + new).sorted().prefix(settings.pixelNeighbours))
        }
      }
      return (nearest.map { Self.meanRoot($0) }, Self.meanRoot(images.squaredDistances))
    }
  }

  private static func meanRoot(_ squared: [Float]) -> Float {
    Float(squared.reduce(0.0) { $0 + Double($1).squareRoot() } / Double(squared.count))
  }

  /// The maps and the means.
  public func archive() -> (tensors: [String: Tensor], first: String) {
    (["maps": maps.tensor, "pooled": pooled.tensor], "maps")
  }

  /// Restores what `archive` kept.
  ///
  /// - Parameters:
  ///   - method: the settings.
  ///   - archive: tensors under the names that `archive` gave them.
  ///   - layers: the shapes of the layers' maps of one image.
  ///   - images: number of training images.
  /// - Throws: `PatchCoreError` with code `.invalidArtifact` if something is missing or damaged.
  public init(_ method: SPADE, from archive: StageArchive, layers: [FeatureShape], images: Int) throws {
    self.layers = layers
    settings = method
    maps = try archive.matrix(
      "maps", of: SPADE.name, rows: images, columns: layers.dropLast().reduce(0) { $0 + $1.count })
    pooled = try archive.matrix("pooled", of: SPADE.name, rows: images, columns: layers[layers.count - 1].channels)
  }
}
