/// A row of the bank and its distance to a query.
struct Neighbour: Comparable {
  var row: Int32
  var squaredDistance: Float

  static func < (left: Self, right: Self) -> Bool {
    left.squaredDistance < right.squaredDistance
      || (left.squaredDistance == right.squaredDistance && left.row < right.row)
  }
}

/// The k nearest rows measured so far, ascending by distance, equal distances by row number.
struct NearestList {
  private(set) var neighbours: [Neighbour] = []
  private let k: Int
  /// No row farther than this can be among the nearest; infinite before there are k.
  private(set) var reach = Double.infinity

  init(_ k: Int) { self.k = k }

  /// Whether a row is among them.
  func holds(_ row: Int32) -> Bool { neighbours.contains { $0.row == row } }

  /// Takes a row that is not among them, if it is one of the k nearest.
  mutating func insert(_ neighbour: Neighbour) {
    if neighbours.count == k, let last = neighbours.last {
      guard neighbour < last else { return }
      neighbours.removeLast()
    }
    let place = neighbours.firstIndex { neighbour < $0 } ?? neighbours.count
    neighbours.insert(neighbour, at: place)
    if neighbours.count == k, let last = neighbours.last {
      // Distances are rounded: one that is equal after that may be larger by half a unit in the last place.
      reach = Double(last.squaredDistance).squareRoot() * (1 + 0x1p-22) + 0x1p-74
    }
  }
}
