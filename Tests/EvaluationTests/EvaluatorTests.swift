import Evaluation
import Foundation
import PatchCore
import Testing

@Suite struct EvaluatorTests {
  private static let detector = EvaluationReport.DetectorSummary(
    compute: ComputeSettings(engine: .openblas), weights: WeightsOrigin(name: "random"), masks: .official,
    mapSize: "crop")

  private static func sample(_ path: String) -> DatasetSample {
    let name = String(path.split(separator: "/")[0])
    return DatasetSample(path: path, label: name == "good" ? .nominal : .anomalous(defect: name), use: .test)
  }

  private static func dataset(_ paths: [String]) -> Dataset {
    Dataset(root: "/data/part", kind: .folder, samples: paths.map(sample))
  }

  private static func map(_ values: Float...) -> AnomalyMap {
    AnomalyMap(height: 1, width: values.count, values: values)
  }

  private static func mask(_ values: Bool...) -> DefectMask {
    DefectMask(height: 1, width: values.count, values: values)
  }

  /// Two nominal and three anomalous images of two pixels, one of them with an empty mask.
  private static func filled() throws -> Evaluator {
    var evaluator = Evaluator(dataset(["good/0", "good/1", "cut/0", "cut/1", "dent/0"]))
    try evaluator.add(sample("good/0"), score: 1, map: map(1, 0), defects: nil)
    try evaluator.add(
      sample("dent/0"), score: 3, map: map(3, 1), defects: mask(true, false),
      coverage: DefectCoverage(defectPixels: 6, unseenDefectPixels: 1))
    try evaluator.add(sample("good/1"), score: 2, map: map(2, 2), defects: nil)
    try evaluator.add(
      sample("cut/1"), score: 2, map: map(0, 2), defects: mask(false, true),
      coverage: DefectCoverage(defectPixels: 2, unseenDefectPixels: 1))
    try evaluator.add(sample("cut/0"), score: 0.5, map: map(0.5, 0.5), defects: mask(false, false))
    return evaluator
  }

  @Test func countsByHand() throws {
    var evaluator = try Self.filled()
    let report = try evaluator.report(detector: Self.detector)
    // Images: 3 beats 1 and 2; 2 beats 1 and ties with 2; 0.5 loses twice.
    #expect(report.imageAUROC == 3.5 / 6)
    // Defect pixels 3 and 2 against 1, 0, 1, 2, 2, 0, 0.5, 0.5.
    #expect(report.pixelAUROC == (8 + 6 + 1) / 16.0)
    #expect(report.undefined.isEmpty)
    #expect(report.pixels.nominal == 8 && report.pixels.anomalous == 2 && report.pixels.emptyMasks == 1)
    #expect(report.pixels.originalDefects == 8 && report.pixels.unseenDefectShare == 0.25)
    #expect(report.dataset.name == "part" && report.dataset.nominalTestImages == 2)
    #expect(report.images.map(\.path) == ["cut/0", "cut/1", "dent/0", "good/0", "good/1"])
    #expect(report.classes.map(\.name) == ["good", "cut", "dent"])
    #expect(report.classes.map(\.imageAUROC) == [nil, 1.5 / 4, 1])
    #expect(report.classes.map(\.meanScore) == [1.5, 1.25, 3])
    #expect(report.classes[1].leastScore == 0.5 && report.classes[1].greatestScore == 2)
    #expect(report.definitions["pixel_auroc"]?.contains("exactly 255") == true)
  }

  @Test func jsonIsStable() throws {
    var evaluator = try Self.filled()
    let report = try evaluator.report(detector: Self.detector)
    let json = try report.json()
    let top = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
    #expect(
      Set(top.keys) == [
        "format_version", "image_auroc", "pixel_auroc", "definitions", "undefined", "dataset", "detector", "pixels",
        "classes", "images",
      ])
    #expect(top["image_auroc"] as? Double == 3.5 / 6)
    #expect(String(decoding: json, as: UTF8.self).contains("\"image_auroc\" : 0.5833333333333334,"))
    #expect(try JSONDecoder().decode(EvaluationReport.self, from: json) == report)
    #expect(try evaluator.report(detector: Self.detector).json() == json)
    #expect(try evaluator.report(detector: Self.detector, timings: ["embed": 1]).timings == ["embed": 1])
  }

  @Test func namesWhyANumberIsAbsent() throws {
    var evaluator = Evaluator(Self.dataset(["cut/0", "cut/1"]))
    try evaluator.add(Self.sample("cut/0"), score: 1, map: Self.map(1), defects: nil)
    try evaluator.add(Self.sample("cut/1"), score: 1, map: Self.map(1), defects: Self.mask(true))
    let report = try evaluator.report(detector: Self.detector)
    #expect(report.imageAUROC == nil && report.pixelAUROC == nil)
    #expect(
      report.undefined["image_auroc"]
        == "0 nominal and 2 anomalous test images; both are needed. Set split: {nominal_test_fraction: 0.2} in the "
        + "description and fit again")
    #expect(report.undefined["pixel_auroc"] == "1 images with a defect have no mask")
    #expect(report.undefined["unseen_defect_share"] == "no mask holds a defect pixel")
    let text = String(decoding: try report.json(), as: UTF8.self)
    #expect(text.contains("\"image_auroc\" : null") && text.contains("\"unseen_defect_share\" : null"))

    var nominal = Evaluator(Self.dataset(["good/0"]))
    try nominal.add(Self.sample("good/0"), score: 1, map: Self.map(1, 2), defects: nil)
    let undefined = try nominal.report(detector: Self.detector).undefined
    #expect(undefined["pixel_auroc"] == "2 nominal and 0 defect pixels; both are needed")
    #expect(undefined["image_auroc"] == "1 nominal and 0 anomalous test images; both are needed")

    var blind = Evaluator(Self.dataset(["good/0"]))
    try blind.add(Self.sample("good/0"), score: 1, map: nil, defects: nil)
    #expect(try blind.report(detector: Self.detector).undefined["pixel_auroc"] == "1 of 1 images have no anomaly map")
  }

  @Test func refusesScoresThatAreNotFinite() throws {
    var evaluator = Evaluator(Self.dataset(["good/0"]))
    expectError(.notFinite, containing: ["good/0", "nan"]) {
      try evaluator.add(Self.sample("good/0"), score: .nan, map: nil, defects: nil)
    }
    expectError(.notFinite, containing: ["good/0", "pixel"]) {
      try evaluator.add(Self.sample("good/0"), score: 1, map: Self.map(0, .nan), defects: nil)
    }
  }

  @Test func findsTheWorstImages() throws {
    var evaluator = try Self.filled()
    let worst = try evaluator.report(detector: Self.detector).worstImages(2)
    #expect(worst.nominal.map(\.path) == ["good/1", "good/0"])
    #expect(worst.anomalous.map(\.path) == ["cut/0", "cut/1"])
  }

  @Test func writesAFolder() throws {
    try TemporaryTree.with([]) { tree in
      let hostile = "<script>&\"'/a b,1.png"
      let sample = DatasetSample(path: hostile, label: .anomalous(defect: "<script>&\"'"), use: .test)
      var evaluator = Evaluator(Dataset(root: "/data/<b>", kind: .folder, samples: [sample]))
      try evaluator.add(sample, score: 0.25, map: nil, defects: nil)
      let report = try evaluator.report(detector: Self.detector)
      let folder = ReportFolder(tree.root + "/new/report")
      try folder.write(report, pictures: [hostile: .init(image: "maps/é 1.png", overlay: "maps/<2>.png")])

      let json = try Data(contentsOf: URL(fileURLWithPath: folder.path + "/report.json"))
      #expect(try JSONDecoder().decode(EvaluationReport.self, from: json) == report)
      let csv = try String(contentsOfFile: folder.path + "/scores.csv", encoding: .utf8)
      #expect(
        csv == "path,class,anomalous,score\n\"<script>&\"\"'/a b,1.png\",\"<script>&\"\"'\",true,0.25\n")
      let html = try String(contentsOfFile: folder.path + "/report.html", encoding: .utf8)
      #expect(!html.contains("<script>") && !html.contains("<b>"))
      #expect(html.contains("&lt;script&gt;&amp;&quot;&#39;/a b,1.png"))
      #expect(html.contains("src=\"maps/%C3%A9%201.png\"") && html.contains("src=\"maps/%3C2%3E.png\""))
      #expect(html.contains("undefined") && !html.contains("http"))

      try tree.add("file")
      expectError(.invalidFile, containing: ["/file", "the folder cannot be made"]) {
        try ReportFolder(tree.root + "/file").write(report)
      }
    }
  }
}
