/// The loops between 32-bit floats and narrower numbers, in the processor's vectors.
enum NumberCoding {
  private typealias Words = SIMD16<UInt32>
  private static let lanes = 16

  /// bfloat16 to float32, exactly.
  static func widen(
    bfloat16 source: UnsafeRawPointer, into target: UnsafeMutablePointer<Float>, count: Int
  ) {
    let whole = count / lanes * lanes
    for place in stride(from: 0, to: whole, by: lanes) {
      let halves = source.loadUnaligned(fromByteOffset: 2 &* place, as: SIMD16<UInt16>.self)
      let words = Words(truncatingIfNeeded: halves) &<< 16
      UnsafeMutableRawPointer(target + place).storeBytes(of: words, as: Words.self)
    }
    for place in whole..<count {
      let half = source.loadUnaligned(fromByteOffset: 2 &* place, as: UInt16.self)
      target[place] = Float(bitPattern: UInt32(half) &<< 16)
    }
  }

  /// float32 to bfloat16: to nearest, ties to even; finite numbers stay finite, a NaN stays a NaN.
  ///
  /// Written without branches, which the compiler turns into vector code.
  static func round(
    _ source: UnsafePointer<Float>, intoBFloat16 target: UnsafeMutablePointer<UInt16>, count: Int
  ) {
    for place in 0..<count {
      let word = source[place].bitPattern
      let cut = word &>> 16
      let rounded = (word &+ 0x7fff &+ (cut & 1)) &>> 16
      // Rounding up would carry the greatest numbers into infinity.
      let finite = rounded & 0x7f80 == 0x7f80 ? cut & 0x8000 | 0x7f7f : rounded
      // An infinity has no fraction; a NaN keeps one that cutting cannot clear.
      let special = cut | (word & 0x007f_ffff != 0 ? 0x40 : 0)
      target[place] = UInt16(truncatingIfNeeded: word & 0x7f80_0000 == 0x7f80_0000 ? special : finite)
    }
  }

  /// Steps to float32: `offset + step q`.
  static func widen(
    int8 source: UnsafePointer<Int8>, step: Float, offset: Float, into target: UnsafeMutablePointer<Float>, count: Int
  ) {
    let whole = count / lanes * lanes
    for place in stride(from: 0, to: whole, by: lanes) {
      let bytes = UnsafeRawPointer(source + place).loadUnaligned(as: SIMD16<Int8>.self)
      let numbers = SIMD16<Float>(SIMD16<Int32>(truncatingIfNeeded: bytes)) * step + offset
      UnsafeMutableRawPointer(target + place).storeBytes(of: numbers, as: SIMD16<Float>.self)
    }
    for place in whole..<count { target[place] = Float(source[place]) * step + offset }
  }

  /// One row to steps.
  ///
  /// - Returns: the step and the offset; a step of 0 for a row of equal numbers.
  static func round(
    _ source: UnsafeBufferPointer<Float>, intoInt8 target: UnsafeMutablePointer<Int8>
  ) -> (step: Float, offset: Float) {
    var (least, greatest) = (Float.infinity, -Float.infinity)
    for value in source { (least, greatest) = (Swift.min(least, value), Swift.max(greatest, value)) }
    let step = Float((Double(greatest) - Double(least)) / 255)
    guard step > 0, step.isFinite else {
      for place in source.indices { target[place] = 0 }
      return (0, source.isEmpty ? 0 : least)
    }
    let offset = Float(Double(least) + 128 * Double(step))
    for place in source.indices {
      let steps = ((source[place] - offset) / step).rounded(.toNearestOrEven)
      target[place] = Int8(Swift.min(Swift.max(steps, -128), 127))
    }
    return (step, offset)
  }

  /// Whether some float32 is a NaN or an infinity.
  static func hasSpecial(_ values: UnsafePointer<Float>, count: Int) -> Bool {
    let exponent = Words(repeating: 0x7f80_0000)
    var found = Words(repeating: 0)
    let whole = count / lanes * lanes
    for place in stride(from: 0, to: whole, by: lanes) {
      let words = UnsafeRawPointer(values + place).loadUnaligned(as: Words.self) & exponent
      // The greatest exponent plus one in its place carries into the sign bit, no other does.
      found |= words &+ 0x0080_0000
    }
    var rest: UInt32 = 0
    for place in whole..<count { rest |= (values[place].bitPattern & 0x7f80_0000) &+ 0x0080_0000 }
    var any = rest
    for lane in 0..<lanes { any |= found[lane] }
    return any & 0x8000_0000 != 0
  }

  /// Whether some bfloat16 is a NaN or an infinity.
  static func hasSpecial(bfloat16 values: UnsafeRawPointer, count: Int) -> Bool {
    var found: UInt16 = 0
    var wide = SIMD16<UInt16>(repeating: 0)
    let whole = count / lanes * lanes
    for place in stride(from: 0, to: whole, by: lanes) {
      wide |= (values.loadUnaligned(fromByteOffset: 2 &* place, as: SIMD16<UInt16>.self) & 0x7f80) &+ 0x80
    }
    for place in whole..<count {
      found |= (values.loadUnaligned(fromByteOffset: 2 &* place, as: UInt16.self) & 0x7f80) &+ 0x80
    }
    for lane in 0..<lanes { found |= wide[lane] }
    return found & 0x8000 != 0
  }
}
