/// The connected regions of a grid: pixels that touch along an edge or at a corner belong together (8-connectivity).
///
/// The labels are those of `scipy.ndimage.label` with a 3 x 3 block of ones as its structure.
public struct ConnectedRegions: Sendable, Equatable {
  /// Rows of pixels.
  public let height: Int
  /// Columns of pixels.
  public let width: Int
  /// `height x width` labels, row by row: 0 outside every region, else the number of the pixel's region from 1.
  public let labels: [Int32]
  /// Number of regions.
  public let count: Int

  /// Finds the regions of a grid.
  ///
  /// Regions are numbered in the row-major order of their first pixel.
  ///
  /// - Parameters:
  ///   - height: rows of pixels.
  ///   - width: columns of pixels.
  ///   - isMember: for each of `height x width` pixels, row by row, whether it belongs to a region.
  /// - Precondition: `isMember.count == height * width`, which is at most 2^31 - 1.
  /// - Complexity: O(n) time for n pixels (two passes and union-find, no recursion), at most 2 n bytes beside the labels.
  public init(height: Int, width: Int, isMember: [Bool]) {
    precondition(isMember.count == height * width, "\(isMember.count) values for \(height) x \(width) pixels")
    precondition(isMember.count <= Int(Int32.max), "\(isMember.count) pixels are more than labels")
    self.height = height
    self.width = width
    var count = 0
    labels = [Int32](unsafeUninitializedCapacity: isMember.count) { labels, initialised in
      labels.initialize(repeating: 0)
      initialised = isMember.count
      isMember.withUnsafeBufferPointer { count = Self.label($0, height: height, width: width, into: labels) }
    }
    self.count = count
  }

  /// Number of pixels of each region, region 1 first.
  public var areas: [Int] {
    var areas = [Int](repeating: 0, count: count + 1)
    for label in labels { areas[Int(label)] += 1 }
    return Array(areas.dropFirst())
  }

  /// Gives each pixel a provisional label, joins labels that touch, then numbers what is left.
  private static func label(
    _ isMember: UnsafeBufferPointer<Bool>, height: Int, width: Int, into labels: UnsafeMutableBufferPointer<Int32>
  ) -> Int {
    // Label l belongs with parents[l]; a root is its own parent and the least label of its set, so that roots are in
    // the order of their first pixels.
    var parents: [Int32] = [0]
    for row in 0..<height {
      let start = row * width, above = start - width
      for column in 0..<width where isMember[start + column] {
        // The neighbour to the left has been joined with what lies above both; above it is joined with its left one.
        var label: Int32 = column > 0 ? labels[start + column - 1] : 0
        if row > 0 {
          if label == 0 {
            if column > 0 { label = labels[above + column - 1] }
            let top = labels[above + column]
            if label == 0 { label = top }
          }
          let right = column + 1 < width ? labels[above + column + 1] : 0
          if label == 0 {
            label = right
          } else if right != 0, right != label, labels[above + column] == 0 {
            label = join(label, right, &parents)
          }
        }
        if label == 0 {
          label = Int32(parents.count)
          parents.append(label)
        }
        labels[start + column] = label
      }
    }
    var count: Int32 = 0
    var numbers = [Int32](repeating: 0, count: parents.count)
    for label in 1..<max(1, parents.count) {
      let parent = Int(parents[label])
      // A parent is less than its child, so its own number is there already.
      if parent == label { count += 1 }
      numbers[label] = parent == label ? count : numbers[parent]
    }
    for pixel in labels.indices where labels[pixel] != 0 { labels[pixel] = numbers[Int(labels[pixel])] }
    return Int(count)
  }

  /// Puts two labels into one set and returns its root; the paths are halved on the way.
  private static func join(_ first: Int32, _ second: Int32, _ parents: inout [Int32]) -> Int32 {
    func root(_ label: Int32, _ parents: inout [Int32]) -> Int32 {
      var label = Int(label)
      while parents[label] != label {
        parents[label] = parents[Int(parents[label])]
        label = Int(parents[label])
      }
      return Int32(label)
    }
    let a = root(first, &parents), b = root(second, &parents)
    parents[Int(max(a, b))] = min(a, b)
    return min(a, b)
  }
}
