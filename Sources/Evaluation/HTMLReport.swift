import Foundation

/// The page that shows a report: one file without scripts or foreign addresses.
struct HTMLReport {
  /// The results.
  let report: EvaluationReport
  /// Pictures for the gallery, by the path of their test image.
  let pictures: [String: ReportFolder.Pictures]
  /// What the colours of the maps mean.
  let pictureScale: String?
  /// The curves to draw.
  let curves: EvaluationCurves

  /// The whole page.
  var text: String {
    let title = "\(report.dataset.name): anomaly detection"
    var body = [HTML("header", [:], [HTML("h1", title), HTML("p", ["class": "lead"], summary)]), numbers]
    if let histogram = ScoreHistogram(report.images) {
      let legend = HTML(
        "p", ["class": "legend"],
        [
          HTML("span", ["class": "key nominal"], ""), HTML(text: " nominal images, above the line "),
          HTML("span", ["class": "key anomalous"], ""), HTML(text: " images with a defect, below it"),
        ])
      body.append(section("Image scores", [legend, histogram.drawing]))
    }
    body.append(section("Numbers", [numberTable]))
    if let curveSection { body.append(curveSection) }
    body.append(section("Classes", [classTable]))
    body += gallery
    body.append(section("Detector", [detectorTable]))
    if let timings { body.append(section("Time", [timings])) }
    return HTML.page(title: title, style: Self.style, body: [HTML("main", [:], body)])
  }

  private var summary: String {
    let data = report.dataset
    return "\(data.nominalTestImages) nominal and \(data.anomalousTestImages) anomalous test images, "
      + "\(data.trainingImages) training images, layout \(data.kind)."
  }

  private var numbers: HTML {
    HTML(
      "div", ["class": "numbers"],
      [
        card("Image AUROC", report.imageAUROC, key: "image_auroc"),
        card("Pixel AUROC", report.pixelAUROC, key: "pixel_auroc"),
        card("PRO", report.pro, key: "pro"),
        card("Defect pixels never seen", report.pixels.unseenDefectShare, key: "unseen_defect_share", isShare: true),
      ])
  }

  private func card(_ name: String, _ value: Double?, key: String, isShare: Bool = false) -> HTML {
    let shown = value.map { isShare ? String(format: "%.2f %%", 100 * $0) : String(format: "%.4f", $0) }
    var content = [
      HTML("h2", name), HTML("p", ["class": shown == nil ? "value none" : "value"], shown ?? "undefined"),
    ]
    if let reason = report.undefined[key] { content.append(HTML("p", ["class": "reason"], sentence(reason))) }
    if let meaning = report.definitions[key] { content.append(HTML("p", ["class": "note"], sentence(meaning))) }
    return HTML("section", ["class": "card"], content)
  }

  func sentence(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() + "." }

  private var classTable: HTML {
    let header = HTML(
      "tr", [:],
      [HTML("th", "Class")]
        + ["Images", "AUROC against good", "Mean score", "Least", "Greatest"].map { HTML("th", ["class": "n"], $0) })
    let rows = report.classes.map { row in
      HTML(
        "tr", [:],
        [HTML("td", row.name)]
          + [
            "\(row.images)", row.imageAUROC.map { String(format: "%.4f", $0) } ?? "–", short(row.meanScore),
            short(Double(row.leastScore)), short(Double(row.greatestScore)),
          ].map { HTML("td", ["class": "n"], $0) })
    }
    return HTML(
      "div", ["class": "wide"], [HTML("table", [:], [HTML("thead", [:], [header]), HTML("tbody", [:], rows)])])
  }

  private var gallery: [HTML] {
    let worst = report.worstImages(report.images.count)
    let groups = [
      ("Nominal images with the highest scores", worst.nominal),
      ("Images with a defect and the lowest scores", worst.anomalous),
    ]
    return groups.compactMap { title, images in
      let figures = images.compactMap(figure)
      guard !figures.isEmpty else { return nil }
      let scale = pictureScale.map { [HTML("p", ["class": "note"], "Scale of the maps: \($0)")] } ?? []
      return section(title, scale + [HTML("div", ["class": "gallery"], figures)])
    }
  }

  private func figure(_ image: EvaluationReport.ImageResult) -> HTML? {
    guard let files = pictures[image.path] else { return nil }
    func picture(_ path: String, _ what: String) -> HTML {
      HTML(openingTag: "img", ["src": HTML.address(path), "alt": "\(what) \(image.path)", "loading": "lazy"])
    }
    return HTML(
      "figure", [:],
      [
        HTML("div", ["class": "pair"], [picture(files.image, "Image"), picture(files.overlay, "Anomaly map of")]),
        HTML(
          "figcaption", [:],
          [HTML("strong", short(Double(image.score))), HTML(text: " \(image.className)"), HTML("code", image.path)]),
      ])
  }

  private var detectorTable: HTML {
    let detector = report.detector
    var rows = [
      ("Weights", detector.weights.name), ("Engine", "\(detector.engine), \(detector.precision)"),
      ("Maps", detector.mapSize == "original" ? "at the size of the original image" : "at the size of the crop"),
      ("Mask rule", detector.masks.rawValue),
      (
        "Pixels",
        "\(report.pixels.nominal) nominal, \(report.pixels.anomalous) defect in \(report.pixels.regions) regions of "
          + "\(report.pixels.imagesWithDefects) images"
      ),
    ]
    if let digest = detector.weights.digest { rows.insert(("SHA-256 of the weights", digest), at: 1) }
    if report.pixels.emptyMasks > 0 { rows.append(("Masks without a defect pixel", "\(report.pixels.emptyMasks)")) }
    let table = HTML("table", [:], rows.map { HTML("tr", [:], [HTML("th", $0.0), HTML("td", $0.1)]) })
    let description = detector.description.map { [HTML("pre", $0)] } ?? []
    return HTML("div", ["class": "wide"], [table] + description)
  }

  private var timings: HTML? {
    guard let timings = report.timings, !timings.isEmpty else { return nil }
    let rows = timings.sorted { $0.key < $1.key }.map { stage, seconds in
      let name = stage == EvaluationReport.wallKey ? "time that passed" : stage
      return HTML("tr", [:], [HTML("th", name), HTML("td", ["class": "n"], String(format: "%.3f s", seconds))])
    }
    return HTML("table", [:], rows)
  }

  func section(_ title: String, _ content: [HTML]) -> HTML {
    HTML("section", [:], [HTML("h2", title)] + content)
  }

  func short(_ value: Double) -> String { String(format: "%.4g", value) }
}
