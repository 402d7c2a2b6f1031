// Scores image files with a model that stays in memory: `images MODEL THREADS FILE...`, run by whole_images.py.
//
// Prints a line when it is ready; then answers each line of standard input with the seconds that it took, from files to
// scores and maps: `all` takes all files through the bulk call, a number takes one of them.

import Foundation
import ImageFiles
import PatchCore
import PatchCoreStandard

let arguments = CommandLine.arguments
guard arguments.count > 3, let threads = Int(arguments[2]), threads > 0 else {
  fatalError("usage: images MODEL THREADS FILE...")
}
ThreadCount.set(threads)
let detector = try StageCatalogue.standard.detector(contentsOf: arguments[1])
let files = Array(arguments[3...])

/// Scores files one after the other or several at a time, and returns the seconds and the last score.
func seconds(_ files: [String]) throws -> (seconds: Double, score: Float, pixels: Int) {
  let start = ContinuousClock.now
  var score: Float = 0
  var pixels = 0
  try detector.predict(ImageSource(files: files)) { _, _, prediction in
    score = prediction.score
    pixels = prediction.map.values.count
  }
  let taken = (ContinuousClock.now - start).components
  return (Double(taken.seconds) + Double(taken.attoseconds) * 1e-18, score, pixels)
}

let first = try seconds([files[0]])
print("\(detector.summary); maps of \(first.pixels) pixels")
fflush(nil)
while let line = readLine() {
  let answer = try seconds(Int(line).map { [files[$0]] } ?? files)
  print(answer.seconds, answer.score)
  fflush(nil)
}
