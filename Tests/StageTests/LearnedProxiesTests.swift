import Compute
import Foundation
import PatchCore
import Subsampling
import Testing

/// The proxies of equation 8: objective and gradient, training, banks and the errors of settings.
@Suite struct LearnedProxiesTests {
  static let engine = OpenBLASEngine()

  /// What PyTorch computed in float64: Fixtures/make_proxy_goldens.py.
  struct Goldens: Decodable {
    struct Gradient: Decodable {
      var rows, proxies, dimension: Int
      var exponent: ProxyExponent
      var temperature: Double
      var scale: Float
      /// Proxies that equal rows.
      var shared: Int
      var error: Double
      var gradient: [Double]
    }

    struct Training: Decodable {
      var rows, proxies, dimension: Int
      var exponent: ProxyExponent
      var temperature: Double
      var batch, samples, epochs: Int
      var rate: Double
      var errors: [Double]
      var trained: [Double]
    }

    var gradients: [Gradient]
    var trainings: [Training]

    static func load() throws -> Goldens {
      let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Fixtures/proxy_goldens.json")
      return try JSONDecoder().decode(Goldens.self, from: Data(contentsOf: file))
    }
  }

  /// Distances come from products in 32 bits, which lose two digits where two points are near; divided by the
  /// temperature 0.01 of the hardest case, an exponent is off by 1e-4.
  static let gradientTolerance = 1e-4
  /// Without so low a temperature.
  static let errorTolerance = 2e-6
  /// Adam divides by the gradient's size, so that the sign of a vanishing one decides where a number goes.
  static let trainingTolerance = 2e-3

  @Test func errorAndGradientEqualPyTorch() throws {
    for golden in try Goldens.load().gradients {
      let rows = Self.matrix(golden.rows, golden.dimension, seed: 21, scale: golden.scale)
      var proxies = Self.matrix(golden.proxies, golden.dimension, seed: 22, scale: golden.scale)
      proxies.withUnsafeMutableBufferPointer { target in
        rows.withUnsafeBufferPointer { source in
          for place in 0..<golden.shared * golden.dimension { target[place] = source[place] }
        }
      }
      let objective = try ProxyObjective(
        exponent: golden.exponent, temperature: golden.temperature, engine: Self.engine)
      let found = try objective.meanErrorAndGradient(of: rows, by: proxies)
      let tolerance = golden.temperature < 0.05 ? Self.gradientTolerance : Self.errorTolerance
      #expect(abs(found.error - golden.error) < tolerance * golden.error)
      #expect(try objective.meanError(of: rows, by: proxies) == found.error)
      let size = golden.gradient.map(abs).max() ?? 0
      let values = found.gradient.withUnsafeBufferPointer { $0.map(Double.init) }
      try #require(values.count == golden.gradient.count)
      let worst = zip(values, golden.gradient).map { abs($0 - $1) }.max() ?? .infinity
      #expect(worst < Self.gradientTolerance * size, "\(golden.exponent) at \(golden.temperature), \(golden.rows) rows")
    }
  }

  /// Central differences in steps of 2^-8; what is left of the third order is the step's square of the size.
  @Test(arguments: ProxyExponent.allCases) func gradientEqualsDifferences(_ exponent: ProxyExponent) throws {
    let rows = Self.matrix(40, 6, seed: 31), proxies = Self.matrix(9, 6, seed: 32)
    let objective = try ProxyObjective(exponent: exponent, temperature: 1, engine: Self.engine)
    let gradient = try objective.meanErrorAndGradient(of: rows, by: proxies).gradient
    let size = gradient.withUnsafeBufferPointer { $0.map(abs).max() ?? 0 }
    for place in stride(from: 0, to: 54, by: 5) {
      func error(_ change: Float) throws -> Double {
        var moved = proxies
        moved.withUnsafeMutableBufferPointer { $0[place] += change }
        return try objective.meanError(of: rows, by: moved)
      }
      let difference = (try error(0x1p-8) - error(-0x1p-8)) / 0x1p-7
      #expect(abs(difference - Double(gradient[place / 6, place % 6])) < 1e-3 * Double(size))
    }
  }

  @Test func trainingEqualsPyTorch() throws {
    for golden in try Goldens.load().trainings {
      var settings = LearnedProxiesConfiguration()
      settings.exponent = golden.exponent
      settings.temperature = golden.temperature
      settings.batchSize = golden.batch
      settings.samplesPerEpoch = golden.samples
      settings.epochs = golden.epochs
      settings.learningRate = golden.rate
      settings.tolerance = 0
      let rows = Self.matrix(golden.rows, golden.dimension, seed: 23)
      let found = try BasisProxies(
        training: rows, count: golden.proxies, settings: settings, seed: 5, engine: Self.engine)
      try #require(found.errors.count == golden.errors.count)
      for (error, expected) in zip(found.errors, golden.errors) {
        #expect(abs(error - expected) < Self.trainingTolerance * expected)
      }
      let values = found.vectors.withUnsafeBufferPointer { $0.map(Double.init) }
      let worst = zip(values, golden.trained).map { abs($0 - $1) }.max() ?? .infinity
      #expect(worst < Self.trainingTolerance, "\(golden.exponent), \(golden.proxies) proxies")
    }
  }

  /// Scattered about 20 centres, as patches are about the parts of an object.
  static let candidates = PatchEmbeddings(
    vectors: CoresetTests.clusters(rows: 1200, dimension: 24), grid: PatchGrid(images: 3, height: 20, width: 20))

  @Test func trainingRebuildsBetterThanRandomRows() throws {
    var settings = LearnedProxiesConfiguration()
    settings.batchSize = 128
    let rows = Self.candidates.vectors
    let proxies = try BasisProxies(training: rows, count: 20, settings: settings, seed: 1, engine: Self.engine)
    let objective = try settings.objective(Self.engine)
    var random = RandomSubsamplerConfiguration()
    random.fraction = 20.0 / 1200
    let drawn = try random.makeSubsampler(SubsamplerTests.context()).subsample(Self.candidates, progress: .silent)
    let trained = try objective.meanError(of: rows, by: proxies.vectors)
    #expect(trained < 0.8 * (try objective.meanError(of: rows, by: drawn.vectors)))
    #expect(proxies.errors.count >= 2 && proxies.errors[1] < proxies.errors[0])
    // The same training with the printed sign does not get near.
    settings.exponent = .printed
    let printed = try BasisProxies(training: rows, count: 20, settings: settings, seed: 1, engine: Self.engine)
    #expect(try settings.objective(Self.engine).meanError(of: rows, by: printed.vectors) > 1.5 * trained)
  }

  @Test func trainingEndsOnceTheErrorStays() throws {
    var settings = LearnedProxiesConfiguration()
    settings.batchSize = 128
    settings.epochs = 200
    settings.tolerance = 0.05
    let loose = try BasisProxies(
      training: Self.candidates.vectors, count: 12, settings: settings, seed: 1, engine: Self.engine)
    #expect(loose.hasConverged && loose.errors.count < 200)
    let last = loose.errors.suffix(2)
    #expect((last.first ?? 0) - (last.last ?? 0) <= 0.05 * (last.first ?? 0))
    settings.epochs = 2
    settings.tolerance = 0
    let short = try BasisProxies(
      training: Self.candidates.vectors, count: 12, settings: settings, seed: 1, engine: Self.engine)
    #expect(!short.hasConverged && short.errors == Array(loose.errors.prefix(2)))
  }

  @Test func banksAreTheSameOnOneAndTwoThreadsAndDependOnTheSeed() throws {
    var settings = LearnedProxiesConfiguration()
    settings.epochs = 2
    settings.batchSize = 300
    let threads = ThreadCount.current
    defer { ThreadCount.set(threads) }
    let banks = try [(1, 4), (2, 4), (2, 5)].map { (count: Int, seed: UInt64) in
      ThreadCount.set(count)
      return try settings.makeSubsampler(SubsamplerTests.context(seed: seed))
        .subsample(Self.candidates, progress: .silent)
    }
    #expect(Self.values(banks[0].vectors) == Self.values(banks[1].vectors))
    #expect(banks[0].locations == banks[1].locations)
    #expect(Self.values(banks[1].vectors) != Self.values(banks[2].vectors))
    #expect(banks[0].count == 120 && banks[0].origin == .synthesised)
  }

  @Test func oneCandidateIsItsOwnProxy() throws {
    let one = PatchEmbeddings(
      vectors: Matrix(rows: 1, columns: 3, [1.5, -2, 0.25]), grid: PatchGrid(images: 1, height: 1, width: 1))
    let bank = try LearnedProxiesConfiguration().makeSubsampler(SubsamplerTests.context())
      .subsample(one, progress: .silent)
    #expect(bank.vectors[row: 0] == [1.5, -2, 0.25])
    #expect(bank.locations == [PatchLocation(image: 0, row: 0, column: 0)])
  }

  /// With as many proxies as patches, and a softmax sharp enough to tell them apart, there is nothing to learn.
  @Test func everyPatchAsAProxyRebuildsItself() throws {
    var settings = LearnedProxiesConfiguration()
    settings.fraction = 1
    settings.temperature = 0.01
    let bank = try settings.makeSubsampler(SubsamplerTests.context())
      .subsample(Self.candidates, progress: .silent)
    #expect(bank.count == 1200)
    let error = try settings.objective(Self.engine).meanError(of: Self.candidates.vectors, by: bank.vectors)
    #expect(error < 1e-6)
    // Each stays with the patch it started from.
    #expect(Set(bank.locations).count == 1200)
  }

  @Test func progressIsReportedAndStopsTheWork() throws {
    struct Stop: Error {}
    var settings = LearnedProxiesConfiguration()
    settings.batchSize = 400
    let stopping = ProgressReporter { event in
      #expect(event.activity == "proxies" && event.total == 20)
      if event.completed == 1 { throw Stop() }
    }
    #expect(throws: Stop.self) {
      try BasisProxies(
        training: Self.candidates.vectors, count: 5, settings: settings, seed: 0, engine: Self.engine,
        progress: stopping)
    }
  }

  @Test func badNumbersAreRefused() throws {
    for bad: Float in [.nan, .infinity, 1e30] {
      var vectors = Self.candidates.vectors
      vectors.withUnsafeMutableBufferPointer { $0[24 * 700 + 3] = bad }
      let candidates = PatchEmbeddings(vectors: vectors, grid: Self.candidates.grid)
      let error = try #require(throws: PatchCoreError.self) {
        try LearnedProxiesConfiguration().makeSubsampler(SubsamplerTests.context())
          .subsample(candidates, progress: .silent)
      }
      #expect(error.code == .notFinite && (error.message.contains("700") || bad == 1e30))
    }
  }

  @Test func settingsOutOfRangeAreRefused() throws {
    let changes: [(String, @Sendable (inout LearnedProxiesConfiguration) -> Void)] = [
      ("fraction is 0", { $0.fraction = 0 }), ("fraction is 1.5", { $0.fraction = 1.5 }),
      ("temperature is 0", { $0.temperature = 0 }), ("temperature is -1", { $0.temperature = -1 }),
      ("learning_rate is 0", { $0.learningRate = 0 }), ("learning_rate is 2", { $0.learningRate = 2 }),
      ("epochs is 0", { $0.epochs = 0 }), ("batch_size is 0", { $0.batchSize = 0 }),
      ("batch_size is 70000", { $0.batchSize = 70_000 }), ("samples_per_epoch is 0", { $0.samplesPerEpoch = 0 }),
      ("tolerance is -1", { $0.tolerance = -1 }), ("tolerance is 1", { $0.tolerance = 1 }),
    ]
    for (text, change) in changes {
      var settings = LearnedProxiesConfiguration()
      change(&settings)
      let error = try #require(throws: PatchCoreError.self) { try settings.makeSubsampler(SubsamplerTests.context()) }
      #expect(error.code == .invalidConfiguration && error.message.contains(text))
    }
  }

  static func matrix(_ rows: Int, _ columns: Int, seed: Int, scale: Float = 1) -> Matrix {
    Matrix(rows: rows, columns: columns, AggregatorData.values(rows * columns, seed: seed).map { $0 * scale })
  }

  static func values(_ matrix: Matrix) -> [Float] { matrix.withUnsafeBufferPointer { Array($0) } }
}

extension CoresetTests {
  /// Rows about 20 centres.
  static func clusters(rows count: Int, dimension: Int) -> Matrix {
    var generator = SeededGenerator(seed: 12)
    return rows(Case(description: "", rows: count, dimension: dimension, picks: 1, clusters: 20), &generator)
  }
}
