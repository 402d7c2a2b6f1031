import PatchCore

/// An extractor's configuration that shares feature maps between the runs of a suite.
///
/// It has the kind, keys and defaults of the one it stands for, so that descriptions and reports do not show it.
struct SuiteExtractorConfiguration<Base: FeatureExtractorConfiguration>: FeatureExtractorConfiguration {
  static var kind: String { Base.kind }

  private let base: Base
  private let features: SuiteFeatures?

  init() {
    base = Base()
    features = nil
  }

  init(from decoder: any Decoder) throws {
    base = try Base(from: decoder)
    features = decoder.userInfo[.suiteFeatures] as? SuiteFeatures
  }

  func encode(to encoder: any Encoder) throws { try base.encode(to: encoder) }

  func shapes(height: Int, width: Int) throws -> [FeatureShape] { try base.shapes(height: height, width: width) }

  func makeExtractor(_ context: StageContext) throws -> any FeatureExtractor {
    guard let features else { return try base.makeExtractor(context) }
    let settings = try ConfigurationNode(encoding: StageDescription<ExtractorRole>(base))
    let machine =
      "\(context.compute.engine.rawValue) \(context.compute.precision.rawValue) "
      + context.compute.convolution.rawValue
    let extractor = try features.extractor("\(settings.yaml) \(machine) \(context.seed)") {
      try base.makeExtractor(context)
    }
    // A network's layers are the same numbers whichever others are tapped beside them.
    let areLayersNamed = settings["layers"]?.parts?.compactMap(\.text) == extractor.layers
    let scope = [
      (areLayersNamed ? settings.removing(["layers"]) : settings).yaml, machine, extractor.weights.name,
      // Only weights that come from no file can depend on the seed.
      extractor.weights.digest ?? "seed \(context.seed)",
    ]
    return SuiteFeatureExtractor(base: extractor, scope: scope.joined(separator: "\n"), features: features)
  }

  func restoreExtractor(from archive: StageArchive, _ context: StageContext) throws -> any FeatureExtractor {
    try base.restoreExtractor(from: archive, context)
  }
}

/// An extractor that computes an image's maps once.
struct SuiteFeatureExtractor: FeatureExtractor {
  let base: any FeatureExtractor
  /// What the maps depend on beside the image.
  let scope: String
  let features: SuiteFeatures

  var layers: [String] { base.layers }
  var weights: WeightsOrigin { base.weights }
  var calibrationImages: Int { base.calibrationImages }
  func archive() throws -> StageArchive { try base.archive() }
  func calibration() throws -> StageArchive { try base.calibration() }

  func calibrated(on count: Int, image: (Int) throws -> FeatureMap) throws -> any FeatureExtractor {
    try replacing(base.calibrated(on: count, image: image))
  }

  func calibrated(from archive: StageArchive) throws -> any FeatureExtractor {
    try replacing(base.calibrated(from: archive))
  }

  /// The same for a calibrated extractor, whose maps depend on its calibration too.
  private func replacing(_ extractor: any FeatureExtractor) throws -> SuiteFeatureExtractor {
    let kept = try extractor.calibration().tensors.sorted { $0.key < $1.key }
    let digests = kept.map { name, tensor in "\(name) \(tensor.withBytes { Digest.sha256($0) })" }
    return SuiteFeatureExtractor(
      base: extractor, scope: ([scope] + digests).joined(separator: "\n"), features: features)
  }

  func extract(_ images: FeatureMap) throws -> [FeatureMap] {
    let keys = try keys(of: images)
    let places = keys.map { features.places(of: $0, layers: layers) }
    let missing = places.indices.filter { places[$0] == nil }
    features.count(computed: missing.count, reused: keys.count - missing.count)
    if missing.count == keys.count {
      let maps = try base.extract(images)
      store(maps, missing.map { keys[$0] })
      return maps
    }
    var computed: [FeatureMap] = []
    if !missing.isEmpty {
      computed = try base.extract(images.selecting(missing))
      store(computed, missing.map { keys[$0] })
    }
    let shapes = places.lazy.compactMap { $0 }.first?.map(\.shape) ?? []
    return try layers.indices.map { layer in
      let size = shapes[layer].count
      var map = FeatureMap(batch: images.batch, shape: shapes[layer])
      try map.withUnsafeMutableBufferPointer { target in
        for image in 0..<images.batch {
          let part = UnsafeMutableBufferPointer(rebasing: target[image * size..<(image + 1) * size])
          if let place = places[image]?[layer] {
            try features.read(place, into: part)
          } else if let position = missing.firstIndex(of: image) {
            computed[layer].withUnsafeBufferPointer { source in
              _ = part.update(fromContentsOf: source[position * size..<(position + 1) * size])
            }
          }
        }
      }
      return map
    }
  }

  private func store(_ maps: [FeatureMap], _ keys: [String]) {
    for (layer, map) in zip(layers, maps) {
      map.withUnsafeBufferPointer { values in
        for (number, key) in keys.enumerated() {
          let part = values[number * map.shape.count..<(number + 1) * map.shape.count]
          features.store(UnsafeBufferPointer(rebasing: part), shape: map.shape, layer: layer, of: key)
        }
      }
    }
  }

  /// SHA-256 of each image's numbers and size and of what else its maps depend on.
  private func keys(of images: FeatureMap) throws -> [String] {
    var keys = [String](repeating: "", count: images.batch)
    try images.withUnsafeBufferPointer { values in
      nonisolated(unsafe) let values = values
      try keys.withUnsafeMutableBufferPointer { keys in
        nonisolated(unsafe) let keys = keys
        try parallelLoop(images.batch) { number in
          let part = values[number * images.shape.count..<(number + 1) * images.shape.count]
          var digest = Digest.Running()
          digest.update("\(scope)\n\(images.channels) \(images.height) \(images.width)\n".utf8)
          digest.update(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: part)))
          keys[number] = digest.finish()
        }
      }
    }
    return keys
  }
}

extension FeatureMap {
  /// Some of the images.
  fileprivate func selecting(_ numbers: [Int]) -> FeatureMap {
    var result = FeatureMap(batch: numbers.count, shape: shape)
    result.withUnsafeMutableBufferPointer { target in
      withUnsafeBufferPointer { source in
        for (position, number) in numbers.enumerated() {
          let part = UnsafeMutableBufferPointer(rebasing: target[position * shape.count..<(position + 1) * shape.count])
          _ = part.update(fromContentsOf: source[number * shape.count..<(number + 1) * shape.count])
        }
      }
    }
    return result
  }
}

extension StageCatalogue {
  /// The same catalogue, whose extractors keep their maps.
  func sharing(_ features: SuiteFeatures) -> StageCatalogue {
    func wrapped<C: FeatureExtractorConfiguration>(_ type: C.Type) -> any FeatureExtractorConfiguration.Type {
      SuiteExtractorConfiguration<C>.self
    }
    var copy = self
    copy.companions[.suiteFeatures] = features
    copy.replaceExtractors { wrapped($0) }
    return copy
  }
}

extension CodingUserInfoKey {
  /// The `SuiteFeatures` that extractors share.
  fileprivate static let suiteFeatures: CodingUserInfoKey = {
    guard let key = CodingUserInfoKey(rawValue: "patchcore.suite.features") else { preconditionFailure("a valid key") }
    return key
  }()
}
