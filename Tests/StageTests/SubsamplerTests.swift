import Compute
import Foundation
import PatchCore
import Subsampling
import Testing

/// The subsamplers' counts, random choices and projections, and the errors of their settings.
@Suite struct SubsamplerTests {
  static func context(seed: UInt64 = 0) -> StageContext {
    StageContext(seed: seed, compute: ComputeSettings(engine: .openblas))
  }

  /// 4 images of 3 x 5 patches; row r is [r, r * r].
  static let candidates = PatchEmbeddings(
    vectors: Matrix(rows: 60, columns: 2, (0..<60).flatMap { [Float($0), Float($0 * $0)] }),
    grid: PatchGrid(images: 4, height: 3, width: 5))

  @Test func noneKeepsEveryPatch() throws {
    let subsampler = try NoSubsamplerConfiguration().makeSubsampler(Self.context())
    let bank = try subsampler.subsample(Self.candidates, progress: .silent)
    #expect(try subsampler.bankSize(forCandidates: 60) == 60)
    #expect(bank.origin == .rows(Array(0..<60)))
    #expect(bank.vectors[row: 59] == [59, 3481])
    #expect(bank.locations[59] == PatchLocation(image: 3, row: 2, column: 4))
  }

  @Test func randomDrawsDifferentRows() throws {
    var configuration = RandomSubsamplerConfiguration()
    configuration.fraction = 0.2
    let bank = try configuration.makeSubsampler(Self.context(seed: 42)).subsample(Self.candidates, progress: .silent)
    guard case .rows(let rows) = bank.origin else {
      Issue.record("random keeps rows")
      return
    }
    #expect(rows == Self.goldenRandomRows)
    for (position, row) in rows.enumerated() {
      #expect(bank.vectors[row: position] == Self.candidates.vectors[row: row])
      #expect(bank.locations[position] == Self.candidates.grid.location(ofRow: row))
    }
  }

  /// `sample(12, below=60)` with seed 42, sorted, by Tests/PatchCoreTests/Fixtures/seeded_generator.py.
  static let goldenRandomRows = [6, 10, 17, 18, 20, 22, 25, 35, 40, 44, 49, 52]

  @Test func randomRowsAreEquallyLikely() throws {
    var configuration = RandomSubsamplerConfiguration()
    configuration.fraction = 0.2
    var counts = [Int](repeating: 0, count: 60)
    for seed in 0..<2000 {
      let bank = try configuration.makeSubsampler(Self.context(seed: UInt64(seed)))
        .subsample(Self.candidates, progress: .silent)
      guard case .rows(let rows) = bank.origin else { continue }
      for row in rows { counts[row] += 1 }
    }
    // Chi-squared with 59 degrees of freedom exceeds 108 once in ten thousand; each count has mean 400.
    let squares = counts.reduce(0) { $0 + ($1 - 400) * ($1 - 400) }
    #expect(Double(squares) / 400 < 108)
    #expect(counts.reduce(0, +) == 24_000)
  }

  /// `int(n * fraction)` in Python, where products such as 0.29 * 100 fall just below a whole number.
  @Test(arguments: [
    (100, 0.29, 28), (1000, 0.001, 1), (39_200, 0.1, 3920), (10, 0.01, 1), (3, 1, 3), (57, 0.57, 32), (1, 0.5, 1),
  ])
  func countsAreThoseOfPython(n: Int, fraction: Double, expected: Int) throws {
    var random = RandomSubsamplerConfiguration()
    random.fraction = fraction
    var coreset = CoresetConfiguration()
    coreset.fraction = fraction
    #expect(try random.makeSubsampler(Self.context()).bankSize(forCandidates: n) == expected)
    #expect(try coreset.makeSubsampler(Self.context()).bankSize(forCandidates: n) == expected)
    var proxies = LearnedProxiesConfiguration()
    proxies.fraction = fraction
    #expect(try proxies.makeSubsampler(Self.context()).bankSize(forCandidates: n) == expected)
  }

  /// The fractions of figures 5 and S6 and the ends of the range, on few and on more candidates than a block holds.
  @Test(arguments: [0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 1], [1, 2, 60, 2500])
  func everyFractionGivesABankOfItsSize(fraction: Double, n: Int) throws {
    var generator = SeededGenerator(seed: 4)
    let vectors = Matrix(rows: n, columns: 3, (0..<n * 3).map { _ in generator.nextUniform(limit: 1) })
    let candidates = PatchEmbeddings(vectors: vectors, grid: PatchGrid(images: 1, height: 1, width: n))
    let expected = max(1, Int(Double(n) * fraction))
    var random = RandomSubsamplerConfiguration()
    random.fraction = fraction
    var coreset = CoresetConfiguration()
    coreset.fraction = fraction
    for configuration in [random, coreset] as [any SubsamplerConfiguration] {
      let bank = try configuration.makeSubsampler(Self.context()).subsample(candidates, progress: .silent)
      guard case .rows(let rows) = bank.origin else {
        Issue.record("\(type(of: configuration).kind) keeps rows")
        return
      }
      #expect(rows.count == expected && Set(rows).count == expected)
      if fraction == 1 { #expect(rows.sorted() == Array(0..<n)) }
    }
    var proxies = LearnedProxiesConfiguration()
    proxies.fraction = fraction
    proxies.epochs = 1
    let bank = try proxies.makeSubsampler(Self.context()).subsample(candidates, progress: .silent)
    #expect(bank.count == expected && bank.vectors.firstRowNotFinite() == nil)
  }

  @Test(arguments: [0, -0.1, 1.01, 10, .nan, .infinity]) func fractionsOutOfRangeAreRefused(_ fraction: Double) throws {
    var random = RandomSubsamplerConfiguration()
    random.fraction = fraction
    var coreset = CoresetConfiguration()
    coreset.fraction = fraction
    var proxies = LearnedProxiesConfiguration()
    proxies.fraction = fraction
    let configurations: [any SubsamplerConfiguration] = [random, coreset, proxies]
    for configuration in configurations {
      let error = try #require(throws: PatchCoreError.self) { try configuration.makeSubsampler(Self.context()) }
      #expect(error.code == .invalidConfiguration && error.message.contains("fraction is \(fraction)"))
      if fraction == 10 { #expect(error.message.contains("write 0.1")) }
    }
  }

  @Test func otherSettingsOutOfRangeAreRefused() throws {
    var uniform = UniformProjection()
    uniform.dimension = 0
    var sparse = SparseProjection()
    sparse.epsilon = 1
    var start = MeanOfRandomStart()
    start.points = 0
    for (change, key): (CoresetProjection, String) in [
      (.uniform(uniform), "projection.dimension"), (.sparse(sparse), "projection.epsilon"),
    ] {
      var configuration = CoresetConfiguration()
      configuration.projection = change
      let error = try #require(throws: PatchCoreError.self) { try configuration.makeSubsampler(Self.context()) }
      #expect(error.code == .invalidConfiguration && error.message.contains(key))
    }
    var configuration = CoresetConfiguration()
    configuration.start = .meanOfRandom(start)
    let error = try #require(throws: PatchCoreError.self) { try configuration.makeSubsampler(Self.context()) }
    #expect(error.message.contains("start.points"))
  }

  @Test func settingsAreReadAndWritten() throws {
    let text = #"""
      {"fraction": 0.25, "projection": {"kind": "sparse", "epsilon": 0.5}, "start": {"kind": "random"}}
      """#
    let read = try JSONDecoder().decode(CoresetConfiguration.self, from: Data(text.utf8))
    var sparse = SparseProjection()
    sparse.epsilon = 0.5
    #expect(read.fraction == 0.25 && read.projection == .sparse(sparse) && read.start == .random)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let defaults =
      #"{"fraction":0.1,"projection":{"dimension":128,"kind":"uniform"},"#
      + #""start":{"kind":"mean_of_random","points":10}}"#
    #expect(String(decoding: try encoder.encode(CoresetConfiguration()), as: UTF8.self) == defaults)
    #expect(throws: PatchCoreError.self) {
      try JSONDecoder().decode(CoresetProjection.self, from: Data(#"{"kind": "dense"}"#.utf8))
    }
  }

  @Test func coresetKeepsOriginalRows() throws {
    for (projection, start): (CoresetProjection, CoresetStart) in [
      (.uniform(UniformProjection()), .meanOfRandom(MeanOfRandomStart())), (.none, .random),
      (.sparse(SparseProjection()), .random),
    ] {
      var configuration = CoresetConfiguration()
      configuration.fraction = 0.5
      configuration.projection = projection
      configuration.start = start
      let bank = try configuration.makeSubsampler(Self.context(seed: 7)).subsample(Self.candidates, progress: .silent)
      guard case .rows(let rows) = bank.origin else {
        Issue.record("coreset keeps rows")
        return
      }
      #expect(rows.count == 30 && Set(rows).count == 30)
      for (position, row) in rows.enumerated() {
        #expect(bank.vectors[row: position] == Self.candidates.vectors[row: row])
      }
      // Far ends of the parabola: the two outermost rows cover best, whatever the projection.
      #expect(rows.prefix(3).contains(59) || rows.prefix(3).contains(0))
    }
  }

  @Test func uniformProjectionIsSkippedForItsOwnDimension() throws {
    let projection = CoresetProjection.uniform(UniformProjection())
    #expect(try projection.matrix(patches: 10, dimension: 128, seed: 1) == nil)
    let matrix = try #require(try projection.matrix(patches: 10, dimension: 1024, seed: 1))
    #expect(matrix.rows == 128 && matrix.columns == 1024)
    let values = (0..<128).flatMap { matrix[row: $0] }.map(Double.init)
    // U(-1/32, 1/32): variance 1/3072; the standard error of 131,072 draws is below 3e-3 of it.
    #expect(values.allSatisfy { abs($0) <= 1.0 / 32 })
    let variance = values.reduce(0) { $0 + $1 * $1 } / Double(values.count)
    #expect(abs(variance * 3072 - 1) < 0.015)
    let mean = values.reduce(0, +) / Double(values.count)
    let fiveStandardErrors = 5 / (3072.0 * 131_072).squareRoot()
    #expect(abs(mean) < fiveStandardErrors)
  }

  /// `johnson_lindenstrauss_min_dim` of scikit-learn 1.x: Fixtures/sparse_projection.py.
  @Test(arguments: goldenSparseDimensions)
  func sparseDimensionIsThatOfScikitLearn(n: Int, epsilon: Double, expected: Int) {
    var settings = SparseProjection()
    settings.epsilon = epsilon
    #expect(settings.dimension(forPatches: n) == expected)
  }

  static let goldenSparseDimensions: [(Int, Double, Int)] = [
    (2, 0.9, 17), (2, 0.5, 33), (2, 0.1, 594),
    (100, 0.9, 113), (100, 0.5, 221), (100, 0.1, 3947),
    (784, 0.9, 164), (784, 0.5, 319), (784, 0.1, 5712),
    (5120, 0.9, 210), (5120, 0.5, 409), (5120, 0.1, 7320),
    (39200, 0.9, 261), (39200, 0.5, 507), (39200, 0.1, 9065),
    (163856, 0.9, 296), (163856, 0.5, 576), (163856, 0.1, 10291),
    (1000000, 0.9, 341), (1000000, 0.5, 663), (1000000, 0.1, 11841),
  ]

  @Test func sparseProjectionHasTheStatedDensity() throws {
    let projection = CoresetProjection.sparse(SparseProjection())
    let matrix = try #require(try projection.matrix(patches: 39_200, dimension: 1024, seed: 1))
    #expect(matrix.columns == 1024)
    let magnitude = Float(32.0.squareRoot() / Double(matrix.rows).squareRoot())
    let values = (0..<matrix.rows).flatMap { matrix[row: $0] }
    #expect(Set(values) == [-magnitude, 0, magnitude])
    let kept = Double(values.count { $0 != 0 }), positive = Double(values.count { $0 > 0 })
    // Five standard deviations of the two binomial counts.
    let expected = Double(values.count) / 32
    let keptLimit = 5 * expected.squareRoot(), positiveLimit = 2.5 * kept.squareRoot()
    #expect(abs(kept - expected) < keptLimit)
    #expect(abs(positive - kept / 2) < positiveLimit)
    #expect(try projection.matrix(patches: 39_200, dimension: 100, seed: 1) == nil, "nothing to save")
  }
}
