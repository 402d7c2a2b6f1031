import PatchCore

/// Feature maps from an integer hash that the scripts beside the fixtures compute too.
enum AggregatorData {
  /// Multiples of 2^-23 in [-1, 1): SplitMix64's finaliser of seed * 2^32 + index.
  static func values(_ count: Int, seed: Int) -> [Float] {
    (0..<count).map { index in
      var z = (UInt64(seed) << 32) &+ UInt64(index) &+ 0x9E37_79B9_7F4A_7C15
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      z ^= z >> 31
      return Float(z >> 40) * 0x1p-23 - 1
    }
  }

  static func map(batch: Int, shape: FeatureShape, seed: Int) -> FeatureMap {
    FeatureMap(batch: batch, shape: shape, values(batch * shape.count, seed: seed))
  }
}
