/// What differs from what the paper ran, in words.
struct SuiteComparison {
  /// A sentence for each difference.
  private(set) var sentences: [String] = []
  /// The heading of the paper's numbers: `paper`, and what it ran where that differs.
  private(set) var paperHeading = "paper"

  init(_ table: Suite.Table, _ plan: SuitePlan, _ setting: SuiteResults.Setting) {
    let rows = plan.rows.filter { $0.data != nil }
    if let base = setting.base {
      sentences.append("Base: \(base) in the place of the suite's.")
    }
    let others = rows.filter { !$0.networks.isEmpty && $0.networks != $0.paperNetworks }
    if let first = others.first {
      let isSame = others.allSatisfy { $0.networks == first.networks && $0.paperNetworks == first.paperNetworks }
      sentences.append(
        isSame
          ? "Network: \(Self.list(first.networks)); the paper's rows have \(Self.list(first.paperNetworks))."
          : "Networks: \(others.count) of \(rows.count) rows have another one than the paper's.")
    }
    let random = rows.count { $0.weights.contains(where: \.isRandom) }
    if random > 0 {
      sentences.append("Weights: \(random) of \(rows.count) rows have random ones; the paper's are pretrained.")
    }
    var seen: Set<String> = []
    for row in rows {
      guard let data = row.data else { continue }
      let kind = row.run.data ?? table.data
      guard !data.isPapers(kind), seen.insert("\(data.kind.rawValue) \(kind.rawValue)").inserted else { continue }
      sentences.append(Self.sentence(data, kind))
    }
    for note in rows.flatMap(\.notes) where !sentences.contains(note) { sentences.append(note) }
    guard !sentences.isEmpty else { return }
    let networks = rows.map { Self.list($0.paperNetworks) }.filter { !$0.isEmpty }
    let kinds = table.runs.map { ($0.data ?? table.data).label }
    let parts = [Self.common(networks), Self.common(kinds)].compactMap { $0 }
    if !parts.isEmpty { paperHeading = "paper (\(parts.joined(separator: ", ")))" }
  }

  private static func sentence(_ data: SuiteData, _ kind: SuiteDataKind) -> String {
    guard data.kind == .mvtec, kind == .mvtec else {
      return "Data: \(data.name) (\(data.kind.rawValue)); the paper's numbers are of \(kind.label)."
    }
    let names = data.categories.map(\.name)
    let known = names.filter(DatasetCollection.mvtecCategories.contains)
    guard known.count == names.count else {
      let what = names.count == 1 ? names[0] : "\(names.count) categories of \(data.name)"
      return "Data: \(what); the paper's numbers are over the 15 categories of MVTec AD."
    }
    return "Data: \(known.count) of the 15 categories of MVTec AD; the paper's numbers over all are over the 15."
  }

  private static func list(_ names: [String]) -> String { names.joined(separator: " & ") }

  /// The one text that all are; `nil` if they differ.
  private static func common(_ texts: [String]) -> String? {
    guard let first = texts.first, texts.allSatisfy({ $0 == first }) else { return nil }
    return first
  }
}
