import Foundation

/// A curve in the unit square, drawn as a line over a grid.
struct CurveDrawing {
  /// What stands above it.
  let title: String
  /// What runs along the horizontal axis.
  let across: String
  /// What runs along the vertical axis.
  let up: String
  /// The points, 0 to 1.
  let points: [(x: Double, y: Double)]

  /// An ROC curve.
  init(_ title: String, _ curve: ROCCurve) {
    self.title = title
    (across, up) = ("false-positive rate", "true-positive rate")
    points = curve.points.map { ($0.falsePositiveRate, $0.truePositiveRate) }
  }

  /// A precision-recall curve.
  init(_ title: String, _ curve: PrecisionRecallCurve) {
    self.title = title
    (across, up) = ("recall", "precision")
    points = curve.points.map { ($0.recall, $0.precision) }
  }

  private static let side = 300.0, left = 48.0, top = 12.0

  /// The drawing, 360 units wide, under its title.
  var drawing: HTML {
    let side = Self.side, left = Self.left, top = Self.top
    var pieces: [HTML] = []
    for step in 0...4 {
      let place = Double(step) / 4
      let x = left + place * side, y = top + (1 - place) * side
      let kind = step == 0 ? "axis" : "grid"
      pieces.append(line(kind, x, top, x, top + side))
      pieces.append(line(kind, left, y, left + side, y))
      let label = String(format: "%g", place)
      pieces.append(text(label, x, top + side + 16, "middle"))
      pieces.append(text(label, left - 6, y + 4, "end"))
    }
    pieces.append(text(across, left + side / 2, top + side + 34, "middle"))
    pieces.append(
      HTML(
        "text",
        [
          "class": "tick", "text-anchor": "middle",
          "transform": "translate(12 \(number(top + side / 2))) rotate(-90)",
        ], up))
    let path = points.map { "\(number(left + $0.x * side)),\(number(top + (1 - $0.y) * side))" }.joined(separator: " ")
    pieces.append(HTML("polyline", ["class": "curve", "points": path], []))
    let svg = HTML(
      "svg",
      [
        "viewBox": "0 0 360 \(number(top + side + 40))", "role": "img",
        "aria-label": "\(title): \(up) against \(across)",
      ], pieces)
    return HTML("figure", [:], [svg, HTML("figcaption", title)])
  }

  private func line(_ kind: String, _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> HTML {
    HTML("line", ["class": kind, "x1": number(x1), "x2": number(x2), "y1": number(y1), "y2": number(y2)], [])
  }

  private func text(_ content: String, _ x: Double, _ y: Double, _ anchor: String) -> HTML {
    HTML("text", ["class": "tick", "x": number(x), "y": number(y), "text-anchor": anchor], content)
  }

  private func number(_ value: Double) -> String { String(format: "%.1f", value) }
}
