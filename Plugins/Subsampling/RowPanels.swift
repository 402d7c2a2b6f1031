import CKernels

/// Rows copied into panels of 16, as the kernels read them; the last panel is filled up with zeros.
struct RowPanels {
  /// Rows per panel.
  static let size = 16

  /// Number of rows.
  let count: Int
  /// The numbers of a panel stand dimension after dimension, 16 rows side by side.
  let values: [Float]

  /// Number of panels.
  var panels: Int { (count + Self.size - 1) / Self.size }

  /// Copies the rows with the given numbers.
  init(of rows: UnsafePointer<Float>, dimension: Int, _ numbers: [Int32]) {
    self.init(of: rows, dimension: dimension, numbers, count: numbers.count)
  }

  /// Copies the first rows.
  init(of rows: UnsafePointer<Float>, dimension: Int, first count: Int) {
    self.init(of: rows, dimension: dimension, nil, count: count)
  }

  private init(of rows: UnsafePointer<Float>, dimension: Int, _ numbers: UnsafePointer<Int32>?, count: Int) {
    self.count = count
    values = [Float](unsafeUninitializedCapacity: (count + Self.size - 1) / Self.size * Self.size * dimension) {
      pc_pack_panels(rows, dimension, numbers, count, $0.baseAddress!)
      $1 = $0.count
    }
  }

  /// The distances of the rows to a pick, and of what fills up the last panel.
  func distances(to pick: [Float]) -> [Float] {
    var distances = [Float](repeating: .infinity, count: panels * Self.size)
    pc_nearer(values, panels, pick.count, pick, 1, &distances)
    return distances
  }
}
