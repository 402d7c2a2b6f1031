import Evaluation
import Foundation
import PatchCore
import Testing

@Suite struct EvaluatorTests {
  /// A few roundings of numbers up to 1.
  private static let rounding = 1e-15

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
    var evaluator = Evaluator(dataset(["good/0", "good/1", "cut/0", "cut/1", "dent/0"]), bankRows: 8)
    evaluator.reserveCapacity(pixelsPerImage: 2)
    try evaluator.add(sample("good/0"), score: 1, map: map(1, 0), defects: nil, nearestRows: [1, 7])
    try evaluator.add(
      sample("dent/0"), score: 3, map: map(3, 1), defects: mask(true, false),
      coverage: DefectCoverage(defectPixels: 6, unseenDefectPixels: 1), nearestRows: [1, 1])
    try evaluator.add(sample("good/1"), score: 2, map: map(2, 2), defects: nil, nearestRows: [1, 0])
    try evaluator.add(
      sample("cut/1"), score: 2, map: map(0, 2), defects: mask(false, true),
      coverage: DefectCoverage(defectPixels: 2, unseenDefectPixels: 1), nearestRows: [7, 1])
    try evaluator.add(
      sample("cut/0"), score: 0.5, map: map(0.5, 0.5), defects: mask(false, false), nearestRows: [1, 1])
    return evaluator
  }

  @Test func countsByHand() throws {
    var evaluator = try Self.filled()
    let report = try evaluator.report(detector: Self.detector)
    // Images: 3 beats 1 and 2; 2 beats 1 and ties with 2; 0.5 loses twice.
    #expect(report.imageAUROC == 3.5 / 6)
    // Defect pixels 3 and 2 against 1, 0, 1, 2, 2, 0, 0.5, 0.5.
    #expect(report.pixelAUROC == (8 + 6 + 1) / 16.0)
    // Nominal pixels of the two images with a defect pixel: 1 and 0; 3 and 2 beat both.
    #expect(report.pixelAUROCOfImagesWithDefects == 1)
    // By falling score: dent 3; good and cut 2.
    let third = 1 / 3.0
    let precision = try #require(report.imageAveragePrecision), expectedPrecision: Double = (1 + 2 * third + 0.6) / 3
    #expect(abs(precision - expectedPrecision) < Self.rounding)
    // 2 / (1 + 3), 4 / (3 + 3), 4 / (4 + 3), 6 / (5 + 3): the lowest score is the best threshold.
    let best = try #require(report.imageF1Optimum)
    #expect(best.threshold == 0.5 && best.f1 == 0.75 && best.falsePositives == 2 && best.falseNegatives == 0)
    #expect(report.errorAtFullRecall?.errorRate == 0.4 && report.errorAtFullRecall?.threshold == 0.5)
    #expect(report.pixelF1Optimum?.f1 == 2 * third)
    #expect(report.pixelAveragePrecision == (1 + 0.5) / 2)
    // 8 nominal pixels, so the limit is at 2.4 of them: dent is found at once, cut at 2, which two nominal ones share.
    let pro = try #require(report.pro), expectedPRO: Double = (1 + 1.4 / 2.4) / 2
    #expect(abs(pro - expectedPRO) < Self.rounding)
    #expect(report.proImageAveraged == 1)
    let use = try #require(report.bankUse)
    #expect(use.rows == 8 && use.usedRows == 3 && use.share == 0.375)
    #expect(report.pixels.regions == 2 && report.pixels.imagesWithDefects == 2 && report.pixels.proLimit == 0.3)
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
        "format_version", "image_auroc", "image_average_precision", "image_f1_optimum", "error_at_full_recall",
        "pixel_auroc", "pixel_auroc_anomalous_images", "pixel_average_precision", "pixel_f1_optimum", "pro",
        "pro_image_averaged", "bank_use", "definitions", "undefined", "dataset", "detector", "pixels", "classes",
        "images",
      ])
    let best = try #require(top["image_f1_optimum"] as? [String: Any])
    #expect(Set(best.keys) == ["threshold", "f1", "precision", "recall", "false_positives", "false_negatives"])
    let error = try #require(top["error_at_full_recall"] as? [String: Any])
    #expect(Set(error.keys) == ["threshold", "error_rate", "false_positives"])
    let use = try #require(top["bank_use"] as? [String: Any])
    #expect(Set(use.keys) == ["rows", "used_rows", "share"])
    // Every number has its meaning beside it.
    let meanings = Set(try #require(top["definitions"] as? [String: Any]).keys)
    #expect(
      meanings.isSuperset(
        of: Set(top.keys).subtracting([
          "format_version", "definitions", "undefined", "dataset", "detector", "pixels", "images",
        ])))
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
    for key in ["image_average_precision", "image_f1_optimum", "error_at_full_recall"] {
      #expect(report.undefined[key] == report.undefined["image_auroc"])
    }
    for key in [
      "pixel_auroc_anomalous_images", "pixel_average_precision", "pixel_f1_optimum", "pro", "pro_image_averaged",
    ] { #expect(report.undefined[key] == "1 images with a defect have no mask") }
    #expect(report.undefined["bank_use"] == "the detector has no memory bank")
    #expect(report.pro == nil && report.imageF1Optimum == nil && report.bankUse == nil)
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
    #expect(try blind.curves() == EvaluationCurves())

    var full = Evaluator(Self.dataset(["cut/0", "good/0"]), bankRows: 3)
    try full.add(Self.sample("cut/0"), score: 1, map: Self.map(1, 2), defects: Self.mask(true, true))
    try full.add(Self.sample("good/0"), score: 1, map: Self.map(1, 2), defects: nil, nearestRows: [0])
    let odd = try full.report(detector: Self.detector)
    #expect(odd.pixelAUROC == 0.5 && odd.pro != nil)
    #expect(odd.undefined["pixel_auroc_anomalous_images"] == "images with a defect have no nominal pixel")
    #expect(odd.undefined["pro_image_averaged"] == "1 images with a defect have no nominal pixel")
    #expect(odd.undefined["bank_use"] == "of 1 of 2 images the scorer names no rows of the memory bank")
    #expect(Set(odd.undefined.keys).isDisjoint(with: ["pro", "pixel_auroc", "pixel_f1_optimum"]))
  }

  @Test func emptyMasksLeaveNothingToFind() throws {
    var evaluator = Evaluator(Self.dataset(["cut/0", "good/0"]))
    try evaluator.add(Self.sample("cut/0"), score: 2, map: Self.map(1, 2), defects: Self.mask(false, false))
    try evaluator.add(Self.sample("good/0"), score: 1, map: Self.map(1, 2), defects: nil)
    let report = try evaluator.report(detector: Self.detector)
    #expect(report.imageAUROC == 1 && report.pixels.emptyMasks == 1 && report.pixels.imagesWithDefects == 0)
    for key in ["pixel_auroc", "pro", "pro_image_averaged", "pixel_f1_optimum"] {
      #expect(report.undefined[key] == "4 nominal and 0 defect pixels; both are needed")
    }
  }

  @Test func theLimitIsASetting() throws {
    var numbers: [Double] = []
    for limit in [0.05, 0.3, 1] {
      var evaluator = Evaluator(Self.dataset(["cut/0", "good/0"]), proLimit: limit)
      try evaluator.add(Self.sample("cut/0"), score: 2, map: Self.map(1, 0), defects: Self.mask(true, false))
      try evaluator.add(Self.sample("good/0"), score: 1, map: Self.map(2, 0), defects: nil)
      let report = try evaluator.report(detector: Self.detector)
      #expect(report.pixels.proLimit == limit && report.definitions["pro"]?.contains("up to \(limit),") == true)
      numbers.append(try #require(report.pro))
    }
    // A third of the nominal pixels lies above the one defect.
    #expect(numbers[0] == 0 && numbers[1] == 0 && abs(numbers[2] - 2 / 3.0) < Self.rounding)
  }

  @Test func refusesScoresThatAreNotFinite() throws {
    var evaluator = Evaluator(Self.dataset(["good/0"]))
    expectError(.notFinite, containing: ["good/0", "nan"]) {
      try evaluator.add(Self.sample("good/0"), score: .nan, map: nil, defects: nil)
    }
    expectError(.notFinite, containing: ["good/0", "pixel"]) {
      try evaluator.add(Self.sample("good/0"), score: 1, map: Self.map(0, .nan), defects: nil)
    }
    expectError(.notFinite, containing: ["cut/0", "pixel", "inf"]) {
      try evaluator.add(Self.sample("cut/0"), score: 1, map: Self.map(0, .infinity), defects: Self.mask(true, false))
    }
    expectError(.shapeMismatch, containing: ["cut/0", "2 x 1", "3 x 1"]) {
      try evaluator.add(Self.sample("cut/0"), score: 1, map: Self.map(0, 1), defects: Self.mask(true, false, true))
    }
  }

  @Test func findsTheWorstImages() throws {
    var evaluator = try Self.filled()
    let worst = try evaluator.report(detector: Self.detector).worstImages(2)
    #expect(worst.nominal.map(\.path) == ["good/1", "good/0"])
    #expect(worst.anomalous.map(\.path) == ["cut/0", "cut/1"])
  }

  @Test func writesAndDrawsCurves() throws {
    try TemporaryTree.with([]) { tree in
      var evaluator = try Self.filled()
      let report = try evaluator.report(detector: Self.detector), folder = ReportFolder(tree.root + "/report")
      try folder.write(report, curves: evaluator.curves())
      func text(_ name: String) throws -> String {
        try String(contentsOfFile: folder.path + "/" + name, encoding: .utf8)
      }
      #expect(
        try text("image_precision_recall.csv").split(separator: "\n")[1...3] == [
          "inf,1.0,0.0", "3.0,1.0,\(1 / 3.0)", "2.0,\(2 / 3.0),\(2 / 3.0)",
        ])
      #expect(try text("pixel_roc.csv").hasSuffix("\n1.0,0.5,1.0\n0.5,0.75,1.0\n0.0,1.0,1.0\n"))
      let html = try text("report.html")
      #expect(html.components(separatedBy: "<polyline").count == 5)
      // From (0, 0) at the lower left to (1, 1) at the upper right.
      #expect(html.contains("points=\"48.0,312.0 48.0,212.0") && html.contains("348.0,12.0\"></polyline>"))
      #expect(html.contains("PRO, image-averaged") && html.contains("3 of 8 rows"))
      // Curves that are undefined now leave no file behind.
      try folder.write(report)
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == [
          "report.html", "report.json", "scores.csv",
        ])
      #expect(try !text("report.html").contains("<polyline"))
    }
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
