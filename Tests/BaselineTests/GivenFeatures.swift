import Foundation
import PatchCore
import TensorFiles

/// `given`: the features of the golden file, chosen by the grey of the image; nothing but the methods is then compared.
struct GivenFeaturesConfiguration: FeatureExtractorConfiguration {
  static let kind = "given"
  var layers = ["layer1", "layer2", "layer3"]

  func shapes(height: Int, width: Int) throws -> [FeatureShape] {
    try layers.map { name in
      let shape = try Golden.tensor(name).shape
      return FeatureShape(channels: shape[1], height: shape[2], width: shape[3])
    }
  }
  func makeExtractor(_ context: StageContext) throws -> any FeatureExtractor {
    GivenFeatures(
      layers: layers, shapes: try shapes(height: 0, width: 0),
      values: try layers.map { try Golden.tensor($0).floats() })
  }
}

struct GivenFeatures: FeatureExtractor {
  let layers: [String]
  let shapes: [FeatureShape]
  let values: [[Float]]
  var weights: WeightsOrigin { WeightsOrigin(name: "none") }

  /// Image number i has the grey 10 i.
  func extract(_ images: FeatureMap) throws -> [FeatureMap] {
    let plane = images.height * images.width
    let numbers = images.withUnsafeBufferPointer { pixels in
      (0..<images.batch).map { Int(((Double(pixels[$0 * 3 * plane]) * 0.229 + 0.485) * 25.5).rounded()) }
    }
    return zip(shapes, values).map { shape, values in
      FeatureMap(
        batch: images.batch, shape: shape,
        numbers.flatMap { values[$0 * shape.count..<($0 + 1) * shape.count] })
    }
  }
}

/// What NumPy, SciPy and PyTorch computed: `Fixtures/make_baseline_goldens.py`.
enum Golden {
  static let trainingImages = 7
  static let testImages = 5
  static let side = 32

  static func tensor(_ name: String) throws -> Tensor {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures/baseline-goldens.safetensors").path
    guard let tensor = try SafetensorsFile(contentsOf: path).tensors[name] else {
      throw PatchCoreError(.invalidFile, "\(path): lacks \(name)")
    }
    return tensor
  }

  static func image(_ number: Int, side: Int = side) throws -> Image {
    try Image(
      width: side, height: side, format: .grey8, bytes: [UInt8](repeating: UInt8(10 * number), count: side * side))
  }

  static var training: ImageSource {
    get throws { ImageSource(try (0..<trainingImages).map { try image($0) }) }
  }
}
