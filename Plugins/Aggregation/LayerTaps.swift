/// Which elements of a layer's patch go into each output, and with what weight: a sparse matrix by rows.
///
/// Elements are numbered channel by channel, then row by row within the patch. Elements of an output ascend, and no
/// output starts before an element that an earlier one starts with.
struct LayerTaps {
  private(set) var starts = [0]
  private(set) var elements: [Int] = []
  private(set) var weights: [Float] = []

  mutating func append(_ element: Int, _ weight: Float) {
    elements.append(element)
    weights.append(weight)
  }

  /// Ends the row of the current output.
  mutating func endOutput() { starts.append(elements.count) }
}
