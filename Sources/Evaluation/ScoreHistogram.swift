import Foundation

/// How often scores occur among nominal and anomalous images, in bins of one width.
struct ScoreHistogram {
  /// The least score.
  let least: Double
  /// The greatest score.
  let greatest: Double
  /// Nominal images in each bin.
  private(set) var nominal: [Int]
  /// Anomalous images in each bin.
  private(set) var anomalous: [Int]

  /// Counts scores; `nil` if there are none.
  init?(_ images: [EvaluationReport.ImageResult], bins: Int = 32) {
    guard let least = images.map(\.score).min(), let greatest = images.map(\.score).max() else { return nil }
    self.least = Double(least)
    self.greatest = Double(greatest)
    nominal = [Int](repeating: 0, count: bins)
    anomalous = nominal
    for image in images {
      let range = self.greatest - self.least
      let position = range > 0 ? (Double(image.score) - self.least) / range : 0.5
      let bin = min(bins - 1, Int(position * Double(bins)))
      if image.isAnomalous { anomalous[bin] += 1 } else { nominal[bin] += 1 }
    }
  }

  /// A drawing 720 units wide: nominal counts upwards, anomalous counts downwards from one axis, so neither hides the
  /// other.
  var drawing: HTML {
    let width = 720.0, half = 104.0, left = 46.0, top = 22.0
    let bins = nominal.count
    let peak = max(1, nominal.max() ?? 0, anomalous.max() ?? 0)
    let step = (width - left - 8) / Double(bins), axis = top + half
    var pieces: [HTML] = []
    for line in [peak, (peak + 1) / 2] where line > 0 {
      let rise = half * Double(line) / Double(peak)
      for y in [axis - rise, axis + rise] {
        pieces.append(
          HTML(
            "line",
            ["class": "grid", "x1": number(left), "x2": number(width - 8), "y1": number(y), "y2": number(y)], []))
        pieces.append(
          HTML("text", ["class": "tick", "x": number(left - 6), "y": number(y + 4), "text-anchor": "end"], "\(line)"))
      }
      if peak == 1 { break }
    }
    for bin in 0..<bins {
      for (count, kind, sign) in [(nominal[bin], "nominal", -1.0), (anomalous[bin], "anomalous", 1.0)] where count > 0 {
        let height = half * Double(count) / Double(peak)
        let range = "\(score(bin)) to \(score(bin + 1)): \(count) \(kind)"
        pieces.append(
          HTML(
            "rect",
            [
              "class": kind, "x": number(left + Double(bin) * step + 1), "y": number(sign < 0 ? axis - height : axis),
              "width": number(max(1, step - 2)), "height": number(height),
            ], [HTML("title", range)]))
      }
    }
    pieces.append(
      HTML(
        "line", ["class": "axis", "x1": number(left), "x2": number(width - 8), "y1": number(axis), "y2": number(axis)],
        []))
    let below = axis + half + 18
    for (place, anchor) in [(0, "start"), (bins / 2, "middle"), (bins, "end")] {
      pieces.append(
        HTML(
          "text",
          [
            "class": "tick", "x": number(left + Double(place) * step), "y": number(below), "text-anchor": anchor,
          ], score(place)))
    }
    pieces.append(
      HTML(
        "text", ["class": "tick", "x": number(width / 2 + 20), "y": number(below + 18), "text-anchor": "middle"],
        "image score"))
    let height = below + 26
    return HTML(
      "svg",
      [
        "viewBox": "0 0 \(number(width)) \(number(height))", "role": "img",
        "aria-label": "Histogram of image scores, nominal above the axis and anomalous below",
      ], pieces)
  }

  private func score(_ bin: Int) -> String {
    String(format: "%.4g", least + (greatest - least) * Double(bin) / Double(nominal.count))
  }

  private func number(_ value: Double) -> String { String(format: "%.1f", value) }
}
