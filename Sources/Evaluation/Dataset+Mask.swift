import ImageFiles
import PatchCore

extension Dataset {
  /// Reads the mask of an image; with grey rims cut off where the data set asks for it.
  ///
  /// - Parameters:
  ///   - sample: an image of this data set.
  ///   - limits: the largest mask to decode.
  /// - Returns: the mask; `nil` if the image has none.
  /// - Throws: `PatchCoreError` with code `.invalidFile` or `.invalidImage` if the mask cannot be read or decoded.
  public func mask(of sample: DatasetSample, limits: ImageLimits = .default) throws -> Mask? {
    guard let path = sample.maskPath.map(file) else { return nil }
    let bytes = try ImageFile.bytes(ofFile: path, limits: limits)
    let image = try ImageFile.decode(bytes: bytes, name: path, limits: limits)
    let mask = Mask(image, isOneBit: Mask.isOneBitPNG(bytes))
    return maskThreshold.map(mask.binarised) ?? mask
  }
}
