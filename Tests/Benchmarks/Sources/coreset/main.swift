// Selects a coreset, once for each line of standard input, and prints the seconds that it took.
//
//     coreset ROWS.npy [--picks N] [--threads N] [--check N] [--rows PICKS.npy]
//
// The start is the mean distance to ten rows. `--check N` first compares N picks with those of the plain algorithm: one
// pass over all rows for each pick. `--rows` keeps the picks.

import Compute
import Foundation
import PatchCore
import Rounds
import Subsampling
import TensorFiles

let arguments = Arguments()
guard arguments.rest.count == 1 else { stop("coreset ROWS.npy [--picks N] [--threads N] [--check N] [--rows FILE]") }
let rows = try matrix(arguments.rest[0])
let picks = min(arguments.number("picks", default: max(1, rows.rows / 10)), rows.rows)
let engine = try ComputeSettings().makeEngine()

func selected(_ count: Int) throws -> [Int] {
  let greedy = try GreedyCoreset(rows, engine: engine)
  var generator = SeededGenerator(seed: 0)
  let points = generator.sample(min(10, rows.rows), below: rows.rows)
  return try greedy.select(count, startDistances: greedy.meanDistances(to: points))
}

/// The plain algorithm.
func plain(_ count: Int) throws -> [Int] {
  let greedy = try GreedyCoreset(rows, engine: engine)
  var generator = SeededGenerator(seed: 0)
  var held = try greedy.meanDistances(to: generator.sample(min(10, rows.rows), below: rows.rows))
  var found: [Int] = []
  while found.count < count {
    var next = 0
    held.withUnsafeBufferPointer { held in
      for row in held.indices where held[row] > held[next] { next = row }
    }
    found.append(next)
    let distances = try greedy.distances(toRow: next)
    held.withUnsafeMutableBufferPointer { held in
      for row in held.indices { held[row] = min(held[row], distances[row]) }
    }
    held[next] = -1
  }
  return found
}

let check = min(arguments.number("check", default: 0), picks)
let same = try check > 0 ? plain(check) == Array(selected(picks).prefix(check)) : true
guard same else {
  FileHandle.standardError.write(Data("the first \(check) picks are not those of the plain algorithm\n".utf8))
  exit(1)
}
let ready = "{\"rows\": \(rows.rows), \"dimension\": \(rows.columns), \"picks\": \(picks), \"checked\": \(check)}"
try answerRounds(ready) {
  let found = try selected(picks)
  if let file = arguments["rows"] { try NumpyFile.write(Tensor(found.map(Int32.init), shape: [picks]), to: file) }
}
