import Evaluation
import Foundation
import PatchCore

/// A comparison of indexes for a terminal.
struct IndexTable {
  let comparison: IndexComparison
  let peer: IndexPeer?
  let model: String
  let weights: String?

  init(_ comparison: IndexComparison, peer: IndexPeer?, model: String, weights: String?) {
    self.comparison = comparison
    self.peer = peer
    self.model = model
    self.weights = weights
  }

  /// The table, what its columns mean, and the recommendation.
  var text: String {
    ([heading, ""] + table + [""] + notes + ["", recommendation]).joined(separator: "\n")
  }

  private var heading: String {
    "\(comparison.testPatches) patches of \(comparison.testImages) images, a bank of \(comparison.bankRows) x "
      + "\(comparison.dimension), \(comparison.threads) threads"
  }

  private var table: [String] {
    var lines = [["", "recall@1", "drift max", "mean", "image AUROC", "pixel AUROC", "ms/image", "build s", "MB"]]
    if peer != nil { lines[0] += ["peer ms", "peer build s"] }
    lines[0].append("index")
    for (number, row) in comparison.rows.enumerated() {
      var line = [
        number == comparison.recommended ? ">" : "", format("%.4f", row.recallAt1),
        format("%.4f", row.largestScoreDrift), format("%.4f", row.meanScoreDrift),
        row.imageAUROC.map { format("%.4f", $0) } ?? "-", row.pixelAUROC.map { format("%.4f", $0) } ?? "-",
        format("%.2f", row.millisecondsPerImage) + (row.library == nil ? "" : "*"),
        format("%.1f", row.buildSeconds) + (row.sharesBuild ? "=" : ""), format("%.1f", Double(row.bytes) / 1e6),
      ]
      if let peer {
        let other = peer.indexes.first { $0.name == row.name }
        line.append(other.map { format("%.2f", $0.millisecondsPerImage) } ?? "-")
        line.append(other.map { format("%.1f", $0.buildSeconds) } ?? "-")
      }
      lines.append(line + [row.name])
    }
    let widths = lines[0].indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    return lines.map { line in
      line.indices.map { column in
        // Numbers stand at the right, the index at the left.
        column == line.count - 1
          ? line[column] : String(repeating: " ", count: widths[column] - line[column].count) + line[column]
      }.joined(separator: "  ")
    }
  }

  private var notes: [String] {
    var notes = [
      "drift: relative change of image scores against the first row; ms/image: median time of the searches alone;",
      "MB: what the index adds to the model" + (comparison.rows.contains(where: \.sharesBuild) ? "; = built once" : ""),
    ]
    for library in Set(comparison.rows.compactMap(\.library)).sorted() { notes.append("* \(library)") }
    if let peer {
      notes.append("peer: \(peer.library), \(peer.threads) threads")
      let lacking = comparison.rows.filter { row in !peer.indexes.contains { $0.name == row.name } }
      if !lacking.isEmpty { notes.append("peer lacks \(lacking.count) of these indexes; run it on this JSON") }
    }
    return notes
  }

  private var recommendation: String {
    let row = comparison.rows[comparison.recommended]
    let start = "recommended (\(comparison.rule.summary)):"
    let given = weights.map { " --weights " + Self.quoted($0) } ?? ""
    return """
      \(start)
        \(row.name)
      echo '\(row.name)' | patchcore reindex \(Self.quoted(model)) --index /dev/stdin --output \(Self.quoted(newModel))\(given)
      """
  }

  private var newModel: String {
    let stem = Path.withoutExtension(model)
    return stem + "-reindexed" + model.dropFirst(stem.count)
  }

  /// A word of a shell's command line.
  private static func quoted(_ text: String) -> String {
    let isPlain = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_-./".contains($0)) }
    return isPlain ? text : "'" + text.replacingOccurrences(of: "'", with: "'\\''") + "'"
  }

  private func format(_ format: String, _ number: Double) -> String { String(format: format, number) }
}
