import ConvNet
import Extractors
import Foundation
import PatchCore

/// What to time: a network, how to compute it, on how many threads and images of which size.
struct Setting: Codable, Hashable {
  var network: ResNet
  var precision: ComputeSettings.Precision
  var convolution: ComputeSettings.Convolution
  var threads: Int
  var batch: Int
  var size: Int
  /// Runs that are timed together; the answer is per image.
  var runs: Int
}

/// One answer: seconds per image.
struct Answer: Codable {
  var wall: Double
  var processor: Double
}

/// Times what standard input asks for, one JSON object a line, and answers with one JSON object a line.
///
/// A setting is compiled, calibrated on its own images and run once without timing when it is first asked for.
func serve() throws {
  var extractors: [Setting: (extractor: any FeatureExtractor, images: FeatureMap)] = [:]
  while let line = readLine() {
    let setting = try JSONDecoder().decode(Setting.self, from: Data(line.utf8))
    ThreadCount.set(setting.threads)
    let (extractor, images) = try extractors[setting] ?? prepared(setting)
    extractors[setting] = (extractor, images)
    let taken = try seconds { for _ in 0..<setting.runs { _ = try extractor.extract(images) } }
    let count = Double(setting.runs * setting.batch)
    let answer = Answer(wall: taken.wall / count, processor: taken.processor / count)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    print(String(decoding: try encoder.encode(answer), as: UTF8.self))
    fflush(nil)
  }
}

private func prepared(_ setting: Setting) throws -> (any FeatureExtractor, FeatureMap) {
  let shape = FeatureShape(channels: 3, height: setting.size, width: setting.size)
  var generator = SeededGenerator(seed: 1)
  // Whole normalised images, about as large as real ones.
  let pixels = (0..<setting.batch * shape.count).map { _ in generator.nextUniform(limit: 2) }
  let images = FeatureMap(batch: setting.batch, shape: shape, pixels)
  let compute = ComputeSettings(engine: .onednn, precision: setting.precision, convolution: setting.convolution)
  let extractor = try ResNetConfiguration(architecture: setting.network, weights: .random)
    .makeExtractor(StageContext(compute: compute, mayMeasure: true))
    .calibrated(on: 1) { _ in FeatureMap(batch: 1, shape: shape, Array(pixels.prefix(shape.count))) }
  _ = try extractor.extract(images)
  return (extractor, images)
}
