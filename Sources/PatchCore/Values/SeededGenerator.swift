/// The package's one random generator: SplitMix64, the same numbers on every machine and in every version.
///
/// The state advances by 0x9E3779B97F4A7C15; the output is the state mixed by Stafford's variant 13. Swift's own
/// `shuffled` and `random(in:using:)` are not used: their algorithms may change between versions.
///
/// Steele, Lea, Flood, *Fast Splittable Pseudorandom Number Generators* (2014), doi:10.1145/2660193.2660195.
public struct SeededGenerator: Sendable {
  private var state: UInt64

  /// A generator whose first output is mixed from `seed + 0x9E3779B97F4A7C15`.
  public init(seed: UInt64) { state = seed }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return Self.mix(state)
  }

  /// A number below `bound`, each equally likely, by multiplication with rejection (Lemire 2019).
  ///
  /// - Precondition: `bound >= 1`.
  public mutating func next(below bound: Int) -> Int {
    precondition(bound >= 1, "bound must be positive")
    let range = UInt64(bound)
    let threshold = (0 &- range) % range
    while true {
      let (high, low) = next().multipliedFullWidth(by: range)
      if low >= threshold { return Int(high) }
    }
  }

  /// A number in [0, 1) with 53 random bits.
  public mutating func nextUnit() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A number in [-limit, limit) with 53 random bits, rounded to 32 bits.
  public mutating func nextUniform(limit: Double) -> Float { Float((2 * nextUnit() - 1) * limit) }

  /// `count` different numbers below `bound` in random order: the first steps of a Fisher-Yates shuffle.
  ///
  /// - Precondition: `0 <= count <= bound`.
  /// - Complexity: O(count) time and memory.
  public mutating func sample(_ count: Int, below bound: Int) -> [Int] {
    precondition(count >= 0 && count <= bound, "\(count) of \(bound)")
    var moved: [Int: Int] = [:]
    return (0..<count).map { position in
      let other = position + next(below: bound - position)
      let chosen = moved[other] ?? other
      moved[other] = moved[position] ?? position
      return chosen
    }
  }

  /// The seed of a named part, derived from the seed of the whole (FNV-1a of the name, mixed with the seed).
  public static func subseed(_ seed: UInt64, for name: String) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    return mix(mix(seed &+ 0x9E37_79B9_7F4A_7C15) ^ hash)
  }

  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
