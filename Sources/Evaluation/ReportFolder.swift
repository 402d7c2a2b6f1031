import Foundation
import PatchCore
import TensorFiles

/// Writes a report as a folder: `report.html` to read, `report.json` for programs, tables of numbers.
///
/// `scores.csv` holds the scores; `image_roc.csv`, `image_precision_recall.csv`, `pixel_roc.csv` and
/// `pixel_precision_recall.csv` the points of the curves.
public struct ReportFolder: Sendable {
  /// Pictures of one image for the gallery, as paths relative to the folder, parts separated by `/`.
  public struct Pictures: Sendable, Hashable {
    /// The image as the detector saw it.
    public var image: String
    /// The anomaly map laid over it.
    public var overlay: String

    /// Names the pictures of one image.
    public init(image: String, overlay: String) {
      self.image = image
      self.overlay = overlay
    }
  }

  /// The folder.
  public let path: String

  /// A report in a folder that need not exist.
  public init(_ path: String) { self.path = path }

  /// Writes the files, replacing those of an older report; files of curves that are undefined now are removed.
  ///
  /// - Parameters:
  ///   - report: the results.
  ///   - curves: the curves, as `Evaluator.curves()` gives them; none are drawn or written by default.
  ///   - pictures: pictures already written to the folder, by the path of their test image; the gallery shows them.
  ///   - pictureScale: what the colours of the maps mean, such as "black 0.8, white 4.1"; `nil` without pictures.
  /// - Throws: `PatchCoreError` with code `.invalidFile` if the folder or a file cannot be written.
  public func write(
    _ report: EvaluationReport, curves: EvaluationCurves = EvaluationCurves(), pictures: [String: Pictures] = [:],
    pictureScale: String? = nil
  ) throws {
    let page = HTMLReport(report: report, pictures: pictures, pictureScale: pictureScale, curves: curves)
    try write("report.json", try report.json())
    try write("scores.csv", Data(report.csv().utf8))
    for file in curves.files {
      if let text = file.text { try write(file.name, Data(text.utf8)) } else { try remove(file.name) }
    }
    try write("report.html", Data(page.text.utf8))
  }

  private func remove(_ name: String) throws {
    guard unlink(path + "/" + name) != 0, errno != ENOENT else { return }
    throw PatchCoreError(
      .invalidFile, stage: "evaluate",
      "\(path)/\(name) is of an older report and cannot be removed: \(String(cString: strerror(errno))); remove it")
  }

  private func write(_ name: String, _ data: Data) throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw PatchCoreError(
        .invalidFile, stage: "evaluate",
        "\(path)/\(name) cannot be written: the folder cannot be made, because a file stands in its way or a folder "
          + "above cannot be written to",
        cause: error)
    }
    do {
      try AtomicFile.write(to: path + "/" + name) { writer in try data.withUnsafeBytes { try writer.write($0) } }
    } catch let error as TensorFileError {
      throw PatchCoreError(.invalidFile, stage: "evaluate", error)
    }
  }
}
