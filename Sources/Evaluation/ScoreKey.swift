/// Scores as whole numbers in the same order, which sort by their digits.
enum ScoreKey {
  /// A key whose unsigned order is the order of the numbers; both zeros have the same one.
  static func key(_ score: Float) -> UInt32 {
    let bits = (score + 0).bitPattern
    return bits & 0x8000_0000 == 0 ? bits | 0x8000_0000 : ~bits
  }

  /// The score of a key.
  static func score(_ key: UInt32) -> Float {
    Float(bitPattern: key & 0x8000_0000 == 0 ? ~key : key & 0x7FFF_FFFF)
  }
}
