import CKernels

/// Linear interpolation along one axis between sample centres (`align_corners = False`), in 32-bit floats as PyTorch's.
struct LinearAxis {
  private var lower: [Int32] = []
  private var upper: [Int32] = []
  private var fraction: [Float] = []

  init(from count: Int, to target: Int) {
    let scale = Float(count) / Float(target)
    for index in 0..<target {
      let place = max(0, scale * (Float(index) + 0.5) - 0.5)
      let cell = min(Int(place), count - 1)
      lower.append(Int32(cell))
      upper.append(Int32(min(cell + 1, count - 1)))
      fraction.append(count == target ? 0 : min(place - Float(cell), 1))
    }
  }

  func withKernelAxis<R>(_ body: (pc_axis) throws -> R) rethrows -> R {
    try lower.withUnsafeBufferPointer { lower in
      try upper.withUnsafeBufferPointer { upper in
        try fraction.withUnsafeBufferPointer { fraction in
          try body(
            pc_axis(
              lower: lower.baseAddress, upper: upper.baseAddress, fraction: fraction.baseAddress,
              count: Int64(fraction.count)))
        }
      }
    }
  }
}
