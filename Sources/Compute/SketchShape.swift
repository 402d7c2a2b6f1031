/// What one level of sketches holds: some principal coordinates and the norm of all others, or all coordinates.
struct SketchShape: Sendable, Hashable {
  /// Principal coordinates kept; `nil` for all coordinates of the row itself.
  let axes: Int?
  /// Integers per sketch, a multiple of 64.
  let length: Int
  /// Numbers that one orthonormal transform mixes, a power of 2 that divides `length`.
  let mixed: Int

  private init(axes: Int?, length: Int) {
    self.axes = axes
    self.length = length
    mixed = length & -length
  }

  /// Rows of fewer dimensions than this are compared as they are.
  static let smallestDimension = 32
  /// Rows of more dimensions are: finding their axes takes longer than searches save.
  static let largestDimension = 2048

  /// The levels for rows of d dimensions: each tells rows apart better than the one before it, and costs more.
  static func levels(forDimension d: Int) -> [SketchShape] {
    var levels = [SketchShape(axes: min(63, d), length: 64)]
    if d >= 128 { levels.append(SketchShape(axes: min(255, d), length: 256)) }
    if d >= 384 { levels.append(SketchShape(axes: nil, length: (d + 63) / 64 * 64)) }
    return levels
  }
}
