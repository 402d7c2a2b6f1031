import Foundation
import ImageFiles
import PatchCore
import TensorFiles
import Testing

/// A folder with a small data set and descriptions, there as long as the test runs.
struct WorkFolder {
  private let root: String

  static func with(_ body: (WorkFolder) throws -> Void) throws {
    let folder = WorkFolder(
      root: FileManager.default.temporaryDirectory.appendingPathComponent("patchcore-\(UUID().uuidString)").path)
    defer {
      do { try FileManager.default.removeItem(atPath: folder.root) } catch { Issue.record(error) }
    }
    try FileManager.default.createDirectory(atPath: folder.root, withIntermediateDirectories: true)
    try folder.write(Data(description(weights: "random").utf8), to: "random.yaml")
    try folder.write(Data(description(weights: "null").utf8), to: "weights.yaml")
    try folder.drawDataset()
    try body(folder)
  }

  /// A network small enough to fit within a second, on the engine that every build has or the default one.
  static func description(weights: String) -> String {
    let description = """
      preset: official
      preprocess: {resize: 64, crop: 56}
      extractor: {kind: resnet, architecture: resnet18, layers: [layer1], weights: \(weights)}
      aggregator: {kind: official, layer_dimension: 32, dimension: 32}

      """
    #if OneDNN
    return description
    #else
    return description + "compute: {engine: openblas}\n"
    #endif
  }

  func url(_ path: String) -> URL { URL(fileURLWithPath: root).appendingPathComponent(path) }

  func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: url(path).path) }

  /// Everything below a folder whose name shows that it was not finished.
  func partialFiles() throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: root).filter { $0.contains(".partial-") }
  }

  func write(_ data: Data, to path: String) throws {
    let file = url(path)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try data.write(to: file)
  }

  /// Runs the program in this folder.
  func run(_ arguments: String...) throws -> CommandRun { try run(arguments) }

  /// Runs the program in this folder.
  func run(_ arguments: [String]) throws -> CommandRun {
    let command = try CommandProcess(arguments, in: self)
    try command.process.run()
    return try command.finish()
  }

  /// Runs a copy of the program, in the folder that it is in and in an environment without variables.
  func run(_ arguments: [String], copy: String) throws -> CommandRun {
    let command = try CommandProcess(arguments, in: self, program: url(copy))
    command.process.currentDirectoryURL = url(copy).deletingLastPathComponent()
    command.process.environment = [:]
    try command.process.run()
    return try command.finish()
  }

  /// Grey noise, with a white square where it has a defect.
  func drawImage(_ path: String, seed: UInt64, defect: Bool = false, side: Int = 64) throws {
    var random = SeededGenerator(seed: seed)
    var pixels = (0..<side * side).map { _ in UInt8(100 + 20 * random.nextUnit()) }
    if defect { for place in Self.square { pixels[place] = 255 } }
    try write(image(pixels, side), to: path)
  }

  private static let square = (24..<40).flatMap { row in (24..<40).map { row * 64 + $0 } }

  private func image(_ pixels: [UInt8], _ side: Int) throws -> Data {
    Data(try ImageFile.encodePNG(try Image(width: side, height: side, format: .grey8, bytes: pixels)))
  }

  /// `parts` in MVTec AD's layout: six images to fit with, three good and three bad ones to test with.
  private func drawDataset() throws {
    for number in 0..<6 { try drawImage("parts/train/good/\(number).png", seed: UInt64(number)) }
    var mask = [UInt8](repeating: 0, count: 64 * 64)
    for place in Self.square { mask[place] = 255 }
    for number in 0..<3 {
      try drawImage("parts/test/good/\(number).png", seed: UInt64(100 + number))
      try drawImage("parts/test/square/\(number).png", seed: UInt64(200 + number), defect: true)
      try write(image(mask, 64), to: "parts/ground_truth/square/\(number)_mask.png")
    }
  }

  /// A checkpoint of ResNet-18 up to layer 1, under torchvision's names.
  func writeWeights(to path: String, seed: UInt64, edit: (inout [String: Tensor]) -> Void = { _ in }) throws {
    var random = SeededGenerator(seed: seed)
    var tensors: [String: Tensor] = [:]
    func add(_ name: String, _ shape: [Int], from low: Double, to high: Double) {
      let values = (0..<shape.reduce(1, *)).map { _ in Float(low + (high - low) * random.nextUnit()) }
      tensors[name] = Tensor(values, shape: shape)
    }
    func addNorm(_ name: String) {
      for part in ["weight", "running_var"] { add("\(name).\(part)", [64], from: 0.5, to: 1.5) }
      for part in ["bias", "running_mean"] { add("\(name).\(part)", [64], from: -0.2, to: 0.2) }
    }
    add("conv1.weight", [64, 3, 7, 7], from: -0.2, to: 0.2)
    addNorm("bn1")
    for block in 0..<2 {
      for layer in 1...2 {
        add("layer1.\(block).conv\(layer).weight", [64, 64, 3, 3], from: -0.1, to: 0.1)
        addNorm("layer1.\(block).bn\(layer)")
      }
    }
    edit(&tensors)
    try SafetensorsFile.write(tensors: tensors, to: url(path).path)
  }
}
