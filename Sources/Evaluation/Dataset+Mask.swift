import Foundation
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
    let image = try ImageFile.decode(contentsOf: path, limits: limits)
    let mask = Mask(image, isOneBit: Mask.isOneBitPNG(try Self.start(of: path)))
    return maskThreshold.map(mask.binarised) ?? mask
  }

  private static func start(of path: String) throws -> Data {
    do {
      let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
      defer { try? handle.close() }
      return try handle.read(upToCount: 26) ?? Data()
    } catch {
      throw PatchCoreError(.invalidFile, "\(path): cannot be read: \(error.localizedDescription)", cause: error)
    }
  }
}
