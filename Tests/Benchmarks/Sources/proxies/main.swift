// Learned proxies beside random and coreset banks of one size: `swift run -c release proxies MODEL FRACTION ...`, where
// MODEL was fitted with `subsampler: {kind: none}`. Its bank is every patch of the training images.

import Compute
import Foundation
import PatchCore
import Subsampling
import TensorFiles

let arguments = CommandLine.arguments.dropFirst()
guard let model = arguments.first, !arguments.dropFirst().isEmpty else {
  FileHandle.standardError.write(Data("usage: proxies MODEL FRACTION ...\n".utf8))
  exit(2)
}
guard let tensor = try SafetensorsFile(contentsOf: model).tensors["bank.vectors"] else {
  FileHandle.standardError.write(Data("\(model): no memory bank in it; give a file made by `patchcore fit`\n".utf8))
  exit(1)
}
let rows = try Matrix(tensor)
let context = StageContext(seed: 0)
let engine = try context.compute.makeEngine()

func text(_ value: Double) -> String { String(format: "%.2f", value) }

func seconds(since start: ContinuousClock.Instant) -> String {
  let taken = (ContinuousClock.now - start).components
  return String(format: "%.1f", Double(taken.seconds) + Double(taken.attoseconds) * 1e-18)
}

/// The mean squared distance of a row to the nearest row of a bank.
func coverage(_ bank: Matrix) throws -> Double {
  let distances = try engine.nearest(queries: rows, bank: bank, k: 1).squaredDistances
  return distances.reduce(0.0) { $0 + Double($1) } / Double(distances.count)
}

/// The error of a bank under equation 8.
func error(_ bank: Matrix, _ temperature: Double, _ exponent: ProxyExponent = .negativeDistance) throws -> Double {
  try ProxyObjective(exponent: exponent, temperature: temperature, engine: engine).meanError(of: rows, by: bank)
}

print("\(rows.rows) rows of \(rows.columns), \(engine.kind.rawValue), \(ThreadCount.current) threads")
for fraction in arguments.dropFirst().compactMap(Double.init) {
  let count = max(1, Int(Double(rows.rows) * fraction))
  print("\n\(count) rows\n\n| bank | error, T = 0.25 | error, T = 1 | to the nearest row | seconds |")
  print("|---|---|---|---|---|")
  var random = RandomSubsamplerConfiguration()
  random.fraction = fraction
  var coreset = CoresetConfiguration()
  coreset.fraction = fraction
  let candidates = PatchEmbeddings(vectors: rows, grid: PatchGrid(images: 1, height: 1, width: rows.rows))
  let chosen: [(String, any SubsamplerConfiguration)] = [("random", random), ("coreset", coreset)]
  for (name, configuration) in chosen {
    let start = ContinuousClock.now
    let bank = try configuration.makeSubsampler(context).subsample(candidates, progress: .silent).vectors
    let taken = seconds(since: start)
    let errors = "\(text(try error(bank, 0.25))) | \(text(try error(bank, 1)))"
    print("| \(name) | \(errors) | \(text(try coverage(bank))) | \(taken) |")
  }
  var curves: [String] = []
  for (exponent, temperature): (ProxyExponent, Double) in [
    (.negativeDistance, 0.25), (.negativeDistance, 1), (.printed, 0.25), (.printed, 1),
  ] {
    var settings = LearnedProxiesConfiguration()
    settings.exponent = exponent
    settings.temperature = temperature
    let start = ContinuousClock.now
    let proxies = try BasisProxies(training: rows, count: count, settings: settings, seed: context.seed, engine: engine)
    let taken = seconds(since: start)
    let name = "\(exponent.rawValue), T = \(temperature)"
    let final = try error(proxies.vectors, temperature, exponent)
    print(
      "| proxies, \(name) | \(temperature == 0.25 ? text(final) : "") | \(temperature == 1 ? text(final) : "") "
        + "| \(text(try coverage(proxies.vectors))) | \(taken) |")
    curves.append(
      "\(name): \(proxies.errors.map(text).joined(separator: " "))\(proxies.hasConverged ? "" : " (not converged)")")
  }
  print("\nerror of each epoch")
  for curve in curves { print(curve) }
}
