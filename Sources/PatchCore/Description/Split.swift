/// Which nominal images are trained on and which are kept to test with: the key `split` of a description.
///
/// Images are drawn from the description's seed, by the order of their relative names, so the same files give the same
/// split and another seed another one.
public struct Split: Sendable, Hashable, Codable {
  /// The share of the nominal images that is held out, at least 0 and below 1.
  ///
  /// Default 0: none is. It applies to data sets that do not say themselves which images are for training.
  ///
  /// n images give `fraction * n` rounded to the nearest number, halves up, but one image is always left to train on.
  public var nominalTestFraction: Double = 0
  /// How many of the training images are trained on, at least 1; the others are neither trained on nor tested.
  ///
  /// Default `nil`: all are. It applies to every data set, after `nominalTestFraction`. The paper's low-shot experiments
  /// (section 4.5) take 1, 2, 5, 10, 16, 20 and 50.
  public var shots: Int?

  private enum CodingKeys: String, CodingKey {
    case nominalTestFraction = "nominal_test_fraction"
    case shots
  }

  /// The default split: every nominal image is trained on.
  public init() {}

  /// A split that holds out the given share and trains on so many of the rest.
  public init(nominalTestFraction: Double = 0, shots: Int? = nil) {
    self.nominalTestFraction = nominalTestFraction
    self.shots = shots
  }

  /// Writes every key, `shots` too if it is `nil`, so that the description knows it.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(nominalTestFraction, forKey: .nominalTestFraction)
    try container.encode(shots, forKey: .shots)
  }

  /// Refuses a fraction outside 0 to 1 and fewer shots than one.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration`.
  public func validate() throws {
    guard nominalTestFraction >= 0, nominalTestFraction < 1 else {
      throw PatchCoreError(
        .invalidConfiguration, stage: "split",
        "nominal_test_fraction is \(nominalTestFraction); it must be at least 0 and below 1, such as 0.2")
    }
    if let shots, shots < 1 {
      throw PatchCoreError(
        .invalidConfiguration, stage: "split",
        "shots is \(shots); give at least 1, or null to train on every training image")
    }
  }

  /// Which of `count` nominal images are held out, as ascending positions.
  ///
  /// - Parameters:
  ///   - count: number of nominal images, ordered by the bytes of their relative names.
  ///   - seed: the description's seed; the generator is seeded with its sub-seed for `split`.
  /// - Returns: the positions held out; fewer than `count`.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` if the fraction or the shots are out of range.
  public func heldOut(among count: Int, seed: UInt64) throws -> [Int] {
    try validate()
    guard count > 0 else { return [] }
    let wanted = Int((nominalTestFraction * Double(count)).rounded(.toNearestOrAwayFromZero))
    var generator = SeededGenerator(seed: SeededGenerator.subseed(seed, for: "split"))
    return generator.sample(min(wanted, count - 1), below: count).sorted()
  }

  /// Which of `count` training images are trained on, as ascending positions.
  ///
  /// With one seed and one set of images, the draw of fewer shots is part of the draw of more.
  ///
  /// - Parameters:
  ///   - count: number of training images, ordered by the bytes of their relative names.
  ///   - seed: the description's seed; the generator is seeded with its sub-seed for `shots`.
  /// - Returns: `shots` positions, or all if `shots` is `nil`.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` if there are fewer images than shots, or the fraction or
  ///   the shots are out of range.
  public func drawn(among count: Int, seed: UInt64) throws -> [Int] {
    try validate()
    guard let shots else { return Array(0..<count) }
    guard shots <= count else {
      throw PatchCoreError(
        .invalidConfiguration, stage: "split",
        "shots is \(shots), but there are \(count) training images to draw them from; give at most \(count), or more "
          + "images")
    }
    var generator = SeededGenerator(seed: SeededGenerator.subseed(seed, for: "shots"))
    return generator.sample(shots, below: count).sorted()
  }
}
