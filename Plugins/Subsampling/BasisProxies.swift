import CKernels
import Compute
import PatchCore

/// Proxies trained to rebuild patches as softmax-weighted sums: the basis proxies of the paper.
///
/// They start as random rows and are moved by Adam (betas 0.9 and 0.999, epsilon 1e-8 of the spread) along the gradient
/// of `ProxyObjective` over random batches, each epoch in a new order. Rows are taken about their mean: the objective is
/// the same about any point, and rounding is least there. Same rows, settings, seed, engine and processor type give the
/// same proxies at any thread count.
///
/// Roth et al., *Towards Total Recall in Industrial Anomaly Detection* (2022), section 4.4.2, equation 8; Kingma and Ba,
/// *Adam* (2015), arXiv:1412.6980. The paper names no optimiser.
public struct BasisProxies: Sendable {
  /// One pass over the rows, or over as many of them as `samples_per_epoch` allows.
  public struct Epoch: Sendable {
    /// The number of the epoch, from 1.
    public var number: Int
    /// The mean error of the epoch's rows, each seen with the proxies as they were when its turn came.
    public var meanError: Double
  }

  /// The proxies, `m x d`.
  public let vectors: Matrix
  /// The mean error of each epoch, as `Epoch.meanError` has it.
  public let errors: [Double]
  /// Whether training ended because the error no longer fell by more than the tolerance.
  public let hasConverged: Bool

  private static let beta1 = 0.9
  private static let beta2 = 0.999
  private static let epsilon = 1e-8

  /// Trains proxies.
  ///
  /// - Parameters:
  ///   - rows: `n x d`, all finite.
  ///   - count: how many proxies, from 1 to n.
  ///   - settings: all but `fraction` is heeded.
  ///   - seed: decides the first proxies and the order of the rows.
  ///   - engine: computes the products.
  ///   - progress: told the epoch before each batch; throws when it should stop.
  ///   - onEpoch: called after each epoch.
  /// - Throws: `PatchCoreError` with code `.shapeMismatch` if there is no row or dimension, `.invalidConfiguration` for a
  ///   setting out of range, `.notFinite` for a row with a NaN or an infinity or if training diverges; what `progress`
  ///   and `onEpoch` throw.
  /// - Complexity: an epoch takes 10 n m d multiplications and additions; O(m d + batch_size (m + d)) memory, and about
  ///   512 (3 m + 2 d) bytes a thread.
  public init(
    training rows: Matrix, count: Int, settings: LearnedProxiesConfiguration, seed: UInt64,
    engine: any ComputeEngine, progress: ProgressReporter = .silent, onEpoch: (Epoch) throws -> Void = { _ in }
  ) throws {
    precondition(count >= 1 && count <= max(rows.rows, 1), "\(count) proxies of \(rows.rows) rows")
    try settings.validate()
    let objective = try settings.objective(engine)
    try objective.check(rows, rows)
    let (centre, spread) = try Self.centreAndSpread(of: rows)
    var starts = SeededGenerator(seed: SeededGenerator.subseed(seed, for: "start"))
    var orders = SeededGenerator(seed: SeededGenerator.subseed(seed, for: "order"))
    let first = rows.selecting(rows: starts.sample(count, below: rows.rows))
    let state = try ProxyState(first, minus: centre)

    let perEpoch = min(settings.samplesPerEpoch, rows.rows)
    let batchSize = min(settings.batchSize, perEpoch)
    let workspace = ProxyWorkspace(rows: batchSize, proxies: count, dimension: rows.columns)
    let moments = ProxyMoments(count: count * rows.columns)
    var errors: [Double] = []
    var hasConverged = false
    // The betas to the power of the number of steps.
    var powers = (first: 1.0, second: 1.0)
    while errors.count < settings.epochs, !hasConverged {
      let order = orders.sample(perEpoch, below: rows.rows)
      var sum = 0.0
      for start in stride(from: 0, to: perEpoch, by: batchSize) {
        try progress.report("proxies", errors.count, of: settings.epochs)
        let batch = Array(order[start..<min(start + batchSize, perEpoch)])
        sum += try objective.errors(of: rows, batch, centre, by: state, gradient: workspace)
        powers = (powers.first * Self.beta1, powers.second * Self.beta2)
        let adam = pc_adam_step(
          beta1: Float(Self.beta1), beta2: Float(Self.beta2),
          rate: Float(settings.learningRate * spread / (1 - powers.first)),
          root: Float(1 / (1 - powers.second).squareRoot()), epsilon: Float(max(Self.epsilon * spread, 1e-30)))
        try objective.forEachTile(of: state, workspace, batch: batch.count) { tile, gradient, pulls in
          moments.move(state, tile, along: gradient, pulls, adam)
        }
      }
      let error = sum / Double(perEpoch)
      if let previous = errors.last { hasConverged = previous - error <= settings.tolerance * previous }
      errors.append(error)
      if error == 0 { hasConverged = true }
      try onEpoch(Epoch(number: errors.count, meanError: error))
    }
    try progress.report("proxies", settings.epochs, of: settings.epochs)
    vectors = state.matrix(plus: centre)
    if vectors.firstRowNotFinite() != nil {
      throw PatchCoreError(
        .notFinite, stage: "subsampler", "training the proxies diverged in epoch \(errors.count); lower learning_rate")
    }
    self.errors = errors
    self.hasConverged = hasConverged
  }

  /// The mean of the rows, and the root of the mean squared deviation of a coordinate from its mean.
  private static func centreAndSpread(of rows: Matrix) throws -> (centre: [Float], spread: Double) {
    let (n, d) = (rows.rows, rows.columns)
    if let row = rows.firstRowNotFinite() {
      throw PatchCoreError(
        .notFinite, stage: "subsampler",
        "candidate \(row) holds a NaN or an infinity; check the images and the weights")
    }
    var sums = [Double](repeating: 0, count: d)
    sums.withUnsafeMutableBufferPointer { sums in
      for piece in rows.pieces() {
        rows.slice(piece).withUnsafeBufferPointer { values in
          for row in 0..<piece.count {
            for column in 0..<d { sums[column] += Double(values[row &* d &+ column]) }
          }
        }
      }
    }
    let centre = sums.map { Float($0 / Double(n)) }
    var squares = 0.0
    centre.withUnsafeBufferPointer { centre in
      for piece in rows.pieces() {
        rows.slice(piece).withUnsafeBufferPointer { values in
          for row in 0..<piece.count {
            squares += pc_squared_distance(values.baseAddress! + row * d, centre.baseAddress!, d)
          }
        }
      }
    }
    return (centre, (squares / Double(n * d)).squareRoot())
  }
}

/// Adam's running means of the gradient and of its square.
///
/// A class, because several threads write parts of its memory. `@unchecked Sendable`: each writes its own tile.
private final class ProxyMoments: @unchecked Sendable {
  private let first: UnsafeMutablePointer<Float>
  private let second: UnsafeMutablePointer<Float>

  init(count: Int) {
    first = .allocate(capacity: count)
    second = .allocate(capacity: count)
    first.initialize(repeating: 0, count: count)
    second.initialize(repeating: 0, count: count)
  }

  deinit {
    first.deallocate()
    second.deallocate()
  }

  /// Moves the part of the proxies that a tile covers.
  func move(
    _ state: ProxyState, _ tile: ProxyObjective.Tile, along gradient: UnsafePointer<Float>, _ pulls: [Float],
    _ step: pc_adam_step
  ) {
    let (d, width) = (state.dimension, tile.columns.count)
    for (position, proxy) in tile.proxies.enumerated() {
      let place = proxy * d + tile.columns.lowerBound
      pc_adam(
        state.values + place, gradient + position * width, first + place, second + place, width, pulls[position], step)
    }
    let corner = tile.proxies.lowerBound * d + tile.columns.lowerBound
    pc_transpose(
      state.values + corner, tile.proxies.count, width, d, 1,
      state.transposed + tile.columns.lowerBound * state.count + tile.proxies.lowerBound, state.count)
  }
}
