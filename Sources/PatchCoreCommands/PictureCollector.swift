import Evaluation
import Foundation
import ImageFiles
import PatchCore

/// The scores that a run's heat maps draw darkest and lightest.
struct ColourScale {
  let lower: Float
  let upper: Float

  init(lower: Float, upper: Float) {
    self.lower = lower
    self.upper = upper
  }

  /// Reads `LOWER,UPPER`; `nil` if it is not two finite numbers in order.
  init?(parsing text: String) {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
      .map { Float($0.trimmingCharacters(in: .whitespaces)) }
    guard parts.count == 2, let lower = parts[0], let upper = parts[1], lower.isFinite, upper.isFinite, lower < upper
    else { return nil }
    self.init(lower: lower, upper: upper)
  }
}

/// Keeps the patch scores of a run, which are smaller than maps, so that all maps can be drawn on one scale at its end.
///
/// Of a method without one patch grid it keeps the maps themselves.
struct PictureCollector {
  private enum Kept {
    case scores(PatchScores)
    case map(AnomalyMap)
  }

  private var pictures: [(name: String, kept: Kept)] = []
  private var lowest = Float.infinity
  private var highest = -Float.infinity

  /// Keeps the scores of an image.
  mutating func add(_ name: String, _ prediction: Prediction) {
    pictures.append((name, prediction.patchScores.map(Kept.scores) ?? .map(prediction.map)))
    for value in prediction.map.values { (lowest, highest) = (min(lowest, value), max(highest, value)) }
  }

  /// From the lowest to the highest value of the maps of the run.
  var scale: ColourScale {
    guard lowest.isFinite, lowest < highest else {
      // All pixels of the run have one score; any scale draws them alike.
      let value = lowest.isFinite ? lowest : 0
      return ColourScale(lower: value - 1, upper: value + 1)
    }
    return ColourScale(lower: lowest, upper: highest)
  }

  /// Writes `NAME_map.png` and `NAME_overlay.png` of every image, and `NAME_image.png` where asked for.
  ///
  /// Where the detector has thresholds, the overlays show the outlines of the regions.
  ///
  /// - Parameters:
  ///   - folder: where to; folders in names are made.
  ///   - source: the images in the order in which they were added.
  ///   - detector: the detector that scored them.
  ///   - scale: the one scale of all maps.
  ///   - includingImages: whether the image as the network saw it is written too.
  ///   - run: told how far the drawing is.
  /// - Throws: `PatchCoreError` if an image cannot be read again or a picture cannot be written.
  func write(
    to folder: String, source: ImageSource, detector: any AnomalyDetector, scale: ColourScale,
    includingImages: Bool = false, _ run: Run
  ) throws {
    let heatMap = try HeatMap(lower: scale.lower, upper: scale.upper)
    for (number, picture) in pictures.enumerated() {
      try run.progress.reporter.report("drawing", number, of: pictures.count)
      let image = try source.load(number).image
      let map =
        switch picture.kept {
        case .scores(let scores): try detector.map(of: scores, for: image)
        case .map(let map): map
        }
      let base = try detector.method.map.size == .crop ? detector.method.preprocess.picture(of: image) : image
      let path = Path.join(folder, picture.name)
      try makeFolder(Path.parent(of: path))
      try ImageFile.write(heatMap.image(of: map), to: path + "_map.png")
      var overlay = try heatMap.overlay(map, on: base)
      if let thresholds = detector.thresholds {
        let geometry = try detector.method.preprocess.geometry(for: image)
        let placement = MapPlacement(geometry, size: detector.method.map.size)
        let regions = map.regions(
          above: thresholds.pixel, minimumArea: thresholds.minimumArea, placement: placement)
        overlay = try heatMap.outlining(regions, on: overlay, placement: placement)
      }
      try ImageFile.write(overlay, to: path + "_overlay.png")
      if includingImages { try ImageFile.write(base, to: path + "_image.png") }
    }
    try run.progress.reporter.report("drawing", pictures.count, of: pictures.count)
  }

  /// Writes a report with the pictures of all images.
  func writeReport(
    _ report: EvaluationReport, curves: EvaluationCurves, dataset: Dataset, detector: any AnomalyDetector,
    to folder: String, _ run: Run
  ) throws {
    let source = ImageSource(files: pictures.map(\.name), relativeTo: dataset.root)
    try makeFolder(folder)
    var named = PictureCollector()
    var stems: Set<String> = []
    named.pictures = pictures.map { name, kept in
      // Images whose names differ in the extension alone keep it.
      let stem = Path.withoutExtension(name)
      return ("pictures/" + (stems.insert(stem).inserted ? stem : name), kept)
    }
    try named.write(
      to: folder, source: source, detector: detector, scale: scale, includingImages: true, run)
    let links = zip(pictures, named.pictures).map { original, picture in
      (original.name, ReportFolder.Pictures(image: picture.name + "_image.png", overlay: picture.name + "_overlay.png"))
    }
    try ReportFolder(folder).write(
      report, curves: curves, pictures: Dictionary(uniqueKeysWithValues: links),
      pictureScale: "darkest \(scale.lower), lightest \(scale.upper), the same for all images")
  }
}

/// Makes a folder and those above it.
func makeFolder(_ path: String) throws {
  guard !path.isEmpty else { return }
  var isFolder: ObjCBool = false
  if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) {
    guard isFolder.boolValue else { throw PatchCoreError(.invalidFile, "\(path): is a file; name a folder") }
    return
  }
  try makeFolder(Path.parent(of: path))
  guard mkdir(path, 0o777) == 0 || errno == EEXIST else {
    throw PatchCoreError(.invalidFile, "\(path): the folder cannot be made: \(String(cString: strerror(errno)))")
  }
}
