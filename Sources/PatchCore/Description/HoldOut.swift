/// How nominal images are kept from a bank, so that statistics come from images it did not see.
///
/// Thresholds and ensembles use it: each round fits on one part of the training images and looks at the other.
public struct HoldOut: Sendable, Hashable {
  /// Where the unseen images come from.
  public enum Source: String, Sendable, Hashable, Codable, CaseIterable {
    /// A share of the training images, which then is not fitted with.
    case heldOut = "held_out"
    /// Every training image once, by refitting without its fold; the detector itself is fitted with all.
    case crossValidation = "cross_validation"
  }

  /// One fit and the images it does not see, as ascending positions among the training images.
  public struct Round: Sendable, Hashable {
    /// The images to fit with.
    public var fitted: [Int]
    /// The images to look at.
    public var held: [Int]
  }

  /// Where the unseen images come from.
  public var source: Source
  /// The share that `held_out` keeps, above 0 and below 1.
  public var fraction: Double
  /// The folds of `cross_validation`, at least 2.
  public var folds: Int

  /// Creates a way to hold out.
  public init(_ source: Source, fraction: Double = 0.2, folds: Int = 5) {
    self.source = source
    self.fraction = fraction
    self.folds = folds
  }

  /// The rounds for a number of training images.
  ///
  /// `held_out` has one: `fraction * count` images, rounded to the nearest number, but at least one, and one is left to
  /// fit with. `cross_validation` has as many as folds, or as images if there are fewer; folds differ by one image at
  /// most.
  ///
  /// - Parameters:
  ///   - count: number of training images, ordered by the bytes of their names.
  ///   - seed: the description's seed; the generator is seeded with its sub-seed for `hold_out`.
  /// - Returns: at least one round.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` if a setting is out of range, `.invalidDataset` for fewer
  ///   than two images.
  public func rounds(count: Int, seed: UInt64) throws -> [Round] {
    try validate()
    guard count >= 2 else {
      throw PatchCoreError(
        .invalidDataset,
        "\(count) training images leave none to hold out; give at least 2, or leave out what needs unseen images")
    }
    var generator = SeededGenerator(seed: SeededGenerator.subseed(seed, for: "hold_out"))
    switch source {
    case .heldOut:
      let wanted = Int((fraction * Double(count)).rounded(.toNearestOrAwayFromZero))
      return [Self.round(generator.sample(min(max(wanted, 1), count - 1), below: count), of: count)]
    case .crossValidation:
      let order = generator.sample(count, below: count)
      let folds = min(folds, count)
      return (0..<folds).map { fold in
        Self.round(Array(order[fold * count / folds..<(fold + 1) * count / folds]), of: count)
      }
    }
  }

  /// Refuses settings out of range.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration`.
  public func validate() throws {
    guard fraction > 0, fraction < 1 else {
      throw PatchCoreError(
        .invalidConfiguration, "fraction is \(fraction); held out is a share above 0 and below 1, such as 0.2")
    }
    guard folds >= 2 else {
      throw PatchCoreError(.invalidConfiguration, "folds is \(folds); cross-validation needs at least 2")
    }
  }

  private static func round(_ held: [Int], of count: Int) -> Round {
    let set = Set(held)
    return Round(fitted: (0..<count).filter { !set.contains($0) }, held: held.sorted())
  }
}

extension ImageSource {
  /// Some of the images, in the order given, under their own names.
  ///
  /// - Parameter numbers: positions of images.
  /// - Returns: a source of these images alone.
  public func selecting(_ numbers: [Int]) -> ImageSource {
    ImageSource(names: numbers.map { names[$0] }) { try load(numbers[$0]) }
  }
}
