import ImageFiles
import PatchCore

extension Dataset {
  /// Reads the mask of an image; with grey rims cut off where the data set asks for it.
  ///
  /// Of an array of frames, the image's frame alone is read; it counts as a mask of 8 bits.
  ///
  /// - Parameters:
  ///   - sample: an image of this data set.
  ///   - limits: the largest mask to decode.
  /// - Returns: the mask; `nil` if the image has none.
  /// - Throws: `PatchCoreError` with code `.invalidFile` or `.invalidImage` if the mask cannot be read or decoded,
  ///   `.invalidDataset` if an array of frames is not one of masks.
  public func mask(of sample: DatasetSample, limits: ImageLimits = .default) throws -> Mask? {
    guard let relative = sample.maskPath else { return nil }
    if let frame = sample.maskFrame { return try FrameArray(root, relative).mask(frame, limits: limits) }
    let path = file(relative)
    let bytes = try ImageFile.bytes(ofFile: path, limits: limits)
    let image = try ImageFile.decode(bytes: bytes, name: path, limits: limits)
    let mask = Mask(image, isOneBit: Mask.isOneBitPNG(bytes))
    return maskThreshold.map(mask.binarised) ?? mask
  }
}
