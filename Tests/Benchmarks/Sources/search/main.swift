// Searches a bank, once for each line of standard input, and prints the seconds that a search took.
//
//     search BANK.npy QUERIES.npy [--plain] [--threads N] [--neighbours K] [--found ROWS.npy]

import Compute
import Foundation
import PatchCore
import TensorFiles

func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

var arguments = CommandLine.arguments.dropFirst()
@MainActor func take(_ name: String) -> String? {
  guard let at = arguments.firstIndex(of: name), at + 1 < arguments.endIndex else { return nil }
  defer { arguments.removeSubrange(at...at + 1) }
  return arguments[at + 1]
}
if let threads = take("--threads").flatMap({ Int($0) }) { ThreadCount.set(threads) }
let neighbours = take("--neighbours").flatMap { Int($0) } ?? 1
let found = take("--found")
let plain = arguments.contains("--plain")
arguments.removeAll { $0 == "--plain" }
guard arguments.count == 2, let bankFile = arguments.first, let queryFile = arguments.last else {
  fatalError("search BANK.npy QUERIES.npy [--plain] [--threads N] [--neighbours K] [--found ROWS.npy]")
}

let bank = try Matrix(NumpyFile(contentsOf: bankFile).tensor)
let queries = try Matrix(NumpyFile(contentsOf: queryFile).tensor)
let engine = try ComputeSettings().makeEngine()
let start = ContinuousClock.now
let prepared = try plain ? PreparedBank(bank) : PreparedBank(bank, sketchedBy: engine)
let built = (ContinuousClock.now - start) / .seconds(1)
say("{\"prepared\": \(built), \"bytes\": \(prepared.byteCount), \"bank_bytes\": \(bank.count * 4)}")
while readLine() != nil {
  let start = ContinuousClock.now
  let result = try engine.nearest(queries: queries, bank: prepared, k: neighbours)
  say("\((ContinuousClock.now - start) / .seconds(1))")
  if let found {
    try NumpyFile.write(Tensor(result.rows, shape: [result.queries, result.k]), to: found)
  }
}
