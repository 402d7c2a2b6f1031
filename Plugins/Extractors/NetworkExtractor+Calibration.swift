import Compute
import ConvNet
import PatchCore
import TensorFiles

extension NetworkExtractor {
  /// Enough for the scales to settle: they are those of all maps of all these images together.
  private static let mostCalibrationImages = 32
  private static let rangesName = "activation_ranges"

  /// 32 for `precision: int8`, otherwise 0.
  public var calibrationImages: Int { compiler.compute.precision == .int8 ? Self.mostCalibrationImages : 0 }

  /// The extractor with the scales that the images set, in a float32 run of the network.
  ///
  /// - Parameters:
  ///   - count: how many images there are.
  ///   - image: gives the image of a number.
  /// - Returns: an extractor that computes in 8-bit numbers.
  /// - Throws: `PatchCoreError` with code `.notFinite` if the network gives numbers that are not finite, or whatever
  ///   `image` throws.
  public func calibrated(on count: Int, image: (Int) throws -> FeatureMap) throws -> any FeatureExtractor {
    if compiler.compute.precision != .int8 { return self }
    var calibration = ActivationCalibration(
      compiler.table, weights: compiler.parameters, engine: compiler.engine)
    for number in 0..<count { try calibration.observe(image(number)) }
    return calibrated(calibration.ranges())
  }

  /// The largest magnitude kept of each node's output, in the order in which the network computes them.
  public func calibration() -> StageArchive {
    guard let ranges = compiler.ranges else { return StageArchive() }
    let limits = compiler.table.nodes.map { ranges.limits[$0.name] ?? 0 }
    return StageArchive(tensors: [Self.rangesName: Tensor(limits, shape: [limits.count])])
  }

  /// The extractor with the scales that an artifact kept.
  ///
  /// - Parameter archive: what `calibration()` gave.
  /// - Returns: the extractor itself if its precision needs no scales.
  /// - Throws: `PatchCoreError` with code `.invalidArtifact` if the scales are missing or not those of this network.
  public func calibrated(from archive: StageArchive) throws -> any FeatureExtractor {
    if compiler.compute.precision != .int8 { return self }
    let tensor = try archive.tensor(Self.rangesName)
    guard tensor.elementType == .float32, tensor.shape == [compiler.table.nodes.count] else {
      throw PatchCoreError(
        .invalidArtifact, stage: "extractor",
        "the artifact's tensor \(Self.rangesName) is \(tensor.elementType.rawValue) \(tensor.shape), F32 "
          + "[\(compiler.table.nodes.count)] is needed; fit again")
    }
    let limits = zip(compiler.table.nodes.map(\.name), tensor.floats())
    if let (name, limit) = limits.first(where: { !($1 > 0 && $1.isFinite) }) {
      throw PatchCoreError(
        .invalidArtifact, stage: "extractor",
        "the artifact's range of node '\(name)' is \(limit), a positive number is needed; fit again")
    }
    return calibrated(ActivationRanges(Dictionary(limits) { first, _ in first }))
  }
}
