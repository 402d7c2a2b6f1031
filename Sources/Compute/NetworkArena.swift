/// Places buffers with known lifetimes in one block of memory, so that those never alive together share bytes.
struct NetworkArena {
  private struct Placement {
    let offset: Int
    let end: Int
    let steps: ClosedRange<Int>
  }

  private static let alignment = 64
  private var placements: [Placement] = []
  /// The size of the block.
  private(set) var byteCount = 0

  /// Finds room for a buffer that is alive during `steps`, as low as possible.
  ///
  /// - Returns: its offset in bytes, a multiple of 64.
  mutating func place(byteCount size: Int, during steps: ClosedRange<Int>) -> Int {
    let size = (size + Self.alignment - 1) / Self.alignment * Self.alignment
    var offset = 0
    for other in placements where other.steps.overlaps(steps) {
      if offset + size <= other.offset { break }
      offset = max(offset, other.end)
    }
    let position = placements.firstIndex { $0.offset > offset } ?? placements.endIndex
    placements.insert(Placement(offset: offset, end: offset + size, steps: steps), at: position)
    byteCount = max(byteCount, offset + size)
    return offset
  }
}
