import ImageFiles
import PatchCore
import TensorFiles

/// A mapped NumPy array with one entry per frame of a video: a label or a mask.
struct FrameArray {
  private let path: String
  private let tensor: Tensor

  /// Maps a file and reads its header.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidFile` if it is no array that can be mapped.
  init(_ root: String, _ path: String) throws {
    self.path = root.hasSuffix("/") ? root + path : root + "/" + path
    do {
      tensor = try NumpyFile(contentsOf: self.path).tensor
    } catch {
      throw PatchCoreError(.invalidFile, error)
    }
  }

  /// Whether each frame is anomalous.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidDataset` if the array is not one whole number, 0 or 1, per frame.
  func labels(frames: FrameFolder) throws -> [Bool] {
    try checkCount(frames, dimensions: 1, shape: "one number per frame")
    guard let values = tensor.integers() else {
      throw wrong("holds \(tensor.elementType.rawValue) numbers, labels are whole ones; save array.astype('uint8')")
    }
    if let odd = values.firstIndex(where: { $0 != 0 && $0 != 1 }) {
      throw wrong("holds \(values[odd]) for frame \(odd); a label is 0 (nominal) or 1 (anomalous)")
    }
    return values.map { $0 == 1 }
  }

  /// Checks that there is a mask per frame, from the header alone.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidDataset`.
  func checkMasks(frames: FrameFolder) throws {
    try checkCount(frames, dimensions: 3, shape: "frames x height x width")
    try checkMaskType()
  }

  /// The mask of one frame: 255 where the array is 1 (or 255), 0 where it is 0.
  ///
  /// Only this frame is read.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidDataset` if the array is not of masks, lacks the frame, or the frame
  ///   holds another number or more pixels than the limit.
  func mask(_ frame: Int, limits: ImageLimits) throws -> Mask {
    guard tensor.shape.count == 3 else {
      throw wrong("has the shape \(tensor.shape), expected frames x height x width")
    }
    try checkMaskType()
    guard (0..<tensor.shape[0]).contains(frame) else {
      throw wrong("holds \(tensor.shape[0]) frames, frame \(frame) is wanted")
    }
    let slice = tensor.slice(frame)
    guard slice.count <= limits.maximumPixels else {
      throw wrong("holds masks of \(slice.count) pixels, the limit is \(limits.maximumPixels)")
    }
    let values = slice.withBytes { bytes in bytes.map { $0 == 1 ? 255 : $0 } }
    if let odd = values.firstIndex(where: { $0 != 0 && $0 != 255 }) {
      throw wrong("holds \(values[odd]) in frame \(frame); a mask's pixel is 0 or 1 (or 255)")
    }
    return Mask(height: slice.shape[0], width: slice.shape[1], values: values)
  }

  private func checkCount(_ frames: FrameFolder, dimensions: Int, shape: String) throws {
    guard tensor.shape.count == dimensions else { throw wrong("has the shape \(tensor.shape), expected \(shape)") }
    guard tensor.shape[0] == frames.names.count else {
      throw wrong(
        "is for \(tensor.shape[0]) frames, \(frames.folder) holds \(frames.names.count); copy both again")
    }
  }

  private func checkMaskType() throws {
    guard [.bool, .uint8].contains(tensor.elementType) else {
      throw wrong("holds \(tensor.elementType.rawValue) numbers, masks are bool or uint8; save array.astype('uint8')")
    }
  }

  private func wrong(_ reason: String) -> PatchCoreError { PatchCoreError(.invalidDataset, "\(path) \(reason)") }
}
