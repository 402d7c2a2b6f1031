import PatchCore
import PatchCoreTestKit
import Synchronization

/// Stages that break their contracts on purpose.
enum Broken {
  struct Index: NeighbourIndexConfiguration {
    enum Fault: String, Codable {
      case none, unsorted, farthest, euclidean, oneShort, sameRow, acceptsAnyDimension
      case remembersNothing
    }

    static let kind = "broken_index"
    var fault = Fault.none
    var isExact = true

    init() {}

    init(fault: Fault, isExact: Bool = true) {
      self.fault = fault
      self.isExact = isExact
    }

    func makeIndex(over bank: Matrix, _ context: StageContext) throws -> any NeighbourIndex {
      Built(fault: fault, reference: ReferenceIndex(over: bank))
    }

    func restoreIndex(
      from archive: StageArchive, over bank: Matrix, _ context: StageContext
    ) throws -> any NeighbourIndex {
      guard fault == .remembersNothing else { return try makeIndex(over: bank, context) }
      return Built(fault: .farthest, reference: ReferenceIndex(over: bank))
    }

    private struct Built: NeighbourIndex {
      let fault: Fault
      let reference: ReferenceIndex

      var count: Int { reference.count }
      var dimension: Int { reference.dimension }

      func search(_ queries: Matrix, k: Int) throws -> Neighbours {
        if fault == .acceptsAnyDimension, queries.columns != dimension {
          return Neighbours(queries: 1, k: 1, rows: [0], squaredDistances: [0])
        }
        if fault == .oneShort, k > 1 { return try reference.search(queries, k: k - 1) }
        let all = try reference.search(queries, k: count)
        let kept = min(k, count)
        var rows: [Int32] = [], distances: [Float] = []
        for query in 0..<queries.rows {
          var slots = Array(query * count..<query * count + kept)
          switch fault {
          case .unsorted: slots.reverse()
          case .farthest: slots = Array((query + 1) * count - kept..<(query + 1) * count)
          case .sameRow: slots = slots.map { _ in query * count }
          default: break
          }
          rows += slots.map { all.rows[$0] }
          distances += slots.map {
            fault == .euclidean ? all.squaredDistances[$0].squareRoot() : all.squaredDistances[$0]
          }
        }
        return Neighbours(queries: queries.rows, k: kept, rows: rows, squaredDistances: distances)
      }
    }
  }

  struct Subsampler: SubsamplerConfiguration {
    enum Fault: String, Codable {
      case none, repeatsARow, changesVectors, wrongSize, wrongPlaces, differsEachTime, synthesisesWithoutPlaces
    }

    static let kind = "broken_subsampler"
    var fault = Fault.none

    init() {}

    init(fault: Fault) { self.fault = fault }

    func makeSubsampler(_ context: StageContext) throws -> any PatchCore.Subsampler { Built(fault: fault) }

    private static let calls = Atomic<Int>(0)

    private struct Built: PatchCore.Subsampler {
      let fault: Fault

      func bankSize(forCandidates n: Int) throws -> Int { (n + 1) / 2 + (fault == .wrongSize ? 1 : 0) }

      func subsample(_ candidates: PatchEmbeddings, progress: ProgressReporter) throws -> MemoryBank {
        try progress.report("choosing", 0, of: 1)
        let count = candidates.vectors.rows
        var rows = Array(stride(from: 0, to: count, by: 2))
        if fault == .repeatsARow { rows = rows.map { $0 / 4 } }
        if fault == .differsEachTime, Subsampler.calls.wrappingAdd(1, ordering: .relaxed).oldValue % 2 == 1 {
          rows.reverse()
        }
        let bank = MemoryBank(selecting: rows, from: candidates)
        switch fault {
        case .changesVectors:
          let changed = bank.vectors.withUnsafeBufferPointer { $0.map { $0 + 1 } }
          return MemoryBank(
            vectors: Matrix(rows: bank.count, columns: bank.dimension, changed), origin: bank.origin,
            locations: bank.locations)
        case .wrongPlaces:
          return MemoryBank(vectors: bank.vectors, origin: bank.origin, locations: bank.locations.reversed())
        case .synthesisesWithoutPlaces:
          return MemoryBank(vectors: bank.vectors, origin: .synthesised, locations: bank.locations.reversed())
        default: return bank
        }
      }
    }
  }

  /// Adds the batch size to everything, and has a key that is not in snake case.
  struct Aggregator: AggregatorConfiguration, PatchCore.Aggregator {
    static let kind = "broken_aggregator"
    var patchSize = 1

    func makeAggregator(_ context: StageContext) throws -> any PatchCore.Aggregator { self }

    func shape(for layers: [FeatureShape]) throws -> PatchShape { PatchShape(height: 1, width: 1, dimension: 1) }

    func aggregate(_ layers: [FeatureMap]) throws -> PatchEmbeddings {
      let batch = layers.first?.batch ?? 0
      return PatchEmbeddings(
        vectors: Matrix(rows: batch, columns: 1, [Float](repeating: Float(batch), count: batch)),
        grid: PatchGrid(images: batch, height: 1, width: 1))
    }
  }

  /// Scores every image with the number of images, whatever the distances.
  struct Scorer: ScorerConfiguration, PatchCore.Scorer {
    static let kind = "broken_scorer"

    func makeScorer(_ context: StageContext) throws -> any PatchCore.Scorer { self }

    func score(
      _ embeddings: PatchEmbeddings, bank: MemoryBank, neighbourIndex: any NeighbourIndex
    ) throws -> [PatchScores] {
      let grid = embeddings.grid
      return (0..<grid.images).map { _ in
        PatchScores(
          height: grid.height, width: grid.width, values: [Float](repeating: 0, count: grid.patchesPerImage),
          imageScore: Float(grid.images), decidingPatch: 0, nearestBankRow: 0)
      }
    }
  }

  /// Adds the number of threads to each pixel.
  struct Extractor: FeatureExtractorConfiguration, FeatureExtractor {
    static let kind = "broken_extractor"
    var layers: [String] { ["pixels"] }
    var weights: WeightsOrigin { WeightsOrigin(name: "") }

    init() {}

    func makeExtractor(_ context: StageContext) throws -> any FeatureExtractor { self }

    func shapes(height: Int, width: Int) throws -> [FeatureShape] {
      [FeatureShape(channels: 3, height: height, width: width)]
    }

    func extract(_ images: FeatureMap) throws -> [FeatureMap] {
      let values = images.withUnsafeBufferPointer { $0.map { $0 + Float(ThreadCount.current) } }
      return [FeatureMap(batch: images.batch, shape: images.shape, values)]
    }
  }
}
