// How long a model takes to load, and to score its first image, from a file that the system has in memory.
//
//   loading [IMAGES [ARCHITECTURE]]
//
// Makes a bank of every patch of IMAGES drawn images (784 each; 21 give 16,464 rows of 1024 numbers) for a network with
// random weights, `compact` for the one in the program, writes it in each storage, and reads it ROUNDS times.

import Foundation
import PatchCore
import PatchCoreStandard

let rounds = 9
let count = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 21
let architecture = CommandLine.arguments.dropFirst(2).first ?? "wide_resnet50_2"
let extractor =
  architecture == "compact"
  ? "{kind: compact}" : "{kind: resnet, architecture: \(architecture), weights: random}"

func image(_ seed: Int) throws -> Image {
  var random = SeededGenerator(seed: UInt64(seed))
  let pixels = (0..<256 * 256).map { _ in UInt8(100 + 50 * random.nextUnit()) }
  return try Image(width: 256, height: 256, format: .grey8, bytes: pixels)
}

func milliseconds(_ work: () throws -> Void) rethrows -> Double {
  let time = try ContinuousClock().measure(work).components
  return Double(time.seconds) * 1e3 + Double(time.attoseconds) * 1e-15
}

let images = try (0..<count).map { try image($0) }
let path = NSTemporaryDirectory() + "patchcore-loading-\(getpid()).safetensors"
defer { unlink(path) }
print("storage    rows x dimension     file     load (median, least, greatest of \(rounds))   first image")
for storage in NumberFormat.allCases {
  let description = try PipelineDescription(
    yaml: "{extractor: \(extractor), subsampler: {kind: none}, storage: {bank: \(storage.rawValue)}}",
    catalogue: .standard)
  let detector = try Pipeline(description).fit(ImageSource(images))
  try detector.write(to: path)
  let size = Double(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0) / 1e6
  var times: [Double] = []
  var first = 0.0
  for _ in 0..<rounds {
    var loaded: FittedDetector?
    times.append(try milliseconds { loaded = try FittedDetector(contentsOf: path, catalogue: .standard) })
    first = try milliseconds { _ = try loaded?.predict(images[0]) }
  }
  times.sort()
  print(
    String(
      format: "%@ %6d x %d %9.1f MB   %6.1f ms, %.1f, %.1f   %7.1f ms",
      storage.rawValue.padding(toLength: 10, withPad: " ", startingAt: 0), detector.bank.count,
      detector.bank.dimension, size, times[rounds / 2], times[0], times[rounds - 1], first))
}
