import Foundation
import PatchCore

extension Figure3 {
  private static let side = 360.0
  private static let margin = 30.0
  private static let caption = 44.0
  private static let legend = 34.0

  /// The picture: coresets above, random selections below, multimodal data on the left.
  static func svg(_ panels: [Panel]) -> String {
    let width = 2 * side + 3 * margin
    let height = 2 * (side + caption) + margin + legend
    var lines = [
      #"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \#(number(width)) \#(number(height))" "#
        + #"width="\#(number(width))" height="\#(number(height))" font-family="sans-serif" font-size="13">"#,
      #"<title>Coreset (top) and random subsampling (bottom) of multimodal and uniform points</title>"#,
      #"<rect width="100%" height="100%" fill="white"/>"#,
    ]
    for (place, panel) in panels.enumerated() {
      let left = margin + Double(place % 2) * (side + margin)
      let top = margin + Double(place / 2) * (side + caption)
      let row = panel.row
      lines.append(#"<g transform="translate(\#(number(left)) \#(number(top)))">"#)
      lines.append(##"<rect width="\##(number(side))" height="\##(number(side))" fill="none" stroke="#888"/>"##)
      lines.append(##"<g fill="#4a7fc1" fill-opacity="0.45">"##)
      lines += circles(panel.points.indices.filter { !panel.selection.contains($0) }, panel, radius: 1.6)
      lines.append(##"</g><g fill="#d01c1c" stroke="white" stroke-width="0.6">"##)
      lines += circles(panel.selection.sorted(), panel, radius: 3.6)
      lines.append("</g>")
      let distances = String(
        format: "largest distance %.3f, mean %.4f", locale: nil, row.largestDistance, row.meanDistance)
      lines.append(
        #"<text x="\#(number(side / 2))" y="\#(number(side + 18))" text-anchor="middle">"#
          + "\(row.subsampler), \(row.data): \(distances)</text></g>")
    }
    let (first, share) = (panels[0].row, Double(panels[0].row.selected) / Double(panels[0].row.points) * 100)
    let base = height - 16
    lines.append(##"<circle cx="\##(number(margin + 4))" cy="\##(number(base - 4))" r="3" fill="#4a7fc1"/>"##)
    lines.append(#"<text x="\#(number(margin + 14))" y="\#(number(base))">\#(first.points) points</text>"#)
    lines.append(##"<circle cx="\##(number(margin + 124))" cy="\##(number(base - 4))" r="3.6" fill="#d01c1c"/>"##)
    lines.append(
      #"<text x="\#(number(margin + 134))" y="\#(number(base))">"#
        + "\(first.selected) selected (\(number(share))%)</text>")
    lines.append("</svg>")
    return lines.joined(separator: "\n") + "\n"
  }

  private static func circles(_ numbers: [Int], _ panel: Panel, radius: Double) -> [String] {
    let low = panel.points.reduce(SIMD2(repeating: Double.infinity)) { pointwiseMin($0, $1) }
    let high = panel.points.reduce(SIMD2(repeating: -Double.infinity)) { pointwiseMax($0, $1) }
    let centre = (low + high) / 2
    // One scale for both axes, so that distances look alike in every direction.
    let scale = (side - 24) / max(high.x - low.x, high.y - low.y)
    return numbers.map { index in
      let place = (panel.points[index] - centre) * SIMD2(scale, -scale) + SIMD2(repeating: side / 2)
      return #"<circle cx="\#(number(place.x))" cy="\#(number(place.y))" r="\#(number(radius))"/>"#
    }
  }

  /// A number with at most two digits after the point.
  private static func number(_ value: Double) -> String {
    let text = String(format: "%.2f", locale: nil, value)
    return text.hasSuffix(".00") ? String(text.dropLast(3)) : text
  }

  /// Every point once, and who selected it.
  static func pointTable(_ panels: [Panel]) -> String {
    var lines = ["data,x,y,coreset,random"]
    for panel in panels where panel.row.subsampler == "coreset" {
      let random = panels.first { $0.row.data == panel.row.data && $0.row.subsampler == "random" }
      for (index, point) in panel.points.enumerated() {
        let chosen = random?.selection.contains(index) == true
        // As the subsamplers see it: 32 bits.
        lines.append(
          "\(panel.row.data),\(Float(point.x)),\(Float(point.y)),\(panel.selection.contains(index) ? 1 : 0),"
            + "\(chosen ? 1 : 0)")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// One line per panel.
  static func coverageTable(_ panels: [Panel]) -> String {
    let lines = panels.map { panel in
      let row = panel.row
      return "\(row.data),\(row.subsampler),\(row.points),\(row.selected),\(row.largestDistance),\(row.meanDistance)"
    }
    return (["data,subsampler,points,selected,largest_distance,mean_distance"] + lines).joined(separator: "\n") + "\n"
  }
}
