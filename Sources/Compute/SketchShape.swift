import CKernels

/// What one level of sketches holds: some principal coordinates, with or without the norm of all others, or all
/// coordinates.
struct SketchShape: Sendable, Hashable {
  /// Principal coordinates kept; `nil` for all coordinates of the row itself.
  let axes: Range<Int>?
  /// Whether the norm of what neither this level's coordinates nor those it continues hold follows them.
  let holdsRest: Bool
  /// Whether the level goes on where the one before it ends: both together are the sketch, and scores add up.
  let continues: Bool
  /// Integers per sketch, a multiple of 64.
  let length: Int
  /// Numbers that one orthonormal transform mixes, a power of 2 that divides `length`.
  let mixed: Int

  private init(axes: Range<Int>?, holdsRest: Bool = false, continues: Bool = false, length: Int) {
    (self.axes, self.holdsRest, self.continues, self.length) = (axes, holdsRest, continues, length)
    mixed = length & -length
  }

  /// Rows of fewer dimensions than this are compared as they are.
  static let smallestDimension = 32
  /// Rows of more dimensions are: finding their axes takes longer than searches save.
  static let largestDimension = 2048

  /// The levels for rows of d dimensions: each tells rows apart better than the one before it, and costs more.
  ///
  /// The first two lie in panels, half a sketch each.
  static func levels(forDimension d: Int) -> [SketchShape] {
    let length = Int(PC_SKETCH_LENGTH), half = min(length, d)
    var levels = [
      SketchShape(axes: 0..<half, length: length),
      SketchShape(axes: half..<min(2 * length - 1, d), holdsRest: true, continues: true, length: length),
    ]
    if d >= 2 * length { levels.append(SketchShape(axes: 0..<min(255, d), holdsRest: true, length: 256)) }
    if d < 2 * length || d >= 384 { levels.append(SketchShape(axes: nil, length: (d + 63) / 64 * 64)) }
    return levels
  }

  /// Levels in panels.
  static let panelled = 2
  /// Steps of the first half are this much longer than those of the second, whose coordinates are shorter.
  static let coarseness: Float = 2
}
