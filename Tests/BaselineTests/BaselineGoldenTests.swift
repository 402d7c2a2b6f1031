import Baselines
import Foundation
import PatchCore
import PatchCoreStandard
import TensorFiles
import Testing

/// PaDiM and SPADE on drawn features against NumPy, SciPy and PyTorch in double precision.
@Suite struct BaselineGoldenTests {
  /// As a part of the largest value of a map.
  ///
  /// Features and factors are kept in single precision, and sums run over up to 30 channels.
  static let tolerance: Float = 1e-5

  static var catalogue: StageCatalogue {
    var catalogue = StageCatalogue.standard
    catalogue.register(GivenFeaturesConfiguration.self)
    return catalogue
  }

  static func description(_ yaml: String) throws -> any MethodDescription {
    let description = """
      preprocess: {resize: none, crop: none}
      compute: {engine: openblas}
      seed: 3
      \(yaml)
      """
    return try ResolvedDescription(yaml: description, catalogue: catalogue).method
  }

  static let padimLayers = "extractor: {kind: given, layers: [layer1, layer2, layer3]}"
  static let spadeLayers = "extractor: {kind: given, layers: [layer1, layer2, layer3, layer4]}"

  static let cases = [
    ("padim_all", "\(padimLayers)\npadim: {dimensions: 30}"),
    ("padim_all", "\(padimLayers)\npadim: {}"),
    ("padim_chosen", "\(padimLayers)\npadim: {dimensions: 12}"),
    ("spade", "\(spadeLayers)\nspade: {}"),
    ("spade_few", "\(spadeLayers)\nspade: {neighbours: 3, pixel_neighbours: 2}"),
  ]

  @Test(arguments: cases)
  func scoresAndMaps(_ name: String, _ yaml: String) throws {
    let detector = try Self.description(yaml).fit(Golden.training)
    try Self.compare(detector, name)
    // And from the file, which another thread count writes alike.
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("patchcore-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: folder) } }
    let path = folder.appendingPathComponent("model").path
    try detector.write(to: path)
    let restored = try Self.catalogue.detector(contentsOf: path)
    try Self.compare(restored, name)
    let again = folder.appendingPathComponent("again").path
    try restored.write(to: again)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    #expect(try Data(contentsOf: URL(fileURLWithPath: again)) == bytes)
    try Self.description(yaml).fit(Golden.training).write(to: again)
    #expect(try Data(contentsOf: URL(fileURLWithPath: again)) == bytes)
  }

  private static func compare(_ detector: any AnomalyDetector, _ name: String) throws {
    let maps = try Golden.tensor("\(name)_maps").floats(), scores = try Golden.tensor("\(name)_scores").floats()
    let plane = Golden.side * Golden.side
    var difference: Float = 0
    let images = ImageSource(try (0..<Golden.testImages).map { try Golden.image(Golden.trainingImages + $0) })
    try detector.predict(images) { number, _, prediction in
      let expected = maps[number * plane..<(number + 1) * plane]
      #expect(prediction.map.values.count == plane && prediction.patchScores == nil)
      let largest = try #require(expected.max())
      for (value, wanted) in zip(prediction.map.values, expected) {
        difference = max(difference, abs(value - wanted) / largest)
      }
      difference = max(difference, abs(prediction.score - scores[number]) / scores[number])
    }
    #expect(difference < tolerance, "\(name): \(difference)")
  }

  @Test func channelsAreDrawnByTheDocumentedGenerator() throws {
    let detector = try Self.description(Self.cases[2].1).fit(Golden.training)
    let kept = try detector.archive(includingWeights: true).tensor("padim.channels").integers()
    #expect(try kept == Golden.tensor("padim_channels").integers())
  }

  /// Without a covariance the distance is Euclidean, by the root of the regularisation: 0.1.
  @Test func oneImage() throws {
    let layer = try Golden.tensor("layer1").floats()
    let detector = try Self.description("extractor: {kind: given, layers: [layer1]}\npadim: {}\nmap: {sigma: 0}")
      .fit(ImageSource([Golden.image(0)]))
    let map = try detector.predict(Golden.image(2)).map
    let plane = 64
    let distance = (0..<6).reduce(Float(0)) { sum, channel in
      let difference = layer[channel * plane] - layer[(12 + channel) * plane]
      return sum + difference * difference
    }.squareRoot()
    // The corner lies outside the outermost cell centres, so it is that cell's alone.
    #expect(abs(map.values[0] - 10 * distance) < 1e-4 * map.values[0])
    #expect(try detector.predict(Golden.image(0)).score == 0)
  }
}
