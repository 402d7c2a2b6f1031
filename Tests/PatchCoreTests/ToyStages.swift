import Foundation
import PatchCore

// Small stages without native code: the mean colour of each cell of a grid is a "layer", so a whole pipeline can be
// followed by hand.

/// `cells`: the input averaged over squares of `cell` pixels.
struct CellExtractorConfiguration: FeatureExtractorConfiguration {
  static let kind = "cells"
  var cell = 4
  var note: String?

  func shapes(height: Int, width: Int) throws -> [FeatureShape] {
    guard cell >= 1, height >= cell, width >= cell else {
      throw PatchCoreError(.shapeMismatch, stage: "extractor", "\(height) x \(width) pixels for cells of \(cell)")
    }
    return [FeatureShape(channels: 3, height: height / cell, width: width / cell)]
  }
  func makeExtractor(_ context: StageContext) throws -> any FeatureExtractor { CellExtractor(configuration: self) }
}

struct CellExtractor: FeatureExtractor {
  let configuration: CellExtractorConfiguration
  var layers: [String] { ["cells"] }
  var weights: WeightsOrigin { WeightsOrigin(name: "none") }

  func extract(_ images: FeatureMap) throws -> [FeatureMap] {
    let shape = try configuration.shapes(height: images.height, width: images.width)[0]
    let cell = configuration.cell
    var result: [Float] = []
    images.withUnsafeBufferPointer { pixels in
      for plane in 0..<images.batch * 3 {
        for y in 0..<shape.height {
          for x in 0..<shape.width {
            var sum: Float = 0
            for dy in 0..<cell {
              for dx in 0..<cell {
                sum += pixels[(plane * images.height + y * cell + dy) * images.width + x * cell + dx]
              }
            }
            result.append(sum / Float(cell * cell))
          }
        }
      }
    }
    return [FeatureMap(batch: images.batch, shape: shape, result)]
  }
}

/// `channels_last`: one vector per cell.
struct ChannelsLastConfiguration: AggregatorConfiguration {
  static let kind = "channels_last"

  func makeAggregator(_ context: StageContext) throws -> any Aggregator { ChannelsLast() }
}

struct ChannelsLast: Aggregator {
  func shape(for layers: [FeatureShape]) throws -> PatchShape {
    PatchShape(height: layers[0].height, width: layers[0].width, dimension: layers[0].channels)
  }
  func aggregate(_ layers: [FeatureMap]) throws -> PatchEmbeddings {
    let map = layers[0], plane = map.height * map.width
    var values: [Float] = []
    map.withUnsafeBufferPointer { source in
      for image in 0..<map.batch {
        for cell in 0..<plane {
          for channel in 0..<map.channels { values.append(source[(image * map.channels + channel) * plane + cell]) }
        }
      }
    }
    return PatchEmbeddings(
      vectors: Matrix(rows: map.batch * plane, columns: map.channels, values),
      grid: PatchGrid(images: map.batch, height: map.height, width: map.width))
  }
}

/// `every`: each n-th candidate; `order` is a choice with settings, to try nested kinds.
struct EverySubsamplerConfiguration: SubsamplerConfiguration {
  static let kind = "every"
  var step = 1
  var order: Order = .forward

  enum Order: ConfigurationChoice {
    case forward
    case shifted(Shift)
    struct Shift: Codable, Sendable { var offset = 3 }

    static let choices: [Order] = [.forward, .shifted(Shift())]
    var kind: String {
      switch self {
      case .forward: "forward"
      case .shifted: "shifted"
      }
    }
    init(kind: String, from decoder: any Decoder) throws {
      self = kind == "shifted" ? .shifted(try Shift(from: decoder)) : .forward
    }
    func encodeSettings(to encoder: any Encoder) throws {
      if case .shifted(let shift) = self { try shift.encode(to: encoder) }
    }
  }

  func makeSubsampler(_ context: StageContext) throws -> any Subsampler {
    guard step >= 1 else {
      throw PatchCoreError(.invalidConfiguration, stage: "subsampler", "step is \(step); give 1 or more")
    }
    if case .shifted(let shift) = order { return Every(step: step, offset: shift.offset) }
    return Every(step: step, offset: 0)
  }
}

struct Every: Subsampler {
  let step: Int
  let offset: Int
  func bankSize(forCandidates n: Int) throws -> Int { (n - offset + step - 1) / step }
  func subsample(_ candidates: PatchEmbeddings, progress: ProgressReporter) throws -> MemoryBank {
    MemoryBank(selecting: Array(stride(from: offset, to: candidates.grid.count, by: step)), from: candidates)
  }
}

/// `plain`: a double loop.
struct PlainIndexConfiguration: NeighbourIndexConfiguration {
  static let kind = "plain"
  var isExact: Bool { true }
  func makeIndex(over bank: Matrix, _ context: StageContext) throws -> any NeighbourIndex { PlainIndex(bank: bank) }
}

struct PlainIndex: NeighbourIndex {
  let bank: Matrix
  var count: Int { bank.rows }
  var dimension: Int { bank.columns }
  func search(_ queries: Matrix, k: Int) throws -> Neighbours {
    let k = min(k, count)
    var rows: [Int32] = [], distances: [Float] = []
    for query in 0..<queries.rows {
      let ranked = (0..<count).map { row in
        (
          distance: zip(queries[row: query], bank[row: row]).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) },
          row: row
        )
      }.sorted { ($0.distance, $0.row) < ($1.distance, $1.row) }
      rows += ranked.prefix(k).map { Int32($0.row) }
      distances += ranked.prefix(k).map(\.distance)
    }
    return Neighbours(queries: queries.rows, k: k, rows: rows, squaredDistances: distances)
  }
}

/// `wrapped`: an index that contains the description of another.
struct WrappedIndexConfiguration: NeighbourIndexConfiguration {
  static let kind = "wrapped"
  var index = StageDescription<NeighbourIndexRole>(PlainIndexConfiguration())
  var isExact: Bool { index.configuration.isExact }
  func makeIndex(over bank: Matrix, _ context: StageContext) throws -> any NeighbourIndex {
    try index.configuration.makeIndex(over: bank, context)
  }
}

/// `farthest`: the largest squared distance.
struct FarthestScorerConfiguration: ScorerConfiguration {
  static let kind = "farthest"
  func makeScorer(_ context: StageContext) throws -> any Scorer { FarthestScorer() }
}

struct FarthestScorer: Scorer {
  func score(
    _ embeddings: PatchEmbeddings, bank: MemoryBank, neighbourIndex: any NeighbourIndex
  ) throws -> [PatchScores] {
    let found = try neighbourIndex.search(embeddings.vectors, k: 1), plane = embeddings.grid.patchesPerImage
    return (0..<embeddings.grid.images).map { image in
      let values = Array(found.squaredDistances[image * plane..<(image + 1) * plane])
      let top = values.indices.reduce(0) { values[$1] > values[$0] ? $1 : $0 }
      return PatchScores(
        height: embeddings.grid.height, width: embeddings.grid.width, values: values, imageScore: values[top],
        decidingPatch: top, nearestBankRow: Int(found.rows[image * plane + top]))
    }
  }
}

extension StageCatalogue {
  /// The toy stages and one preset that names them.
  static var toy: StageCatalogue {
    var catalogue = StageCatalogue()
    catalogue.register(
      Preset(
        name: "toy", summary: "the toy stages",
        yaml: """
          preprocess: {resize: none, crop: none}
          extractor: {kind: cells}
          aggregator: {kind: channels_last}
          subsampler: {kind: every, step: 2}
          neighbour_index: {kind: plain}
          scorer: {kind: farthest}
          map: {sigma: 0}
          """, paperSilent: ["subsampler.step"]))
    catalogue.register(CellExtractorConfiguration.self)
    catalogue.register(ChannelsLastConfiguration.self)
    catalogue.register(EverySubsamplerConfiguration.self)
    catalogue.register(PlainIndexConfiguration.self)
    catalogue.register(WrappedIndexConfiguration.self)
    catalogue.register(FarthestScorerConfiguration.self)
    catalogue.registerUnavailable("far_away", role: NeighbourIndexRole.name, remedy: "build with the trait FarAway")
    return catalogue
  }
}
