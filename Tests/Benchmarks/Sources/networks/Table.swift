import Extractors
import Foundation
import PatchCore

/// Times the embedded network beside ResNets on both engines in float32.
func printTable() throws {
  let height = 224
  let rounds = 40
  let networks: [(name: String, configuration: any FeatureExtractorConfiguration)] = [
    ("resnet18", ResNetConfiguration(architecture: .resnet18, weights: .random)),
    ("compact", CompactConfiguration()),
    ("wide_resnet50_2", ResNetConfiguration(architecture: .wideResNet50x2, weights: .random)),
  ]
  print("layers 2 and 3 of \(height) x \(height) pixels, float32, \(rounds) rounds in turn, medians per image")
  print("| engine | threads | batch | network | ms | of resnet18 (range of rounds) | processor ms |")
  print("|---|---|---|---|---|---|---|")
  for engine in [ComputeSettings.Engine.onednn, .openblas] {
    for (threads, batch) in [(1, 1), (ProcessInfo.processInfo.activeProcessorCount, 1), (1, 8)] {
      ThreadCount.set(threads)
      let shape = FeatureShape(channels: 3, height: height, width: height)
      var generator = SystemRandomNumberGenerator()
      let pixels = (0..<batch * shape.count).map { _ in Float.random(in: -2...2, using: &generator) }
      let images = FeatureMap(batch: batch, shape: shape, pixels)
      let context = StageContext(compute: ComputeSettings(engine: engine))
      let extractors = try networks.map { try $0.configuration.makeExtractor(context) }
      for extractor in extractors { _ = try extractor.extract(images) }
      var walls = extractors.map { _ in [Double]() }
      var processors = walls
      for _ in 0..<rounds {
        for (index, extractor) in extractors.enumerated() {
          let taken = try seconds { _ = try extractor.extract(images) }
          walls[index].append(taken.wall / Double(batch))
          processors[index].append(taken.processor / Double(batch))
        }
      }
      for (index, network) in networks.enumerated() {
        // The middle eight tenths: a round that another program interrupted says nothing.
        let ratios = zip(walls[index], walls[0]).map { $0 / $1 }.sorted()
        let range = (ratios[rounds / 10], ratios[rounds * 9 / 10])
        print(
          "| \(engine.rawValue) | \(threads) | \(batch) | \(network.name) | \(milliseconds(median(walls[index]))) "
            + String(format: "| %.2f (%.2f to %.2f) ", median(ratios), range.0, range.1)
            + "| \(milliseconds(median(processors[index]))) |")
      }
    }
  }
}
