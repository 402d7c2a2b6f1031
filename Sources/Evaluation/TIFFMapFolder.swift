import Foundation
import ImageFiles
import PatchCore

/// Writes maps in the layout that MVTec AD's own evaluation script reads: `OBJECT/test/CLASS/ID.tiff`.
///
/// `OBJECT` is the data set's name, `CLASS` the class of the image and `ID` its name without the extension. Each file
/// holds 32-bit floats at the size of the original image, upright.
public struct TIFFMapFolder: Sendable {
  /// The folder that holds the folder `OBJECT`.
  public let path: String
  private let object: String
  private var imageOfFile: [String: String] = [:]

  /// A folder for the maps of a data set; it need not exist.
  ///
  /// - Throws: `PatchCoreError` with code `.notInThisBuild` without the trait `TIFF`.
  public init(_ path: String, dataset: Dataset) throws {
    try ImageFile.requireTIFF(for: "float TIFF maps in \(path)")
    self.path = path
    object = dataset.name
  }

  /// The file of an image's map, relative to the folder.
  public func file(of sample: DatasetSample) -> String {
    let name = sample.path.split(separator: "/").last.map(String.init) ?? sample.path
    return "\(object)/test/\(sample.label.className)/\(DatasetFolder.splitExtension(name).stem).tiff"
  }

  /// Refuses images whose maps would be one file, before any is scored.
  ///
  /// - Parameter samples: the images to come.
  /// - Throws: `PatchCoreError` with code `.invalidDataset`.
  public func check(_ samples: [DatasetSample]) throws {
    var first: [String: String] = [:]
    for sample in samples {
      if let other = first.updateValue(sample.path, forKey: file(of: sample)) { throw collision(sample, other) }
    }
  }

  private func collision(_ sample: DatasetSample, _ other: String) -> PatchCoreError {
    PatchCoreError(
      .invalidDataset, stage: "evaluate",
      "\(path)/\(file(of: sample)): \(other) and \(sample.path) would both be written there, since the layout knows "
        + "names by class alone; rename one, or leave the maps out")
  }

  /// Writes the map of a test image, whole or not at all.
  ///
  /// - Parameters:
  ///   - map: the image's map.
  ///   - size: which pixels it covers; those of the preprocessed image are put back to their place in the original, as
  ///     `PreprocessingGeometry.restoring` does.
  ///   - sample: the image.
  ///   - geometry: what the preprocessing does to the image.
  /// - Throws: `PatchCoreError` with code `.invalidDataset` if another image of the run has the same file, and
  ///   `.invalidFile` if it cannot be written.
  public mutating func write(
    _ map: AnomalyMap, size: MapRendering.Size, of sample: DatasetSample, geometry: PreprocessingGeometry
  ) throws {
    let file = file(of: sample)
    if let other = imageOfFile.updateValue(sample.path, forKey: file) { throw collision(sample, other) }
    let target = path + "/" + file
    let folder = URL(fileURLWithPath: target).deletingLastPathComponent().path
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw PatchCoreError(
        .invalidFile, stage: "evaluate",
        "\(folder): the folder cannot be made, because a file stands in its way or a folder above cannot be written to",
        cause: error)
    }
    try ImageFile.writeTIFF(size == .original ? map : geometry.restoring(map), to: target)
  }
}
