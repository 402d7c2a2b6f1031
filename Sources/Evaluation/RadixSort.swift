import PatchCore

/// Sorts keys by their 32 leading bits, digit by digit, in parallel.
package enum RadixSort {
  private static let digitBits = 11
  private static let digits = 1 << digitBits
  private static let pieceSize = 1 << 21

  /// Sorts keys in ascending order.
  ///
  /// Three passes over 11 bits each, least significant first. Every pass counts the digits of fixed pieces, then moves
  /// the pieces' keys to places that only depend on the counts, so any number of threads gives the same order.
  ///
  /// - Throws: nothing of its own.
  /// - Complexity: O(n) time, 4 n bytes of scratch memory.
  package static func sort(_ keys: inout [UInt32]) throws { try sortByLeadingBits(&keys) }

  /// Sorts keys in ascending order of their upper halves; the order of those with equal upper halves is not stated.
  ///
  /// - Throws: nothing of its own.
  /// - Complexity: O(n) time, 8 n bytes of scratch memory.
  package static func sortByUpperHalf(_ keys: inout [UInt64]) throws { try sortByLeadingBits(&keys) }

  private static func sortByLeadingBits<Key: FixedWidthInteger & UnsignedInteger & Sendable>(
    _ keys: inout [Key]
  ) throws {
    let count = keys.count
    guard count > 1 else { return }
    guard count > 4 * digits else {
      keys.sort()
      return
    }
    var scratch = [Key](repeating: 0, count: count)
    let pieces = (count + pieceSize - 1) / pieceSize
    var places = [Int](repeating: 0, count: pieces * digits)
    for pass in 0..<3 {
      let shift = Key.bitWidth - 32 + pass * digitBits
      try places.withUnsafeMutableBufferPointer { places in
        nonisolated(unsafe) let table = places
        try keys.withUnsafeBufferPointer { keys in
          nonisolated(unsafe) let source = keys
          try parallelLoop(pieces) { piece in countDigits(source, piece, shift, table) }
        }
        // Where each piece's keys of each digit begin: digit by digit, piece by piece.
        var next = 0
        var largest = 0
        for digit in 0..<digits {
          let start = next
          for piece in 0..<pieces {
            let number = table[piece * digits + digit]
            table[piece * digits + digit] = next
            next += number
          }
          largest = max(largest, next - start)
        }
        guard largest < count else { return }
        try keys.withUnsafeMutableBufferPointer { keys in
          try scratch.withUnsafeMutableBufferPointer { scratch in
            nonisolated(unsafe) let source = keys, target = scratch
            try parallelLoop(pieces) { piece in move(source, to: target, piece, shift, table) }
          }
        }
        swap(&keys, &scratch)
      }
    }
  }

  private static func countDigits<Key: FixedWidthInteger & UnsignedInteger>(
    _ source: UnsafeBufferPointer<Key>, _ piece: Int, _ shift: Int, _ table: UnsafeMutableBufferPointer<Int>
  ) {
    let row = table.baseAddress! + piece * digits
    row.update(repeating: 0, count: digits)
    let mask = digits - 1
    for position in piece * pieceSize..<min((piece + 1) * pieceSize, source.count) {
      row[Int(truncatingIfNeeded: source[position] &>> Key(truncatingIfNeeded: shift)) & mask] &+= 1
    }
  }

  private static func move<Key: FixedWidthInteger & UnsignedInteger>(
    _ source: UnsafeMutableBufferPointer<Key>, to target: UnsafeMutableBufferPointer<Key>, _ piece: Int, _ shift: Int,
    _ table: UnsafeMutableBufferPointer<Int>
  ) {
    let row = table.baseAddress! + piece * digits, out = target.baseAddress!
    let mask = digits - 1
    for position in piece * pieceSize..<min((piece + 1) * pieceSize, source.count) {
      let key = source[position]
      let digit = Int(truncatingIfNeeded: key &>> Key(truncatingIfNeeded: shift)) & mask
      out[row[digit]] = key
      row[digit] &+= 1
    }
  }
}
