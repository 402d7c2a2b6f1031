import PatchCore

/// Sorts 32-bit keys by their digits, in parallel.
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
  package static func sort(_ keys: inout [UInt32]) throws {
    let count = keys.count
    guard count > 1 else { return }
    guard count > 4 * digits else {
      keys.sort()
      return
    }
    var scratch = [UInt32](repeating: 0, count: count)
    let pieces = (count + pieceSize - 1) / pieceSize
    var places = [Int](repeating: 0, count: pieces * digits)
    for pass in 0..<3 {
      let shift = UInt32(pass * digitBits)
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

  private static func countDigits(
    _ source: UnsafeBufferPointer<UInt32>, _ piece: Int, _ shift: UInt32, _ table: UnsafeMutableBufferPointer<Int>
  ) {
    let row = table.baseAddress! + piece * digits
    row.update(repeating: 0, count: digits)
    let mask = UInt32(digits - 1)
    for position in piece * pieceSize..<min((piece + 1) * pieceSize, source.count) {
      row[Int((source[position] >> shift) & mask)] &+= 1
    }
  }

  private static func move(
    _ source: UnsafeMutableBufferPointer<UInt32>, to target: UnsafeMutableBufferPointer<UInt32>, _ piece: Int,
    _ shift: UInt32, _ table: UnsafeMutableBufferPointer<Int>
  ) {
    let row = table.baseAddress! + piece * digits, out = target.baseAddress!
    let mask = UInt32(digits - 1)
    for position in piece * pieceSize..<min((piece + 1) * pieceSize, source.count) {
      let key = source[position]
      let digit = Int((key >> shift) & mask)
      out[row[digit]] = key
      row[digit] &+= 1
    }
  }
}
