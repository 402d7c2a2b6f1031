/// Which nominal images are kept from training, to test with: the key `split` of a description.
///
/// It applies to data sets that do not say themselves which images are for training. The images are drawn from the
/// description's seed, by the order of their relative names, so the same files give the same split.
public struct Split: Sendable, Hashable, Codable {
  /// The share of the nominal images that is held out, at least 0 and below 1.
  ///
  /// Default 0: all are trained on.
  ///
  /// n images give `fraction * n` rounded to the nearest number, halves up, but one image is always left to train on.
  public var nominalTestFraction: Double = 0

  private enum CodingKeys: String, CodingKey {
    case nominalTestFraction = "nominal_test_fraction"
  }

  /// The default split: every nominal image is trained on.
  public init() {}

  /// A split that holds out the given share.
  public init(nominalTestFraction: Double) { self.nominalTestFraction = nominalTestFraction }

  /// Refuses a fraction outside 0 to 1.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration`.
  public func validate() throws {
    guard nominalTestFraction >= 0, nominalTestFraction < 1 else {
      throw PatchCoreError(
        .invalidConfiguration, stage: "split",
        "nominal_test_fraction is \(nominalTestFraction); it must be at least 0 and below 1, such as 0.2")
    }
  }

  /// Which of `count` nominal images are held out, as ascending positions.
  ///
  /// - Parameters:
  ///   - count: number of nominal images, ordered by the bytes of their relative names.
  ///   - seed: the description's seed; the generator is seeded with its sub-seed for `split`.
  /// - Returns: the positions held out; fewer than `count`.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` if the fraction is out of range.
  public func heldOut(among count: Int, seed: UInt64) throws -> [Int] {
    try validate()
    guard count > 0 else { return [] }
    let wanted = Int((nominalTestFraction * Double(count)).rounded(.toNearestOrAwayFromZero))
    var generator = SeededGenerator(seed: SeededGenerator.subseed(seed, for: "split"))
    return generator.sample(min(wanted, count - 1), below: count).sorted()
  }
}
