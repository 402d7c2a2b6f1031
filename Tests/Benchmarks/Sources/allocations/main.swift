// Counts what one image costs in calls of the heap, once a network is warm: `swift run -c release allocations`.
//
// Every call of malloc and its relatives is counted, by the library that makes it: the program itself is this package,
// libswiftCore the runtime on its behalf, libstdc++ C++'s `new` on behalf of oneDNN.

import CAllocations
import Compute
import ConvNet
import Extractors
import Foundation
import PatchCore

let images = 20
let shape = FeatureShape(channels: 3, height: 224, width: 224)
let layers = ["layer2", "layer3"]
let architecture = ResNet.wideResNet50x2.architecture
let taps = try architecture.taps(for: layers)
let table = architecture.table.pruned(to: taps)
let weights = try NetworkWeights.random(for: architecture, layers: layers, seed: 1)
let image = FeatureMap(batch: 1, shape: shape)
let engine = try ComputeSettings().makeEngine()
var calibration = ActivationCalibration(table, weights: weights, engine: engine)
try calibration.observe(image)

print("| numbers | threads | calls an image | of which | heap growth over \(images) images, bytes |")
print("|---|---|---|---|---|")
for threads in [1, ProcessInfo.processInfo.activeProcessorCount] {
  ThreadCount.set(threads)
  for (name, precision) in [
    ("float32", NetworkPrecision.float32), ("winograd", .winograd), ("bfloat16", .bfloat16),
    ("bfloat16 winograd", .bfloat16Winograd),
    ("int8", .int8(calibration.ranges())),
  ] {
    let network = try engine.compile(table, weights: weights, input: shape, precision: precision, taps: taps)
    var maps: [FeatureMap] = []
    for _ in 0..<3 { try network.run(image, into: &maps) }
    let before = allocations_heap_bytes()
    allocations_begin()
    for _ in 0..<images { try network.run(image, into: &maps) }
    let calls = allocations_end()
    let growth = Int(allocations_heap_bytes()) - Int(before)
    var parts: [String] = []
    var library: UnsafePointer<CChar>?
    while case let count = allocations_of(parts.count, &library), count > 0, let path = library {
      let name = String(cString: path).split(separator: "/").last ?? ""
      parts.append("\(name) \(Double(count) / Double(images))")
    }
    print(
      "| \(name) | \(threads) | \(Double(calls) / Double(images)) | \(parts.joined(separator: ", ")) | \(growth) |")
  }
}
