import Foundation
import PatchCore

/// A data set that a suite runs on, with the categories that are fitted and evaluated one by one.
struct SuiteData: Sendable {
  /// The layout.
  let kind: DatasetKind
  /// The name of the folder.
  let name: String
  /// The data sets, in order.
  let categories: [Dataset]

  /// Reads the file names of a data set.
  ///
  /// - Parameters:
  ///   - location: its kind and folder; of MVTec AD a category or a folder of categories.
  ///   - names: the categories of MVTec AD to take; `nil` for all. Other data sets have none.
  /// - Throws: `PatchCoreError` with code `.invalidDataset`.
  init(_ location: DatasetLocation, categories names: [String]?) throws {
    kind = location.kind
    name = DatasetFolder.lastComponent(of: location.path)
    switch location.kind {
    case .mvtec: categories = try Self.mvtec(location.path, names)
    default: categories = [try location.read()]
    }
  }

  private static func mvtec(_ root: String, _ names: [String]?) throws -> [Dataset] {
    let top = try DatasetFolder(root)
    guard top.folders.contains("train"), top.folders.contains("test") else {
      return try DatasetCollection.mvtec(root, only: names).categories
    }
    let dataset = try Dataset.mvtec(root)
    if let stray = names?.first(where: { $0 != dataset.name }) {
      throw PatchCoreError(
        .invalidDataset, "\(root) is the one category \(dataset.name), not \(stray); give the folder above it")
    }
    return [dataset]
  }

  /// Whether these are the categories that the paper's averages are over.
  func isPapers(_ paper: SuiteDataKind) -> Bool {
    guard kind.rawValue == paper.rawValue else { return false }
    return kind != .mvtec || Set(categories.map(\.name)) == Set(DatasetCollection.mvtecCategories)
  }
}

extension DatasetLocation {
  /// Reads `KIND:PATH`, or a path alone, which is of the kind given.
  init(parsing text: String, otherwise kind: SuiteDataKind) throws {
    let head = text.prefix { $0 != ":" }
    if head.endIndex < text.endIndex, !head.contains("/"), !head.isEmpty {
      try self.init(parsing: text)
      return
    }
    guard let known = DatasetKind(rawValue: kind.rawValue) else {
      throw PatchCoreError(
        .notInThisBuild, "data sets of kind \(kind.rawValue) cannot be read by this build; give KIND:PATH of another")
    }
    self.init(kind: known, path: text)
  }
}

extension Dataset {
  /// SHA-256 over the names and digests of all images and masks and what each is used for, in hexadecimal.
  ///
  /// - Throws: `PatchCoreError` if a file cannot be read, or the handler's error.
  func digest(_ progress: ProgressReporter) throws -> String {
    let files = Set(samples.flatMap { [$0.path, $0.maskPath].compactMap { $0 } }).sorted(by: DatasetFolder.precedes)
    var digests = [String](repeating: "", count: files.count)
    let step = 64
    for start in stride(from: 0, to: files.count, by: step) {
      try progress.report("reading \(name)", start, of: files.count)
      try digests.withUnsafeMutableBufferPointer { buffer in
        nonisolated(unsafe) let buffer = buffer
        try parallelLoop(min(step, files.count - start)) {
          buffer[start + $0] = try Digest.sha256(ofFile: file(files[start + $0]))
        }
      }
    }
    try progress.report("reading \(name)", files.count, of: files.count)
    var all = Digest.Running()
    for (file, digest) in zip(files, digests) { all.update("\(file)\n\(digest)\n".utf8) }
    for sample in samples {
      all.update("\(sample.path)\n\(sample.label.className)\n\(sample.maskPath ?? "")\n\(sample.use.rawValue)\n".utf8)
    }
    return all.finish()
  }
}
