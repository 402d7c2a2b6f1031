import Compute
import Logging
import PatchCore

/// `learned_proxies`: a bank of vectors that were trained to rebuild the nominal patches.
///
/// Proxies are computed, not chosen: a bank row equals no patch, and its location is that of the training patch nearest
/// to it. The error of each epoch goes to the log.
///
/// Training takes 10 multiplications and additions per row, proxy and dimension for each epoch, five times what comparing
/// every row with every proxy does: `samples_per_epoch` and `epochs` bound it. `BasisProxies` trains in code.
///
/// Roth et al., *Towards Total Recall in Industrial Anomaly Detection* (2022), section 4.4.2, equation 8.
public struct LearnedProxiesConfiguration: SubsamplerConfiguration {
  /// The name in a description.
  public static let kind = "learned_proxies"

  /// Proxies per patch, above 0 and at most 1; default 0.1.
  public var fraction = 0.1
  /// The sign of the distance in the softmax; default `negative_distance`, the one that rebuilds.
  public var exponent = ProxyExponent.negativeDistance
  /// What distances are divided by in the softmax, at least 0.000001; default 0.25.
  public var temperature = 0.25
  /// The learning rate of Adam as a share of the patches' spread, above 0 and at most 1; default 0.05.
  ///
  /// The spread is the root of the mean squared deviation of a coordinate from its mean.
  public var learningRate = 0.05
  /// The most epochs, at least 1; default 20.
  public var epochs = 20
  /// Patches per step of the optimiser, from 1 to 65536; default 1024.
  public var batchSize = 1024
  /// Patches per epoch, drawn anew each time, at least 1; all if there are fewer; default 100000.
  public var samplesPerEpoch = 100_000
  /// Training ends after an epoch whose error is not lower than the last one's by more than this share of it, from 0 to
  /// below 1; default 0.005.
  public var tolerance = 0.005

  private enum CodingKeys: String, CodingKey {
    case fraction, exponent, temperature, epochs, tolerance
    case learningRate = "learning_rate"
    case batchSize = "batch_size"
    case samplesPerEpoch = "samples_per_epoch"
  }

  /// The default settings.
  public init() {}

  /// Builds the subsampler.
  ///
  /// - Parameter context: its seed decides the first proxies and the order of patches, its engine computes the products,
  ///   its logger is told the error of each epoch.
  /// - Returns: a subsampler whose banks are synthesised.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` for a value out of range.
  public func makeSubsampler(_ context: StageContext) throws -> any Subsampler {
    let fraction = try BankFraction(fraction)
    let engine = try context.makeEngine()
    try validate()
    _ = try objective(engine)
    return LearnedProxiesSubsampler(
      settings: self, fraction: fraction, seed: context.seed, engine: engine, logger: context.logger)
  }

  /// The objective with these settings.
  ///
  /// - Parameter engine: computes the products.
  /// - Returns: the error of patches under proxies, and its gradient.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` for a temperature out of range.
  public func objective(_ engine: any ComputeEngine) throws -> ProxyObjective {
    try ProxyObjective(exponent: exponent, temperature: temperature, engine: engine)
  }

  /// Checks the settings of the training; the fraction and the objective check theirs.
  func validate() throws {
    func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
      guard condition else { throw PatchCoreError(.invalidConfiguration, stage: "subsampler", message()) }
    }
    try require(
      learningRate > 0 && learningRate <= 1,
      "learning_rate is \(learningRate); it must be above 0 and at most 1, the usual value is 0.05")
    try require(epochs >= 1, "epochs is \(epochs); it must be at least 1, the usual value is 20")
    try require(
      (1...65_536).contains(batchSize),
      "batch_size is \(batchSize); it must lie between 1 and 65536, the usual value is 1024")
    try require(
      samplesPerEpoch >= 1, "samples_per_epoch is \(samplesPerEpoch); it must be at least 1, the usual value is 100000")
    try require(
      tolerance >= 0 && tolerance < 1,
      "tolerance is \(tolerance); it must be at least 0 and below 1, the usual value is 0.005")
  }
}

/// Trains the proxies and finds the patch nearest to each.
struct LearnedProxiesSubsampler: Subsampler {
  let settings: LearnedProxiesConfiguration
  let fraction: BankFraction
  let seed: UInt64
  let engine: any ComputeEngine
  let logger: Logger

  func bankSize(forCandidates n: Int) throws -> Int { try fraction.bankSize(forCandidates: n) }

  /// Proxies, their transpose and Adam's means, what a batch's gradient is made of, and the norms of the candidates.
  func workingBytes(forCandidates n: Int, dimension: Int) -> Int {
    let proxies = fraction.size(forCandidates: n)
    let batch = 2 * min(settings.batchSize, n) * (proxies + dimension)
    return (4 * proxies * dimension + batch + n) * MemoryLayout<Float>.stride
  }

  func subsample(_ candidates: PatchEmbeddings, progress: ProgressReporter) throws -> MemoryBank {
    let count = try bankSize(forCandidates: candidates.vectors.rows)
    let proxies = try BasisProxies(
      training: candidates.vectors, count: count, settings: settings, seed: seed, engine: engine, progress: progress
    ) { epoch in
      logger.info("proxies: epoch \(epoch.number) of \(settings.epochs), reconstruction error \(epoch.meanError)")
    }
    if !proxies.hasConverged {
      logger.info(
        "proxies: not converged to tolerance \(settings.tolerance) after \(settings.epochs) epochs; raise epochs to go on"
      )
    }
    try progress.report("nearest patches", 0, of: count)
    let nearest = try engine.nearest(queries: proxies.vectors, bank: candidates.vectors, k: 1)
    try progress.report("nearest patches", count, of: count)
    return MemoryBank(
      vectors: proxies.vectors, origin: .synthesised,
      locations: nearest.rows.map { candidates.grid.location(ofRow: Int($0)) })
  }
}
