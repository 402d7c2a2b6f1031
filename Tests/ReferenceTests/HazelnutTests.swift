import Foundation
import ImageFiles
import PatchCore
import PatchCoreStandard
import TensorFiles
import Testing

/// Whole pipelines on real images with a real network: MVTec AD's hazelnut, reduced, and ResNet-18.
///
/// One test after another: they set the number of threads, and each holds the embeddings of all images.
@Suite(.serialized, .needsReferenceData) enum HazelnutTests {
  /// What run.json says beside each reference's arrays.
  struct Run: Decodable {
    var train: [String]?
    var test: [String]
    var labels: [Int]
    var scores: [Float]
    var startPoints: [Int]?

    enum CodingKeys: String, CodingKey {
      case train, test, labels, scores
      case startPoints = "start_points"
    }
  }

  /// The engines in this build.
  static var engines: [ComputeSettings.Engine] {
    #if OneDNN
    [.onednn, .openblas]
    #else
    [.openblas]
    #endif
  }

  static let dataset = "data/mvtec-reduced/hazelnut_reduced"
  static let weights = "weights/resnet18-layers1-3.safetensors"

  /// The standard stages and those that only these tests need.
  static var catalogue: StageCatalogue {
    var catalogue = StageCatalogue.standard
    catalogue.register(GivenRowsConfiguration.self)
    catalogue.register(GivenVectorsConfiguration.self)
    return catalogue
  }

  /// A preset with ResNet-18 and some keys of its own.
  static func description(
    _ preset: String, engine: ComputeSettings.Engine, weights: String? = nil, _ lines: String...
  ) throws -> PipelineDescription {
    let weights = try weights ?? ReferenceData.path(Self.weights)
    let yaml =
      [
        "preset: \(preset)", "extractor: {kind: resnet, architecture: resnet18, weights: {file: '\(weights)'}}",
        "compute: {engine: \(engine.rawValue)}",
      ] + lines
    return try PipelineDescription(yaml: yaml.joined(separator: "\n"), catalogue: catalogue)
  }

  /// Images by their names in the data set.
  static func images(_ names: [String]) throws -> ImageSource {
    ImageSource(files: names, relativeTo: try ReferenceData.path(dataset))
  }

  static func predictions(_ detector: FittedDetector, _ images: ImageSource) throws -> [Prediction] {
    var all: [Prediction] = []
    try detector.predict(images) { _, _, prediction in all.append(prediction) }
    return all
  }

  /// How far values are from a reference, as a part of the reference's norm.
  static func relativeError(_ values: [Float], _ reference: [Float]) -> Double {
    guard values.count == reference.count else { return .infinity }
    var difference = 0.0, norm = 0.0
    for (value, expected) in zip(values, reference) {
      difference += (Double(value) - Double(expected)) * (Double(value) - Double(expected))
      norm += Double(expected) * Double(expected)
    }
    return (difference / norm).squareRoot()
  }

  /// The largest difference of two lists, each divided by its scale; infinite if a number is missing or not finite.
  static func largestDifference(
    _ values: some Collection<Float>, _ reference: some Collection<Float>, scale: (Float) -> Float
  ) -> Float {
    guard values.count == reference.count else { return .infinity }
    return zip(values, reference).reduce(0) { largest, pair in
      let difference = abs(pair.0 - pair.1) / scale(pair.1)
      return difference.isFinite ? max(largest, difference) : .infinity
    }
  }
}
