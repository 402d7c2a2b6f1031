/// The known name that differs least from a mistyped one; `nil` if none is near.
///
/// Optimal string alignment distance, at most a third of the name's length but at least 2.
package func nearestName(to name: String, among known: [String]) -> String? {
  let limit = max(2, name.count / 3)
  let ranked = known.filter { abs($0.count - name.count) <= limit }
    .map { (distance: alignmentDistance(name, $0), name: $0) }
    .filter { $0.distance <= limit }
    .min { ($0.distance, $0.name) < ($1.distance, $1.name) }
  return ranked?.name
}

private func alignmentDistance(_ left: String, _ right: String) -> Int {
  let a = Array(left.lowercased()), b = Array(right.lowercased())
  var rows = [[Int]](repeating: [Int](repeating: 0, count: b.count + 1), count: a.count + 1)
  for i in 0...a.count { rows[i][0] = i }
  for j in 0...b.count { rows[0][j] = j }
  for i in stride(from: 1, through: a.count, by: 1) {
    for j in stride(from: 1, through: b.count, by: 1) {
      let substitution = rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
      rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, substitution)
      if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
        rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
      }
    }
  }
  return rows[a.count][b.count]
}
