import CKernels
import PatchCore
import TensorFiles

extension RowSketches {
  private static func values(_ level: Int) -> String { "level\(level)_values" }
  private static func starts(_ level: Int) -> String { "level\(level)_starts" }
  private static func losses(_ level: Int) -> String { "level\(level)_losses" }
  private static let (means, axes, steps, slots, blockCentres) = ("mean", "axes", "steps", "order", "centres")

  /// What restores the sketches without computing them again.
  var archive: StageArchive {
    var tensors = [
      Self.means: Tensor(basis.mean, shape: [basis.dimension]),
      Self.axes: Tensor(basis.axes, shape: [basis.count, basis.dimension]),
      Self.steps: Tensor(levels.flatMap { [$0.scale, $0.restMean] }, shape: [levels.count, 2]), Self.slots: order,
      Self.blockCentres: Tensor(
        centres.withUnsafeBufferPointer(Array.init), shape: [centres.rows, centres.columns]),
    ]
    for (number, level) in levels.enumerated() {
      tensors[Self.values(number)] = level.values
      tensors[Self.starts(number)] = level.starts
      tensors[Self.losses(number)] = level.losses
    }
    return StageArchive(tensors: tensors)
  }

  /// Restores sketches of a bank.
  ///
  /// The integers are used where they stand. A few rows are sketched again and compared, so that sketches of another
  /// bank are noticed.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidArtifact` if a tensor is missing or does not suit the bank.
  init(restoring archive: StageArchive, of bank: Matrix, engine: any ComputeEngine) throws {
    let (m, d) = (bank.rows, bank.columns)
    guard Self.suit(rows: m, dimension: d) else {
      throw Self.damaged("a bank of \(m) rows of \(d) dimensions has none")
    }
    let shapes = SketchShape.levels(forDimension: d)
    let axisCount = Self.axisCount(shapes)
    let slotCount = (m + Self.blockRows - 1) / Self.blockRows * Self.blockRows
    func tensor(_ name: String, _ type: ElementType, _ shape: [Int]) throws -> Tensor {
      let tensor = try archive.tensor(name)
      guard tensor.elementType == type, tensor.shape == shape else {
        throw Self.damaged(
          "the tensor \(name) is \(tensor.elementType.rawValue) \(tensor.shape), expected \(type.rawValue) \(shape)")
      }
      return tensor
    }
    func numbers(_ name: String, _ shape: [Int]) throws -> [Float] {
      let numbers = try tensor(name, .float32, shape).floats()
      guard numbers.allSatisfy(\.isFinite) else { throw Self.damaged("\(name) holds a number that is not finite") }
      return numbers
    }

    basis = SketchBasis(mean: try numbers(Self.means, [d]), axes: try numbers(Self.axes, [axisCount, d]))
    // Axes of a wrong artifact would make every bound useless, but none wrong.
    let steps = try numbers(Self.steps, [shapes.count, 2])
    // So would wrong centres, which choose where a search begins.
    let centreLength = SketchShape.panelled * Int(PC_SKETCH_LENGTH)
    let centreValues = try numbers(Self.blockCentres, [slotCount / Self.blockRows, centreLength])
    centres = Matrix(rows: slotCount / Self.blockRows, columns: centreLength, centreValues)
    order = try tensor(Self.slots, .int32, [slotCount])
    try Self.checkOrder(order, rows: m)
    levels = try shapes.enumerated().map { number, shape in
      guard !shape.continues || steps[2 * number - 2] == SketchShape.coarseness * steps[2 * number] else {
        throw Self.damaged("\(Self.steps) holds \(steps[2 * number - 2]) and \(steps[2 * number]) for two halves")
      }
      guard Self.usableSteps.contains(steps[2 * number]) else {
        throw Self.damaged("\(Self.steps) holds a step of \(steps[2 * number])")
      }
      let starts = try tensor(Self.starts(number), .int32, [slotCount])
      try Self.checkStarts(starts, Self.starts(number), rows: m, length: shape.length)
      let losses = try tensor(Self.losses(number), .float32, [slotCount / Self.blockRows])
      guard losses.floats().allSatisfy({ $0 >= 0 && $0.isFinite }) else {
        throw Self.damaged("\(Self.losses(number)) holds a number that is no loss")
      }
      return SketchLevel(
        shape: shape, scale: steps[2 * number], restMean: steps[2 * number + 1],
        values: try tensor(Self.values(number), .uint8, [slotCount * shape.length]), starts: starts, losses: losses)
    }
    count = m
    try checkSamples(of: bank, engine)
  }

  private static func damaged(_ reason: String) -> PatchCoreError {
    PatchCoreError(
      .invalidArtifact, stage: "neighbour_index",
      "the stored sketches are damaged, or belong to another bank: \(reason); fit again")
  }

  private static func checkOrder(_ order: Tensor, rows: Int) throws {
    let slots = order.address.assumingMemoryBound(to: Int32.self)
    var seen = [Bool](repeating: false, count: rows)
    for slot in 0..<order.count {
      let row = Int(slots[slot])
      let isValid = slot < rows ? (0..<rows).contains(row) && !seen[row] : row == -1
      guard isValid else { throw damaged("\(Self.slots) holds \(row) at slot \(slot)") }
      if row >= 0 { seen[row] = true }
    }
  }

  /// A start out of range would let a slot without a row be found, or a score overflow.
  private static func checkStarts(_ starts: Tensor, _ name: String, rows: Int, length: Int) throws {
    let numbers = starts.address.assumingMemoryBound(to: Int32.self)
    let least = SketchLevel.leastStart(length: length)
    for slot in 0..<starts.count {
      let isValid = slot < rows ? (least...0).contains(numbers[slot]) : numbers[slot] == SketchLevel.noRow
      guard isValid else { throw damaged("\(name) holds \(numbers[slot]) at slot \(slot)") }
    }
  }

  /// Sketches a few rows again and compares; another engine may round a number the other way.
  private func checkSamples(of bank: Matrix, _ engine: any ComputeEngine) throws {
    let slots = (0..<16).map { $0 * count / 16 }
    let rows = slots.map { Int(order.address.assumingMemoryBound(to: Int32.self)[$0]) }
    let sample = bank.selecting(rows: rows)
    let fresh = try sample.withUnsafeBufferPointer {
      try SketchedQueries($0.baseAddress!, count: rows.count, self, engine)
    }
    var squaresBefore: [Int] = []
    for (number, level) in levels.enumerated() {
      let view = level.view
      var allSquares: [Int] = []
      for (position, slot) in slots.enumerated() {
        let loss = fresh.queries(atLevel: number)[position].loss, held = view.losses[slot / Self.blockRows]
        // Another engine's sums differ in their last places.
        guard loss <= 1.01 * Double(held) else {
          throw Self.damaged("\(Self.losses(number)) holds \(held) for a row that loses \(loss)")
        }
        var squares = 0
        for i in 0..<view.length {
          let integer = Int(fresh.integers(atLevel: number)[position * view.length + i])
          let place = number < SketchShape.panelled ? Self.panelOffset(slot, i) : slot * view.length + i
          let stored = Int(view.values[place]) - 128
          guard abs(integer - stored) <= 1 else {
            throw Self.damaged("\(Self.values(number)) holds \(stored) for row \(rows[position]), found \(integer)")
          }
          squares += stored * stored
        }
        let start = SketchLevel.start(
          squares: squares, firstHalf: level.shape.continues ? squaresBefore[position] : 0)
        guard view.starts[slot] == start else {
          throw Self.damaged("\(Self.starts(number)) holds \(view.starts[slot]) where \(start) belongs")
        }
        allSquares.append(squares)
      }
      squaresBefore = allSquares
    }
  }

  /// Where number i of a slot's sketch stands among the panels.
  private static func panelOffset(_ slot: Int, _ i: Int) -> Int {
    let lanes = Int(PC_SKETCH_LANES), length = Int(PC_SKETCH_LENGTH)
    return slot / lanes * lanes * length + i / 4 * lanes * 4 + slot % lanes * 4 + i % 4
  }
}
