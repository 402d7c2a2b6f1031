// The library in twenty lines: fit on good images from memory, inspect two new ones, keep the detector in a file.
import Foundation
import PatchCore
import PatchCoreStandard

// No extractor is named, so the network in the program is used; see Docs/Weights.md for others.
let description = try PipelineDescription(
  yaml: """
    preprocess: {resize: 96, crop: 96}
    subsampler: {kind: coreset, fraction: 0.25}
    compute: {engine: openblas}
    """, catalogue: .standard)

let camera = Camera()
let detector = try Pipeline(description).fit(ImageSource((0..<8).map { try camera.image(of: .good, number: $0) }))
print("weights: \(detector.weights.name); memory bank: \(detector.bank.count) patches")

for part in [Camera.Part.good, .blotted] {
  let prediction = try detector.predict(camera.image(of: part, number: 8))
  guard let nearest = prediction.nearestPatch else { continue }
  print("\(part): score \(prediction.score), nearest to \(nearest.image), row \(nearest.row), column \(nearest.column)")
}

let path = NSTemporaryDirectory() + "FitAndPredict-\(ProcessInfo.processInfo.processIdentifier).safetensors"
try detector.write(to: path)
let restored = try FittedDetector(contentsOf: path, catalogue: .standard)
print("read back: score \(try restored.predict(camera.image(of: .blotted, number: 8)).score)")
try FileManager.default.removeItem(atPath: path)
