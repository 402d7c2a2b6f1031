// Runs one stage, once for each line of standard input, and prints the seconds that it took.
//
//     stages decode IMAGE ...            files to pixels
//     stages preprocess IMAGE            pixels to 3 x 224 x 224 numbers, as the preset `official` does
//     stages aggregate LAYER.npy ...     layers [n, c, h, w] to patches, as the preset `official` does
//     stages map SCORES.npy              scores [n, h, w] to maps of 224 x 224
//     stages auroc MAPS.npy MASKS.npy    maps and masks [n, h, w], 32-bit floats, masks of 0 and 1
//     stages pro MAPS.npy MASKS.npy
//
// All take --threads N. The two metrics say what they found.

import Aggregation
import Evaluation
import Foundation
import ImageFiles
import PatchCore
import Rounds
import TensorFiles

let arguments = Arguments()
let stage = arguments.rest.first ?? ""
let files = Array(arguments.rest.dropFirst())

func maps(_ file: String) throws -> [(height: Int, width: Int, values: [Float])] {
  let shape = try NumpyFile(contentsOf: file).tensor.shape
  let all = try matrix(file)
  return (0..<shape[0]).map { image in
    let values = all.slice(image * shape[1]..<(image + 1) * shape[1]).withUnsafeBufferPointer { Array($0) }
    return (shape[1], shape[2], values)
  }
}

func pixels() throws -> RankedPixels {
  var scores = PixelScores()
  for (number, (map, mask)) in try zip(maps(files[0]), maps(files[1])).enumerated() {
    try scores.add(
      AnomalyMap(height: map.height, width: map.width, values: map.values),
      defects: DefectMask(height: mask.height, width: mask.width, values: mask.values.map { $0 > 0 }),
      image: "\(number)")
  }
  return try scores.ranked()
}

switch stage {
case "decode" where !files.isEmpty:
  try answerRounds("{}") {
    for file in files { _ = try ImageFile.decode(contentsOf: file) }
  }
case "preprocess" where files.count == 1:
  let image = try ImageFile.decode(contentsOf: files[0])
  let preprocessing = Preprocessing()
  try answerRounds("{}") { _ = try preprocessing.apply([image]) }
case "aggregate" where !files.isEmpty:
  let aggregator = try OfficialAggregatorConfiguration().makeAggregator(StageContext())
  let layers = try files.map { file in
    let tensor = try NumpyFile(contentsOf: file).tensor
    let shape = FeatureShape(channels: tensor.shape[1], height: tensor.shape[2], width: tensor.shape[3])
    return FeatureMap(batch: tensor.shape[0], shape: shape, try matrix(file).withUnsafeBufferPointer { Array($0) })
  }
  try answerRounds("{}") { _ = try aggregator.aggregate(layers) }
case "map" where files.count == 1:
  let scores = try maps(files[0]).map {
    PatchScores(
      height: $0.height, width: $0.width, values: $0.values, imageScore: 0, decidingPatch: 0, nearestBankRow: 0)
  }
  answerRounds("{}") {
    for one in scores { _ = MapRendering().render(one, height: 224, width: 224) }
  }
case "auroc" where files.count == 2:
  let value = try AreaUnderROC(pixels().all)?.value ?? .nan
  try answerRounds("{\"value\": \(value)}") { _ = try AreaUnderROC(pixels().all) }
case "pro" where files.count == 2:
  let value = try PerRegionOverlap(pixels())?.value ?? .nan
  try answerRounds("{\"value\": \(value)}") { _ = try PerRegionOverlap(pixels()) }
default:
  stop("stages decode|preprocess|aggregate|map|auroc|pro FILE ... [--threads N]")
}
