/// The scale that brings one member's scores to that of the others: `(value - origin) / unit`.
struct EnsembleScale: Sendable, Hashable {
  /// The scale of one kind of value.
  struct Axis: Sendable, Hashable {
    var origin: Double
    /// Above 0.
    var unit: Double

    func callAsFunction(_ value: Float) -> Double { (Double(value) - origin) / unit }
  }

  /// Of image scores.
  var score: Axis
  /// Of the pixels of maps, which have a scale of their own: an image score is an extreme of its patches, and may be
  /// weighted (equation 7).
  var map: Axis

  /// Values as they are.
  static let unchanged = EnsembleScale(score: Axis(origin: 0, unit: 1), map: Axis(origin: 0, unit: 1))

  /// From mean and deviation of each member's values, so that unseen nominal images have mean 0 and deviation 1.
  static func standardising(_ spreads: [EnsembleSpread]) throws -> [EnsembleScale] {
    try spreads.enumerated().map { number, spread in
      EnsembleScale(
        score: try axis(spread.score.mean, spread.score.deviation, "image scores", number, spread.score.count),
        map: try axis(spread.map.mean, spread.map.deviation, "map values", number, spread.map.count))
    }
  }

  /// From least and greatest of each member's values, so that they fill 0 to 1.
  static func filling(_ spreads: [EnsembleSpread]) throws -> [EnsembleScale] {
    try spreads.enumerated().map { number, spread in
      EnsembleScale(
        score: try axis(
          spread.score.least, spread.score.greatest - spread.score.least, "image scores", number, spread.score.count),
        map: try axis(spread.map.least, spread.map.greatest - spread.map.least, "map values", number, spread.map.count))
    }
  }

  private static func axis(
    _ origin: Double, _ unit: Double, _ what: String, _ member: Int, _ count: Int
  ) throws -> Axis {
    guard origin.isFinite, unit.isFinite else {
      throw PatchCoreError(
        .notFinite, stage: "combination",
        "members.\(member): among its \(count) \(what) are some that are not finite; check the weights")
    }
    guard unit > 0 else {
      throw PatchCoreError(
        .invalidDataset, stage: "combination",
        "members.\(member): its \(count) \(what) do not differ, so they have no scale; give more images, or set "
          + "combination.normalisation to cross_validation or none")
    }
    return Axis(origin: origin, unit: unit)
  }
}

/// Mean, deviation and range of a member's image scores and of all pixels of its maps.
struct EnsembleSpread: Sendable {
  /// Values seen one group after another; deviations are summed about each group's own mean, in double precision.
  struct Values: Sendable {
    private(set) var count = 0
    private(set) var mean = 0.0
    private var squares = 0.0
    private(set) var least = Double.infinity
    private(set) var greatest = -Double.infinity

    /// The standard deviation with divisor n; how many values there are is then all the same to the scale.
    var deviation: Double { count == 0 ? 0 : (squares / Double(count)).squareRoot() }

    /// Adds a group of values.
    ///
    /// Chan, Golub, LeVeque, *Updating Formulae and a Pairwise Algorithm for Computing Sample Variances* (1979).
    mutating func add(_ values: [Float]) {
      guard !values.isEmpty else { return }
      var sum = 0.0
      for value in values {
        sum += Double(value)
        least = min(least, Double(value))
        greatest = max(greatest, Double(value))
      }
      let groupMean = sum / Double(values.count)
      var groupSquares = 0.0
      for value in values { groupSquares += (Double(value) - groupMean) * (Double(value) - groupMean) }
      let all = Double(count + values.count), difference = groupMean - mean
      squares += groupSquares + difference * difference * Double(count) * Double(values.count) / all
      mean += difference * Double(values.count) / all
      count += values.count
    }
  }

  var score = Values()
  var map = Values()

  mutating func add(_ prediction: Prediction) {
    score.add([prediction.score])
    map.add(prediction.map.values)
  }
}
