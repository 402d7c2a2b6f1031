// Exact search of a bank, once for each line of standard input.
//
//     search BANK.npy QUERIES.npy [--search plain] [--threads 2] [--neighbours 1] [--found ROWS.npy]

import Compute
import PatchCore
import Rounds
import TensorFiles

let arguments = Arguments()
guard arguments.rest.count == 2 else {
  stop("search BANK.npy QUERIES.npy [--search plain] [--threads 2] [--neighbours 1] [--found ROWS.npy]")
}
let bank = try matrix(arguments.rest[0]), queries = try matrix(arguments.rest[1])
let neighbours = arguments.number("neighbours", default: 1)
let engine = try ComputeSettings().makeEngine()
let plain = try PreparedBank(bank)
let start = ContinuousClock.now
let prepared = try arguments["search"] == "plain" ? plain : PreparedBank(bank, sketchedBy: engine)
let seconds = (ContinuousClock.now - start) / .seconds(1)

let found = try engine.nearest(queries: queries, bank: prepared, k: neighbours)
let same = try found == engine.nearest(queries: queries, bank: plain, k: neighbours)
if let path = arguments["found"] {
  try NumpyFile.write(Tensor(found.rows, shape: [found.queries, found.k]), to: path)
}
let ready = """
  {"same_as_plain": \(same), "prepared": \(seconds), "bytes": \(prepared.byteCount), "bank_bytes": \(bank.count * 4)}
  """
try answerRounds(ready) { _ = try engine.nearest(queries: queries, bank: prepared, k: neighbours) }
